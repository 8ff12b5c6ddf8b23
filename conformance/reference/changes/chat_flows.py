"""Flows of a Chat Completions stream that depend on earlier chunks."""

from __future__ import annotations

from uuid import uuid4

from conformance.core.model import JSON
from conformance.reference.changes.chat import ARGUMENTS, TEXT
from conformance.reference.changes.documents import Edit, at, found, put
from conformance.reference.changes.flows import Frames, having
from conformance.reference.changes.frames import Frame

_TOP = "/choices/*/logprobs/content/*/top_logprobs"


def fresh_ids() -> Edit:
    """Gives each chunk a new id."""
    return at("/id", lambda _id: f"chatcmpl-{uuid4().hex}")


async def repeated(passing: Frames) -> Frames:
    """The chunk with the finish reason repeats the whole text."""
    text = ""
    async for frame in passing:
        text += _text(frame)
        ends = having("/choices/*/finish_reason")(frame)
        yield frame.edited(put(TEXT, text)) if ends else frame


async def same_alternatives(passing: Frames) -> Frames:
    """Gives all tokens the alternatives of the first one."""
    first: list[JSON] = []
    async for frame in passing:
        first = first or found(frame.json, _TOP)[-1:]
        yield frame.edited(put(_TOP, first[0], new=False)) if first else frame


async def cumulative_arguments(passing: Frames) -> Frames:
    """Puts the whole arguments of a call so far into each fragment."""
    arguments: dict[int, str] = {}
    async for frame in passing:
        for call in found(frame.json, "/choices/*/delta/tool_calls/*"):
            index = call["index"]
            arguments[index] = arguments.get(index, "") + call["function"].get("arguments", "")
            frame = frame.edited(put(ARGUMENTS, arguments[index], new=False))
        yield frame


def _text(frame: Frame) -> str:
    return "".join(text for text in found(frame.json, TEXT) if isinstance(text, str))
