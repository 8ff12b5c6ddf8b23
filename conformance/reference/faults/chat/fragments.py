"""Faults of the fragments that tool calls come in: each member missing, null, or of another type."""

from __future__ import annotations

from conformance.reference.changes import at, drop, on_events, put
from conformance.reference.changes.chat import ARGUMENTS, later_fragment
from conformance.reference.changes.chat import CALL as TOOL
from conformance.reference.changes.flows import JSON_DATA, edit, having
from conformance.reference.changes.values import first, json_text
from conformance.reference.faults.fault import Fault

DELTA = "/choices/*/delta"


FAULTS = (
    Fault(
        id="chat-fragments-object",
        family="chat_completions",
        sentence="The tool calls of a delta are one object.",
        rules=(
            "chat.delta.tool-calls",
            "case.tool-chosen",
            "chat.finish.calls",
            "chat.stream.tool-id-first",
            "chat.stream.tool-name-first",
            "chat.stream.tool-type-first",
        ),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, at(f"{DELTA}/tool_calls", first))),
    ),
    Fault(
        id="chat-fragments-null",
        family="chat_completions",
        sentence="Tool calls of a delta are null entries.",
        rules=(
            "chat.delta.tool-calls",
            "case.tool-chosen",
            "chat.finish.calls",
            "chat.stream.tool-id-first",
            "chat.stream.tool-name-first",
            "chat.stream.tool-type-first",
        ),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(TOOL, None))),
    ),
    Fault(
        id="chat-fragment-index-null",
        family="chat_completions",
        sentence="The index of fragments is null.",
        rules=("chat.delta.tool-index",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/index", None))),
    ),
    Fault(
        id="chat-fragment-index-text",
        family="chat_completions",
        sentence="The index of fragments is a text.",
        rules=("chat.delta.tool-index",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/index", "0"))),
    ),
    Fault(
        id="chat-fragment-index-from-one",
        family="chat_completions",
        sentence="Tool calls of a stream are numbered from 1.",
        rules=("chat.stream.tool-order",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/index", 1))),
    ),
    Fault(
        id="chat-fragment-id-lost",
        family="chat_completions",
        sentence="Tool calls of a stream have no id.",
        rules=("chat.stream.tool-id-first",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, drop(f"{TOOL}/id"))),
    ),
    Fault(
        id="chat-fragment-id-number",
        family="chat_completions",
        sentence="The id of a tool call in a stream is a number.",
        rules=("chat.delta.tool-strings",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/id", 1, new=False))),
    ),
    Fault(
        id="chat-fragment-id-repeated",
        family="chat_completions",
        sentence="Each fragment repeats the id of its call.",
        rules=("chat.stream.tool-id-once",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/id", "call_0123456789abcdef"))),
    ),
    Fault(
        id="chat-fragment-id-null",
        family="chat_completions",
        sentence="Later fragments have an id that is null.",
        rules=("chat.delta.tool-strings",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(later_fragment, put(f"{TOOL}/id", None))),
    ),
    Fault(
        id="chat-fragment-type-lost",
        family="chat_completions",
        sentence="Tool calls of a stream have no type.",
        rules=("chat.stream.tool-type-first",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, drop(f"{TOOL}/type"))),
    ),
    Fault(
        id="chat-fragment-type-null",
        family="chat_completions",
        sentence="The type of a tool call in a stream is null.",
        rules=("chat.delta.tool-strings", "chat.stream.tool-type-first"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/type", None, new=False))),
    ),
    Fault(
        id="chat-fragment-function-null",
        family="chat_completions",
        sentence="The function of a fragment is null.",
        rules=("chat.delta.tool-calls", "case.tool-called", "chat.stream.tool-name-first"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/function", None))),
    ),
    Fault(
        id="chat-fragment-name-lost",
        family="chat_completions",
        sentence="Tool calls of a stream name no tool.",
        rules=("chat.stream.tool-name-first", "case.tool-called"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, drop(f"{TOOL}/function/name"))),
    ),
    Fault(
        id="chat-fragment-name-repeated",
        family="chat_completions",
        sentence="Each fragment repeats the name of the tool.",
        rules=("chat.stream.tool-name-once",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/function/name", "get_weather"))),
    ),
    Fault(
        id="chat-fragment-arguments-null",
        family="chat_completions",
        sentence="The arguments of the first fragment are null.",
        rules=("chat.delta.tool-arguments",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(having(f"{TOOL}/id"), put(ARGUMENTS, None))),
    ),
    Fault(
        id="chat-fragment-arguments-object",
        family="chat_completions",
        sentence="The first fragment has an empty object for its arguments.",
        rules=("chat.delta.tool-arguments",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(having(f"{TOOL}/id"), put(ARGUMENTS, {}))),
    ),
    Fault(
        id="chat-fragment-arguments-empty-object",
        family="chat_completions",
        sentence="The first fragment has `{}` for its arguments, and the arguments follow.",
        rules=("chat.tool-call.arguments-once", "case.tool-arguments"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(having(f"{TOOL}/id"), put(ARGUMENTS, "{}"))),
    ),
    Fault(
        id="chat-fragments-escaped",
        family="chat_completions",
        sentence="Each fragment of the arguments is encoded as JSON.",
        rules=("chat.tool-call.arguments-once", "case.tool-arguments"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, at(ARGUMENTS, json_text))),
    ),
)
