"""JSON Pointers and chunks of a Chat Completions stream."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes.documents import put
from conformance.reference.changes.flows import having
from conformance.reference.changes.frames import Frame, event

TEXT = "/choices/*/delta/content"
CALL = "/choices/*/delta/tool_calls/*"
ARGUMENTS = f"{CALL}/function/arguments"
ROLE = "/choices/*/delta/role"


def like(frame: Frame, **members: JSON) -> Frame:
    """A chunk of the same completion with other members."""
    return event({**frame.json, **members})


def with_delta(frame: Frame, delta: JSON) -> Frame:
    """A chunk of the same choice with this delta."""
    return frame.edited(put("/choices/*/delta", delta), put("/choices/*/logprobs", None))


def role_only(frame: Frame) -> bool:
    """Whether a chunk starts a choice with its role, and has no part of the answer."""
    text = having(TEXT)(frame) and frame.json["choices"][0]["delta"]["content"]
    return having(ROLE)(frame) and not text and not having(CALL)(frame)


def words(frame: Frame) -> bool:
    """Whether a chunk holds text."""
    return bool(having(TEXT)(frame) and frame.json["choices"][0]["delta"]["content"])


def second_choice(frame: Frame) -> bool:
    """Whether a chunk belongs to the second choice."""
    return bool(having("/choices/0")(frame)) and frame.json["choices"][0]["index"] == 1


def later_fragment(frame: Frame) -> bool:
    """Whether a chunk holds a fragment of a tool call after its first."""
    return having(ARGUMENTS)(frame) and not having(f"{CALL}/id")(frame)
