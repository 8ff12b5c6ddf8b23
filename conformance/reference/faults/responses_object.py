"""Faults of the Response object, its status and its usage, streamed or not."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import drop, on_events, on_json, put, rename
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import edit, of
from conformance.reference.changes.responses import on_response
from conformance.reference.faults.fault import Fault

TEXT = "responses/text/input-text*"
CUT = "responses/limits/max-output-tokens*"
CALL = "responses/tools/forced*"


def _lost(id_: str, sentence: str, rules: tuple[str, ...], member: str, cases: str = TEXT) -> Fault:
    return Fault(
        f"responses-{id_}", "responses", sentence, rules, cases, on_response(lambda place: drop(f"{place}/{member}"))
    )


def _put(id_: str, sentence: str, rules: tuple[str, ...], member: str, value: JSON, cases: str = TEXT) -> Fault:
    def make(place: str) -> Edit:
        return put(f"{place}/{member}", value)

    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, on_response(make))


_LOST = (
    _lost("id-lost", "Responses have no id.", ("responses.object.id",), "id"),
    _lost(
        "object-lost",
        "Responses do not say what kind of object they are.",
        ("responses.object.object", "case.value"),
        "object",
    ),
    _lost("created-at-lost", "Responses do not say when they were made.", ("responses.object.time",), "created_at"),
    _lost("model-lost", "Responses name no model.", ("responses.object.model",), "model"),
    _lost(
        "status-lost",
        "Responses have no status.",
        ("responses.object.status", "case.answer-stop", "case.value"),
        "status",
    ),
    _lost("output-lost", "Responses have no output.", ("responses.object.output",), "output"),
    _lost(
        "parallel-tool-calls-lost",
        "Responses do not say whether calls may come in parallel.",
        ("responses.object.parallel-tool-calls",),
        "parallel_tool_calls",
    ),
    _lost("tool-choice-lost", "Responses have no tool_choice.", ("responses.object.tool-choice",), "tool_choice"),
    _lost("tools-lost", "Responses have no list of tools.", ("responses.object.tools",), "tools"),
    _lost(
        "usage-lost",
        "Responses have no usage.",
        ("responses.usage.present", "responses.usage.present-incomplete"),
        "usage",
    ),
    _lost("error-lost", "Responses have no `error`, not even null.", ("responses.object.nullable",), "error"),
    _lost("metadata-lost", "Responses have no metadata.", ("responses.object.nullable",), "metadata"),
    _lost("temperature-lost", "Responses have no temperature.", ("responses.object.nullable",), "temperature"),
    _lost("store-lost", "Responses do not say whether they are stored.", ("responses.object.settings",), "store"),
    _lost("text-lost", "Responses have no `text`.", ("responses.object.settings",), "text"),
    _lost("reasoning-lost", "Responses have no `reasoning`.", ("responses.object.settings",), "reasoning"),
    _lost("text-format-lost", "`text.format` has no type.", ("responses.object.text",), "text/format/type"),
)

_RETYPED = (
    _put("id-empty", "The id of a response is an empty text.", ("responses.object.id",), "id", ""),
    _put("id-null", "The id of a response is null.", ("responses.object.id",), "id", None),
    _put("id-number", "The id of a response is a number.", ("responses.object.id",), "id", 17),
    _put(
        "object-of-chat",
        "A response says that it is a chat completion.",
        ("responses.object.object", "case.value"),
        "object",
        "chat.completion",
    ),
    _put(
        "created-at-text",
        "The time of a response is a date in words.",
        ("responses.object.time",),
        "created_at",
        "2026-11-23T20:00:00Z",
    ),
    _put(
        "created-at-milliseconds",
        "The time of a response is in milliseconds.",
        ("responses.object.time",),
        "created_at",
        1795472199000,
    ),
    _put("created-at-zero", "The time of a response is 0.", ("responses.object.time",), "created_at", 0),
    _put("model-null", "The model of a response is null.", ("responses.object.model",), "model", None),
    _put("model-empty", "The model of a response is an empty text.", ("responses.object.model",), "model", ""),
    _put(
        "status-null",
        "The status of a response is null.",
        (
            "responses.object.status",
            "case.answer-stop",
            "case.value",
            "responses.stream.initial-status",
            "responses.stream.terminal-status",
        ),
        "status",
        None,
    ),
    _put("output-null", "The output of a response is null.", ("responses.object.output",), "output", None),
    _put("output-as-text", "The output of a response is a text.", ("responses.object.output",), "output", "Good day."),
    _put("error-text", "`error` is an empty text.", ("responses.object.error", "responses.status.error"), "error", ""),
    _put(
        "error-empty",
        "`error` of a response that went well is an empty object.",
        ("responses.object.error", "responses.status.error"),
        "error",
        {},
    ),
    _put(
        "incomplete-details-empty",
        "`incomplete_details` of a whole response is an empty object.",
        ("responses.object.incomplete-details", "responses.status.incomplete"),
        "incomplete_details",
        {},
    ),
    _put(
        "instructions-object",
        "`instructions` come back as an object.",
        ("responses.object.instructions",),
        "instructions",
        {"text": ""},
    ),
    _put("metadata-list", "`metadata` is a list.", ("responses.object.metadata",), "metadata", []),
    _put(
        "metadata-numbers",
        "Values of `metadata` are numbers.",
        ("responses.object.metadata",),
        "metadata",
        {"channel": 3},
    ),
    _put(
        "parallel-tool-calls-null",
        "`parallel_tool_calls` is null.",
        ("responses.object.parallel-tool-calls",),
        "parallel_tool_calls",
        None,
    ),
    _put(
        "parallel-tool-calls-text",
        '`parallel_tool_calls` is the text "true".',
        ("responses.object.parallel-tool-calls",),
        "parallel_tool_calls",
        "true",
    ),
    _put("temperature-text", "`temperature` is a text.", ("responses.object.sampling",), "temperature", "1.0"),
    _put("top-p-text", "`top_p` is a text.", ("responses.object.sampling",), "top_p", "1.0"),
    _put("tool-choice-null", "`tool_choice` is null.", ("responses.object.tool-choice",), "tool_choice", None),
    _put("tools-null", "`tools` is null.", ("responses.object.tools",), "tools", None),
    _put(
        "text-format-null-type",
        "The type of `text.format` is null.",
        ("responses.object.text",),
        "text/format/type",
        None,
    ),
    _put("store-text", "`store` is a text.", ("responses.object.setting-type",), "store", "true"),
    _put("truncation-object", "`truncation` is an object.", ("responses.object.setting-type",), "truncation", {}),
    _put(
        "max-output-tokens-text",
        "`max_output_tokens` comes back as a text.",
        ("responses.object.setting-type",),
        "max_output_tokens",
        "16",
    ),
)

_STATUS = (
    _put(
        "status-of-chat",
        "The status is a finish reason of Chat Completions.",
        (
            "responses.status.foreign",
            "case.answer-stop",
            "case.value",
            "responses.stream.initial-status",
            "responses.stream.terminal-status",
        ),
        "status",
        "stop",
    ),
    Fault(
        "responses-status-requires-action",
        "responses",
        "A response that calls a tool has the status `requires_action`.",
        ("responses.status.foreign", "case.answer-stop"),
        "responses/tools/forced[stream=false]",
        on_json(put("/status", "requires_action")),
    ),
    Fault(
        "responses-status-invented",
        "responses",
        "The status of a whole response is a word that nobody knows.",
        ("responses.object.status-known", "case.answer-stop", "case.value"),
        "responses/text/input-text[stream=false]",
        on_json(put("/status", "done")),
    ),
    Fault(
        "responses-not-ended",
        "responses",
        "An unstreamed answer is still in progress.",
        ("responses.status.terminal", "responses.status.completed-at", "case.answer-stop", "case.value"),
        "responses/text/input-text[stream=false]",
        on_json(put("/status", "in_progress")),
    ),
    Fault(
        "responses-completed-with-error",
        "responses",
        "A response that went well says an error.",
        ("responses.status.error",),
        TEXT,
        on_response(lambda place: put(f"{place}/error", {"code": "server_error", "message": "Nothing went wrong."})),
    ),
    Fault(
        "responses-failed-without-error",
        "responses",
        "A response failed, and says no error.",
        ("responses.status.error", "case.answer-stop", "case.value"),
        "responses/text/input-text[stream=false]",
        on_json(put("/status", "failed")),
    ),
    Fault(
        "responses-cut-without-reason",
        "responses",
        "A response that was cut short does not say why.",
        ("responses.status.incomplete", "case.answer-stop", "case.value"),
        CUT,
        on_response(lambda place: put(f"{place}/incomplete_details", None)),
    ),
    Fault(
        "responses-cut-for-length",
        "responses",
        "A response that was cut short gives the reason by its name in Chat Completions.",
        ("responses.object.status-known", "case.answer-stop", "case.value"),
        CUT,
        on_response(lambda place: put(f"{place}/incomplete_details/reason", "length", new=False)),
    ),
    Fault(
        "responses-cut-reason-lost",
        "responses",
        "`incomplete_details` has no reason.",
        ("responses.object.incomplete-details", "case.answer-stop", "case.value"),
        CUT,
        on_response(lambda place: drop(f"{place}/incomplete_details/reason")),
    ),
    Fault(
        "responses-cut-but-completed",
        "responses",
        "A response that was cut short says that it is completed.",
        ("responses.status.truncated", "responses.status.items", "case.answer-stop", "case.value"),
        "responses/limits/max-output-tokens[stream=false]",
        on_json(put("/status", "completed"), put("/incomplete_details", None)),
    ),
    Fault(
        "responses-items-not-completed",
        "responses",
        "The message of a completed response is in progress for ever.",
        ("responses.status.items",),
        "responses/text/input-text[stream=false]",
        on_json(put("/output/*/status", "in_progress")),
    ),
    Fault(
        "responses-completed-at-too-early",
        "responses",
        "A response has been completed before it began.",
        ("responses.status.completed-at",),
        "responses/text/input-text[stream=true]",
        on_events(edit(of("response.created"), put("/response/completed_at", 1795472199))),
    ),
)

_SHAPE = (
    Fault(
        "responses-in-list",
        "responses",
        "The answer is a list with the response in it.",
        ("responses.object.shape", "case.value", "case.answer-text"),
        "responses/text/input-text[stream=false]",
        on_json(lambda document: [document]),
    ),
    Fault(
        "responses-wrapped",
        "responses",
        "The answer is wrapped in an object of the gateway's own.",
        (
            "responses.object.id",
            "case.answer-text",
            "case.answer-stop",
            "case.value",
            "responses.object.model",
            "responses.object.nullable",
            "responses.object.object",
            "responses.object.output",
            "responses.object.parallel-tool-calls",
            "responses.object.settings",
            "responses.object.status",
            "responses.object.time",
            "responses.object.tool-choice",
            "responses.object.tools",
            "responses.usage.present-incomplete",
        ),
        "responses/text/input-text[stream=false]",
        on_json(lambda document: {"code": 0, "data": document}),
    ),
    Fault(
        "responses-as-chat-completion",
        "responses",
        "The answer is a chat completion.",
        (
            "responses.object.foreign",
            "case.value",
            "responses.object.object",
            "responses.object.output",
            "case.answer-text",
        ),
        "responses/text/input-text[stream=false]",
        on_json(
            rename("/output", "choices"),
            put("/choices", [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]),
            put("/object", "chat.completion"),
        ),
    ),
    Fault(
        "responses-as-message",
        "responses",
        "The answer is one of Messages.",
        (
            "responses.object.foreign",
            "case.answer-text",
            "case.answer-stop",
            "case.value",
            "responses.object.nullable",
            "responses.object.object",
            "responses.object.output",
            "responses.object.parallel-tool-calls",
            "responses.object.settings",
            "responses.object.status",
            "responses.object.time",
            "responses.object.tool-choice",
            "responses.object.tools",
            "responses.usage.details",
            "responses.usage.shape",
        ),
        "responses/text/input-text[stream=false]",
        on_json(
            lambda document: {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": document["model"],
                "content": [{"type": "text", "text": "Hi"}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": 1, "output_tokens": 1},
            }
        ),
    ),
    Fault(
        "responses-nothing-said",
        "responses",
        "The output of a completed response is empty.",
        ("responses.output.not-empty", "case.answer-text"),
        "responses/text/input-text[stream=false]",
        on_json(put("/output", [])),
    ),
)


FAULTS = (*_LOST, *_RETYPED, *_STATUS, *_SHAPE)
