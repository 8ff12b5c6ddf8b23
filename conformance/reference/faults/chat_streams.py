"""Faults of a Chat Completions stream as a whole: chunks lost, doubled, moved, changed on the way, or too many."""

from __future__ import annotations

from conformance.reference.changes import at, drop, event, on_events, put, when
from conformance.reference.changes.chat import ARGUMENTS, TEXT, like, role_only
from conformance.reference.changes.chat import CALL as TOOL
from conformance.reference.changes.chat_flows import cumulative, cumulative_arguments, same_alternatives
from conformance.reference.changes.flows import (
    DONE,
    JSON_DATA,
    begin,
    both,
    double,
    each,
    edit,
    end,
    follow,
    having,
    hold,
    lose,
    precede,
    stop_after,
)
from conformance.reference.changes.frames import Frame
from conformance.reference.faults.chat_entries import (
    CALLED,
    LOGPROBS_STREAMED,
    PARALLELS,
    TWO,
    USAGE,
    chunk,
    fault,
    stream,
)

FINISH = having("/choices/*/finish_reason")
TOLD = having("/usage")
FRAGMENT = having(ARGUMENTS)
ERROR = event({"error": {"message": "The model failed.", "type": "server_error", "param": None, "code": None}})
USAGE_OBJECT = {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30}


def SECOND(frame: Frame) -> bool:  # noqa: N802 (reads as a constant in tables)
    """Chunks of the second choice."""
    return bool(having("/choices/0")(frame)) and frame.json["choices"][0]["index"] == 1


def WORDS(frame: Frame) -> bool:  # noqa: N802
    """Chunks that hold text."""
    return bool(having(TEXT)(frame) and frame.json["choices"][0]["delta"]["content"])


def told_at_finish(frame: Frame) -> list[Frame]:
    """The usage beside a choice, as some gateways tell it."""
    return [like(frame, usage=USAGE_OBJECT)]


_EVENTS = (
    stream(
        "stream-empty",
        "A stream is nothing but its end marker.",
        ("chat.stream.empty", "case.answer-text"),
        lose(JSON_DATA),
    ),
    stream("stream-role-lost", "The chunk with the role is lost.", ("chat.stream.role-first",), lose(role_only)),
    stream(
        "stream-role-doubled", "The chunk with the role comes twice.", ("chat.stream.role-once",), double(role_only)
    ),
    stream(
        "stream-role-late",
        "The role comes after the first words.",
        ("chat.stream.role-first", "chat.stream.role-once"),
        hold(role_only),
    ),
    stream("stream-text-lost", "A chunk of the text is lost.", ("case.answer-text",), lose(WORDS, 1)),
    stream(
        "stream-text-doubled",
        "A chunk of the text comes twice.",
        ("case.answer-json", "chat.fit.json-schema"),
        double(WORDS, 1),
        cases="chat_completions/structured-output/json-schema[stream=true]",
    ),
    stream("stream-text-moved", "Two chunks of the text change places.", ("case.answer-text",), hold(WORDS, WORDS, 1)),
    stream(
        "stream-text-after-finish",
        "A chunk of the text comes after the finish reason.",
        ("chat.stream.after-finish",),
        hold(WORDS, FINISH, 2),
    ),
    stream(
        "stream-finish-doubled",
        "The chunk with the finish reason comes twice.",
        ("chat.stream.finish-once",),
        double(FINISH),
    ),
    stream(
        "stream-finish-with-words",
        "The chunk with the finish reason holds the last words.",
        ("chat.stream.finish-delta",),
        edit(FINISH, put("/choices/*/delta", {"content": "\n"})),
    ),
    stream(
        "stream-finish-early",
        "Each chunk of the text has a finish reason.",
        ("chat.stream.finish-once",),
        edit(WORDS, put("/choices/*/finish_reason", "stop")),
    ),
    stream(
        "stream-finish-of-second-lost",
        "The second choice does not end.",
        ("chat.stream.finish-missing",),
        lose(both(FINISH, SECOND)),
        cases=TWO,
    ),
    stream(
        "stream-second-lost",
        "The second choice does not come.",
        ("chat.fit.count", "case.choices"),
        lose(SECOND),
        cases=TWO,
    ),
    stream(
        "stream-second-first",
        "The second choice begins before the first.",
        ("chat.stream.choice-order",),
        edit(having("/choices/0"), at("/choices/*/index", lambda index: 1 - index)),
        cases=TWO,
    ),
    stream("stream-done-lost", "The end marker of a stream is missing.", ("chat.stream.done-missing",), lose(DONE)),
    stream(
        "stream-done-early",
        "The end marker comes before the finish reason.",
        ("chat.stream.after-done",),
        hold(FINISH, DONE),
    ),
    stream(
        "stream-chunk-after-done",
        "A chunk follows the end marker.",
        (
            "chat.stream.after-done",
            "chat.chunk.choices-empty",
            "chat.chunk.object",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.stream.same-created",
            "chat.stream.same-id",
            "chat.stream.same-model",
        ),
        end(event({"choices": [], "usage": None})),
    ),
    stream(
        "stream-error-ignored",
        "An error comes within a stream, and the stream goes on.",
        ("chat.stream.after-error",),
        precede(WORDS, ERROR, number=2),
    ),
    stream(
        "stream-error-late",
        "An error comes after the finish reason.",
        ("chat.stream.error-after-finish",),
        follow(FINISH, ERROR),
    ),
    stream(
        "stream-error-first", "A stream begins with an error, and goes on.", ("chat.stream.after-error",), begin(ERROR)
    ),
    stream(
        "stream-cut-short",
        "A stream ends in the middle of the text.",
        ("chat.stream.finish-missing", "chat.stream.done-missing", "case.answer-stop", "case.answer-text"),
        stop_after(WORDS),
    ),
)

_USAGE = (
    stream(
        "usage-unsent",
        "The usage that was asked for does not come.",
        ("chat.stream.usage-asked", "case.present"),
        lose(TOLD),
        cases=USAGE,
    ),
    stream("usage-twice", "The usage comes twice.", ("chat.stream.usage-once",), double(TOLD), cases=USAGE),
    stream(
        "usage-early",
        "The usage comes before the finish reason.",
        ("chat.stream.usage-last",),
        hold(FINISH, TOLD),
        cases=USAGE,
    ),
    stream(
        "usage-on-finish",
        "The usage comes on the chunk with the finish reason.",
        ("chat.stream.usage-on-choices",),
        lose(TOLD),
        each(FINISH, told_at_finish),
        cases=USAGE,
    ),
    stream(
        "usage-on-each-chunk",
        "Each chunk counts the tokens so far.",
        ("chat.stream.usage-on-choices",),
        edit(having("/choices/0"), put("/usage", USAGE_OBJECT)),
        cases=USAGE,
    ),
    stream(
        "usage-not-null",
        "Chunks have no `usage` where it was asked for.",
        ("chat.stream.usage-null",),
        edit(having("/choices/0"), drop("/usage")),
        cases=USAGE,
    ),
    stream(
        "usage-after-done",
        "The usage comes after the end marker.",
        ("chat.stream.after-done",),
        hold(TOLD, DONE),
        cases=USAGE,
    ),
    stream(
        "usage-unasked-on-finish",
        "The usage comes beside the finish reason, though nobody asked.",
        ("chat.stream.usage-volunteered",),
        each(FINISH, told_at_finish),
    ),
    fault(
        "usage-unsent-with-tools",
        "The usage does not come where tools are declared.",
        ("chat.stream.usage-asked", "case.present"),
        "chat_completions/usage/in-stream-*",
        when(on_events(lose(TOLD)), tools=True),
    ),
)

_SAME = (
    chunk(
        "stream-id-changes",
        "The id changes in the middle of a stream.",
        ("chat.stream.same-id",),
        put("/id", "chatcmpl-another"),
        number=3,
    ),
    chunk(
        "stream-created-changes",
        "`created` is the time of each chunk.",
        ("chat.stream.same-created",),
        at("/created", lambda value: value + 1),
        number=3,
    ),
    chunk(
        "stream-model-changes",
        "The last chunk names another model.",
        ("chat.stream.same-model",),
        put("/model", "reference-mini"),
        where=FINISH,
    ),
)

_INCREMENTS = (
    stream(
        "stream-cumulative",
        "Each delta holds the text so far.",
        ("chat.stream.incremental", "case.answer-json", "chat.fit.json-schema"),
        cumulative,
        cases="chat_completions/structured-output/json-schema[stream=true]",
    ),
    stream(
        "stream-arguments-cumulative",
        "Each fragment holds the arguments so far.",
        ("chat.tool-call.arguments-json", "case.tool-arguments"),
        cumulative_arguments,
        cases=CALLED,
    ),
    stream(
        "stream-alternatives-shared",
        "The alternatives of each token are those of the first.",
        ("chat.logprobs.top",),
        same_alternatives,
        cases=LOGPROBS_STREAMED,
        url="https://github.com/sgl-project/sglang/pull/39261",
    ),
)

_FRAGMENTS = (
    stream(
        "fragment-lost",
        "A fragment of a call's arguments is lost.",
        ("chat.tool-call.arguments-once", "case.tool-arguments"),
        lose(FRAGMENT, 2),
        cases=CALLED,
    ),
    stream(
        "fragment-doubled",
        "A fragment of a call's arguments comes twice.",
        ("chat.tool-call.arguments-json", "case.tool-arguments"),
        double(FRAGMENT, 2),
        cases=CALLED,
    ),
    stream(
        "fragments-moved",
        "Fragments of a call's arguments change places.",
        ("chat.tool-call.arguments-once", "case.tool-arguments"),
        hold(FRAGMENT, FRAGMENT, 2),
        cases=CALLED,
    ),
    stream(
        "fragment-first-doubled",
        "The fragment that begins a call comes twice.",
        ("chat.stream.tool-id-once", "chat.stream.tool-name-once"),
        double(having(f"{TOOL}/id")),
        cases=CALLED,
    ),
    stream(
        "fragment-first-lost",
        "The fragment that begins a call is lost.",
        ("chat.stream.tool-id-first", "case.tool-called", "chat.stream.tool-name-first", "chat.stream.tool-type-first"),
        lose(having(f"{TOOL}/id")),
        cases=CALLED,
    ),
    stream(
        "fragments-after-finish",
        "The last fragment comes after the finish reason.",
        ("chat.stream.after-finish", "case.tool-arguments", "chat.tool-call.arguments-once"),
        hold(FRAGMENT, FINISH, 2),
        cases=CALLED,
    ),
    stream(
        "fragments-second-first",
        "The second call begins before the first.",
        ("chat.stream.tool-order",),
        edit(FRAGMENT, at(f"{TOOL}/index", lambda index: 1 - index)),
        cases=PARALLELS,
    ),
    stream(
        "fragments-ids-same",
        "All tool calls of a stream have the same id.",
        ("chat.tool-call.ids-unique",),
        edit(FRAGMENT, put(f"{TOOL}/id", "call_1", new=False)),
        cases=PARALLELS,
    ),
    stream(
        "finish-stop-despite-fragments",
        "A stream that calls tools ends with `stop`.",
        ("chat.finish.stop-with-calls", "case.answer-stop"),
        edit(FINISH, put("/choices/*/finish_reason", "stop")),
        cases=CALLED,
    ),
)

FAULTS = (*_EVENTS, *_USAGE, *_SAME, *_INCREMENTS, *_FRAGMENTS)
