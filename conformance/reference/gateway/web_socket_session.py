"""The state of a connection in the WebSocket mode of Responses: its latest response, for the next message to continue.

It is kept in memory, also for requests that store nothing. A message with `generate: false` only prepares it.
Source: https://developers.openai.com/api/docs/guides/websocket-mode and openai 3.57,
`openai/types/responses/responses_client_event_param.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.core import bounded_json
from conformance.core.model import JSON
from conformance.reference.gateway.sse import Frames
from conformance.reference.gateway.translate import responses_request, responses_writer
from conformance.reference.gateway.translate.ask import UnusableError, estimate
from conformance.reference.gateway.translate.reply import Begin, End, Usage

_ENVELOPE = ("type", "generate", "stream_id")
"""Members of a message that a body does not have."""


class Session:
    """The state of a connection."""

    def __init__(self) -> None:
        self._id: JSON = None
        self._items: list[JSON] = []

    def body(self, message: dict[str, Any]) -> dict[str, Any]:
        """The body of the request for a message; one that continues the kept response has the whole conversation."""
        body = {name: member for name, member in message.items() if name not in _ENVELOPE}
        if self._id is not None and body.get("previous_response_id") == self._id:
            del body["previous_response_id"]
            body["input"] = [*self._items, *_items(body.get("input"))]
        return {**body, "stream": True}

    def keep(self, body: dict[str, Any], response: JSON) -> None:
        """Keeps a response that its provider does not store."""
        if isinstance(response, dict) and response.get("store") is False:
            self._id = response.get("id")
            self._items = [*_items(body.get("input")), *(response.get("output") or [])]


def prepared(body: dict[str, Any], request_id: str) -> Iterator[str]:
    """The events of a response without output. Raises UnusableError for a body that cannot be read."""
    ask = responses_request.read(body)
    writer = responses_writer.Writer(ask, ask.model, request_id)
    frames = Frames()
    for piece in (Begin(), End("stop", Usage(estimate(ask), 0))):
        for data in writer.put(piece):
            yield from (frame.data for frame in frames.feed(data) if frame.data is not None)


def _items(given: JSON) -> list[JSON]:
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given or [])


def message_of(text: str) -> dict[str, Any] | None:
    """The message `response.create`; None for another text."""
    value = document(text)
    return value if isinstance(value, dict) and value.get("type") == "response.create" else None


def document(text: str) -> JSON:
    """A text as JSON; None if it is not JSON."""
    try:
        return bounded_json.loads(text)
    except ValueError:
        return None


__all__ = ["Session", "UnusableError", "document", "message_of", "prepared"]
