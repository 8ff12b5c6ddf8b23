"""Watches a relayed event stream, so that a stream that ends early does not look complete.

Each event is passed on unchanged as soon as it is complete. The events of the end, such as the `finish_reason` of a
chat completion, wait for the terminator. If it never arrives, the client gets an error event of its family instead,
because an error after them would make clients drop a complete answer.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from conformance.core.model import JSON
from conformance.reference.gateway.errors import Words, in_band, read_error, sse_event
from conformance.reference.gateway.families import CHAT, MESSAGES, RESPONSES
from conformance.reference.gateway.sse import Frame, Frames

_LAST = {
    RESPONSES: ("response.completed", "response.incomplete", "response.failed", "error"),
    MESSAGES: ("message_stop", "error"),
}
EARLY = "The upstream provider's stream ended before it was complete."
BROKEN = "The connection to the upstream provider broke off in the middle of the stream."

Rename = Callable[[JSON], JSON]
"""Returns the JSON value with the model's name that the client knows."""


async def watched(
    body: AsyncIterator[bytes], family: str, request_id: str, rename: Rename | None = None
) -> AsyncIterator[bytes]:
    """The bytes of a stream of the family, with an error event at their end if it was not complete."""
    frames, watch = Frames(), _Watch(family, request_id, rename)
    why = EARLY
    try:
        async for data in body:
            if passed := b"".join(map(watch.passed, frames.feed(data))):
                yield passed
        last = [frame for frame in frames.feed(b"\n\n") if _value(frame.data) is not None or frame.data == "[DONE]"]
        if passed := b"".join(map(watch.passed, last)):
            yield passed
    except httpx.HTTPError:
        why = BROKEN
    if not watch.over:
        yield watch.error(why)


class _Watch:
    """The state of one stream. `over` says that its terminator or an error was passed on."""

    def __init__(self, family: str, request_id: str, rename: Rename | None) -> None:
        self.over = False
        self._family = family
        self._request_id = request_id
        self._rename = rename
        self._held = b""
        self._finished = family == RESPONSES
        self._number = 0

    def passed(self, frame: Frame) -> bytes:
        """The bytes to pass on after this frame."""
        value = _value(frame.data)
        if frame.data is not None and frame.data.startswith("[DONE]"):
            return self._done(frame.raw)
        if not isinstance(value, dict):
            return frame.raw
        number = value.get("sequence_number")
        self._number = number + 1 if isinstance(number, int) else self._number
        raw = frame.raw if self._rename is None else sse_event(self._rename(value), frame.name)
        if self._is_last(value):
            return self._done(raw)
        if self._finishes(value):
            self._finished = True
            self._held += raw
            return b""
        if self._held and self._trails(value):
            self._held += raw
            return b""
        return self._released() + raw

    def error(self, why: str) -> bytes:
        """The error event, in place of the events of the end."""
        self.over = True
        return in_band(self._family, 502, Words(why), self._request_id, self._number)

    def _done(self, raw: bytes) -> bytes:
        """A terminator without an end before it is replaced by an error."""
        if self.over:
            return raw
        if not self._finished:
            return self.error(EARLY)
        self.over = True
        return self._released() + raw

    def _released(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _is_last(self, value: dict[str, Any]) -> bool:
        if read_error(value) is not None or value.get("type") == "error":
            self._finished = True
            self._held = b""
            return True
        return value.get("type") in _LAST.get(self._family, ())

    def _finishes(self, value: dict[str, Any]) -> bool:
        if self._family == CHAT:
            return any(
                isinstance(choice, dict) and choice.get("finish_reason") for choice in value.get("choices") or []
            )
        delta = value.get("delta") if value.get("type") == "message_delta" else None
        return self._family == MESSAGES and isinstance(delta, dict) and bool(delta.get("stop_reason"))

    def _trails(self, value: dict[str, Any]) -> bool:
        """Whether the event may follow the end: the usage of Chat Completions, and a second `message_delta`."""
        return not value.get("choices") if self._family == CHAT else value.get("type") in ("message_delta", "ping")


def _value(data: str | None) -> JSON:
    try:
        return json.loads(data) if data is not None else None
    except ValueError:
        return None
