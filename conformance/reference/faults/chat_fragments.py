"""Faults of the fragments that tool calls come in: each member missing, null, or of another type."""

from __future__ import annotations

import json

from conformance.reference.changes import at, drop, put
from conformance.reference.changes.chat import ARGUMENTS
from conformance.reference.changes.chat import CALL as TOOL
from conformance.reference.changes.flows import having
from conformance.reference.changes.frames import Frame
from conformance.reference.faults.chat_entries import CALLED, chunk

DELTA = "/choices/*/delta"


def LATER(frame: Frame) -> bool:  # noqa: N802 (reads as a constant in tables)
    """Fragments of a tool call after its first."""
    return having(ARGUMENTS)(frame) and not having(f"{TOOL}/id")(frame)


FAULTS = (
    chunk(
        "fragments-object",
        "The tool calls of a delta are one object.",
        (
            "chat.delta.tool-calls",
            "case.tool-chosen",
            "chat.finish.calls",
            "chat.stream.tool-id-first",
            "chat.stream.tool-name-first",
            "chat.stream.tool-type-first",
        ),
        at(f"{DELTA}/tool_calls", lambda calls: calls[0]),
        cases=CALLED,
    ),
    chunk(
        "fragments-null",
        "Tool calls of a delta are null entries.",
        (
            "chat.delta.tool-calls",
            "case.tool-chosen",
            "chat.finish.calls",
            "chat.stream.tool-id-first",
            "chat.stream.tool-name-first",
            "chat.stream.tool-type-first",
        ),
        put(TOOL, None),
        cases=CALLED,
    ),
    chunk(
        "fragment-index-null",
        "The index of fragments is null.",
        ("chat.delta.tool-index",),
        put(f"{TOOL}/index", None),
        cases=CALLED,
    ),
    chunk(
        "fragment-index-text",
        "The index of fragments is a text.",
        ("chat.delta.tool-index",),
        put(f"{TOOL}/index", "0"),
        cases=CALLED,
    ),
    chunk(
        "fragment-index-from-one",
        "Tool calls of a stream are numbered from 1.",
        ("chat.stream.tool-order",),
        put(f"{TOOL}/index", 1),
        cases=CALLED,
    ),
    chunk(
        "fragment-id-lost",
        "Tool calls of a stream have no id.",
        ("chat.stream.tool-id-first",),
        drop(f"{TOOL}/id"),
        cases=CALLED,
    ),
    chunk(
        "fragment-id-number",
        "The id of a tool call in a stream is a number.",
        ("chat.delta.tool-strings",),
        put(f"{TOOL}/id", 1, new=False),
        cases=CALLED,
    ),
    chunk(
        "fragment-id-repeated",
        "Each fragment repeats the id of its call.",
        ("chat.stream.tool-id-once",),
        put(f"{TOOL}/id", "call_0123456789abcdef"),
        cases=CALLED,
    ),
    chunk(
        "fragment-id-null",
        "Later fragments have an id that is null.",
        ("chat.delta.tool-strings",),
        put(f"{TOOL}/id", None),
        where=LATER,
        cases=CALLED,
    ),
    chunk(
        "fragment-type-lost",
        "Tool calls of a stream have no type.",
        ("chat.stream.tool-type-first",),
        drop(f"{TOOL}/type"),
        cases=CALLED,
    ),
    chunk(
        "fragment-type-null",
        "The type of a tool call in a stream is null.",
        ("chat.delta.tool-strings", "chat.stream.tool-type-first"),
        put(f"{TOOL}/type", None, new=False),
        cases=CALLED,
    ),
    chunk(
        "fragment-function-null",
        "The function of a fragment is null.",
        ("chat.delta.tool-calls", "case.tool-called", "chat.stream.tool-name-first"),
        put(f"{TOOL}/function", None),
        cases=CALLED,
    ),
    chunk(
        "fragment-name-lost",
        "Tool calls of a stream name no tool.",
        ("chat.stream.tool-name-first", "case.tool-called"),
        drop(f"{TOOL}/function/name"),
        cases=CALLED,
    ),
    chunk(
        "fragment-name-repeated",
        "Each fragment repeats the name of the tool.",
        ("chat.stream.tool-name-once",),
        put(f"{TOOL}/function/name", "get_weather"),
        cases=CALLED,
    ),
    chunk(
        "fragment-arguments-null",
        "The arguments of the first fragment are null.",
        ("chat.delta.tool-arguments",),
        put(ARGUMENTS, None),
        where=having(f"{TOOL}/id"),
        cases=CALLED,
    ),
    chunk(
        "fragment-arguments-object",
        "The first fragment has an empty object for its arguments.",
        ("chat.delta.tool-arguments",),
        put(ARGUMENTS, {}),
        where=having(f"{TOOL}/id"),
        cases=CALLED,
    ),
    chunk(
        "fragment-arguments-empty-object",
        "The first fragment has `{}` for its arguments, and the arguments follow.",
        ("chat.tool-call.arguments-once", "case.tool-arguments"),
        put(ARGUMENTS, "{}"),
        where=having(f"{TOOL}/id"),
        cases=CALLED,
    ),
    chunk(
        "fragments-escaped",
        "Each fragment of the arguments is encoded as JSON.",
        ("chat.tool-call.arguments-once", "case.tool-arguments"),
        at(ARGUMENTS, json.dumps),
        cases=CALLED,
    ),
)
