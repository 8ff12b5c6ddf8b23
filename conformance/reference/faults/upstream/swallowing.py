"""A gateway that hides the failures of its upstream: `swallow` makes a normal answer of an error, in any family."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.core.model import JSON
from conformance.reference.changes import STREAM, Change, Frame, family_of, on_answer
from conformance.reference.changes.documents import found
from conformance.reference.changes.flows import Flow
from conformance.reference.gateway import Answer, BrokenOffError, Call
from conformance.reference.scripted import replies

GENERATING = ("chat_completions", "responses", "messages")
_TEXTS = ("/choices/*/delta/content", "/delta/text", "/delta")
"""The places of a text in the events of the three families."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An answer that the gateway would tell as an error: the text before the error, and the words of the error."""

    text: str = ""
    words: str = ""


Said = Callable[[Failed], str]
"""The text of the normal answer that is given instead."""


def swallow(said: Said) -> Change:
    """Answers each failure with a normal answer that has this text; other answers are not changed."""

    async def change(call: Call, answer: Answer) -> Answer:
        family = family_of(call)
        if family not in GENERATING:
            return answer
        pieces, broken = await _read(answer)
        failed = _failed(answer, pieces, broken)
        if failed is None:
            return replace(answer, body=_again(pieces))
        await answer.close()
        return replies.answer({"text": said(failed)}, call, family)

    return on_answer(change)


async def _read(answer: Answer) -> tuple[list[bytes], bool]:
    """The pieces of a body, and whether it broke off after them."""
    pieces: list[bytes] = []
    try:
        async for piece in answer.body:
            pieces.append(piece)
    except BrokenOffError:
        return pieces, True
    return pieces, False


async def _again(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _failed(answer: Answer, pieces: list[bytes], broken: bool) -> Failed | None:
    if answer.status >= 400 or not STREAM(answer):
        words = _words(b"".join(pieces))
        return Failed(words=words) if answer.status >= 400 or words or broken else None
    events = [piece for block in b"".join(pieces).split(b"\n\n") if (piece := _json(block))]
    told = next((error for one in events if (error := _error(one))), "")
    if not told and not broken:
        return None
    texts = [text for one in events for place in _TEXTS for text in found(one, place) if isinstance(text, str)]
    return Failed("".join(texts), told)


def _json(block: bytes) -> JSON:
    data = block.partition(b"data: ")[2]
    try:
        return json.loads(data)
    except ValueError:
        return None


def _words(body: bytes) -> str:
    try:
        return _error(json.loads(body))
    except ValueError:
        return ""


def _error(document: JSON) -> str:
    """The message of an error, in a body or in an event; "" without one."""
    if not isinstance(document, dict):
        return ""
    error = document.get("error") or (document if document.get("type") == "error" else None)
    return str(error.get("message", "error")) if isinstance(error, dict) else ""


def is_error(frame: Frame) -> bool:
    """Whether an event is an error."""
    return bool(_error(frame.json)) or frame.type in ("error", "response.failed")


def instead_of_error(ends: Callable[[Sequence[Frame]], Iterable[Frame]]) -> Flow:
    """Sends events in place of an error, or of a connection that breaks off; they are made from those before it."""

    async def flow(passing: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
        sent: list[Frame] = []
        try:
            async for frame in passing:
                if is_error(frame):
                    break
                sent.append(frame)
                yield frame
            else:
                return
        except BrokenOffError:
            pass
        for frame in ends(sent):
            yield frame

    return flow
