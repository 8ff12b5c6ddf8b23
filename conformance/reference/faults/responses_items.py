"""Faults of the output items of Responses and of their parts, wherever they stand."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, on_json, put
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.responses import on_items, on_parts
from conformance.reference.faults.fault import Fault

TEXT = "responses/text/input-text*"
CALL = "responses/tools/forced*"
CALL_JSON = "responses/tools/forced[stream=false]"
CALLS_JSON = "responses/tools/parallel[stream=false]"
THOUGHT = "responses/reasoning/summary*"


def of_type(kind: str, pointer: str, edit: Edit) -> Edit:
    """An edit of what stands at the pointer, where its type is this."""

    def one(value: JSON) -> JSON:
        return edit(value) if isinstance(value, dict) and value.get("type") == kind else value

    return at(pointer, one)


def _item(id_: str, sentence: str, rules: tuple[str, ...], kind: str, edit: Edit, cases: str) -> Fault:
    change = on_items(lambda place: of_type(kind, place, edit))
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, change)


def _message(id_: str, sentence: str, rules: tuple[str, ...], edit: Edit) -> Fault:
    return _item(f"message-{id_}", sentence, rules, "message", edit, TEXT)


def _call(id_: str, sentence: str, rules: tuple[str, ...], edit: Edit, cases: str = CALL) -> Fault:
    return _item(f"call-{id_}", sentence, rules, "function_call", edit, cases)


def _part(id_: str, sentence: str, rules: tuple[str, ...], edit: Edit) -> Fault:
    change = on_parts(lambda place: at(place, edit))
    return Fault(f"responses-part-{id_}", "responses", sentence, rules, TEXT, change)


_MESSAGES = (
    _message("type-lost", "Messages have no type.", ("responses.item.shape",), drop("/type")),
    _message("type-null", "The type of a message is null.", ("responses.item.shape",), put("/type", None)),
    _message("id-lost", "Messages have no id.", ("responses.item.id",), drop("/id")),
    _message("id-empty", "The id of a message is an empty text.", ("responses.item.id",), put("/id", "")),
    _message("role-lost", "Messages have no role.", ("responses.message.role",), drop("/role")),
    _message("role-of-model", "The role of a message is `model`.", ("responses.message.role",), put("/role", "model")),
    _message("status-lost", "Messages have no status.", ("responses.message.status",), drop("/status")),
    _message("status-null", "The status of a message is null.", ("responses.message.status",), put("/status", None)),
    _message(
        "content-text",
        "The content of a message is a text.",
        ("responses.message.content", "responses.done.item"),
        put("/content", "Hi"),
    ),
    _message(
        "content-null",
        "The content of a message is null.",
        ("responses.message.content", "responses.done.item"),
        put("/content", None),
    ),
    _message(
        "content-lost",
        "Messages have no content.",
        ("responses.message.content", "responses.done.item"),
        drop("/content"),
    ),
    _message(
        "type-invented",
        "Messages are items of a type that nobody knows.",
        ("responses.item.type-known",),
        put("/type", "output_message"),
    ),
)

_PARTS = (
    _part(
        "type-lost", "Parts of a message have no type.", ("responses.part.shape", "responses.done.item"), drop("/type")
    ),
    _part(
        "type-of-chat",
        "The type of a text part is that of Chat Completions.",
        ("responses.item.type-known", "responses.done.item"),
        put("/type", "text"),
    ),
    _part(
        "text-null", "The text of a part is null.", ("responses.part.shape", "responses.done.item"), put("/text", None)
    ),
    _part("text-lost", "Text parts have no text.", ("responses.part.shape", "responses.done.item"), drop("/text")),
    _part("annotations-lost", "Text parts have no annotations.", ("responses.part.annotations",), drop("/annotations")),
    _part(
        "annotations-null",
        "The annotations of a text part are null.",
        ("responses.part.annotations",),
        put("/annotations", None),
    ),
    _part("logprobs-lost", "Text parts have no logprobs.", ("responses.part.logprobs",), drop("/logprobs")),
    Fault(
        "responses-annotation-bare",
        "responses",
        "The citation of a page has neither its title nor its place in the text.",
        ("responses.annotation.shape",),
        "responses/text/input-text[stream=false]",
        on_json(put("/output/*/content/*/annotations", [{"type": "url_citation", "url": "https://example.org/"}])),
    ),
)

_CALLS = (
    _call("id-lost", "Function calls have no id.", ("responses.function-call.id",), drop("/id")),
    _call("id-null", "The id of a function call is null.", ("responses.function-call.id",), put("/id", None)),
    _call("call-id-lost", "Function calls have no call_id.", ("responses.function-call.call-id",), drop("/call_id")),
    _call(
        "call-id-empty", "The call_id of a call is empty.", ("responses.function-call.call-id",), put("/call_id", "")
    ),
    _call(
        "name-lost",
        "Function calls have no name.",
        ("responses.function-call.name", "case.tool-called", "responses.request.tool-choice-named"),
        drop("/name"),
    ),
    _call(
        "name-null",
        "The name of a function call is null.",
        ("responses.function-call.name", "case.tool-called", "responses.request.tool-choice-named"),
        put("/name", None),
    ),
    _call(
        "name-nested",
        "Function calls have the shape of Chat Completions.",
        (
            "responses.function-call.name",
            "responses.function-call.arguments",
            "case.tool-called",
            "responses.request.tool-choice-named",
        ),
        lambda call: {**call, "name": None, "arguments": None, "function": {"name": call["name"]}},
        CALL_JSON,
    ),
    _call(
        "arguments-object",
        "The arguments of a call are an object.",
        ("responses.function-call.arguments",),
        put("/arguments", {"city": "Oslo"}),
        CALL_JSON,
    ),
    _call(
        "arguments-null",
        "The arguments of a call without any are null.",
        ("responses.function-call.arguments",),
        put("/arguments", None),
        "responses/tools/no-arguments[stream=false]",
    ),
    _call(
        "arguments-empty",
        "The arguments of a call without any are an empty text.",
        ("responses.function-call.arguments-readable",),
        put("/arguments", ""),
        "responses/tools/no-arguments[stream=false]",
    ),
    _call(
        "arguments-cut",
        "The arguments of a call lack their last character.",
        ("responses.function-call.arguments-readable", "case.tool-arguments"),
        at("/arguments", lambda text: text[:-1]),
        CALL_JSON,
    ),
    _call(
        "arguments-encoded-twice",
        "The arguments of a call are JSON in JSON.",
        ("responses.function-call.arguments-json", "case.tool-arguments"),
        at("/arguments", lambda text: f'"{text.replace(chr(34), chr(92) + chr(34))}"'),
        CALL_JSON,
    ),
    _call("status-lost", "Function calls have no status.", ("responses.function-call.status",), drop("/status")),
    _call(
        "one-id",
        "The id of a function call is its call_id.",
        ("responses.function-call.two-ids",),
        lambda call: {**call, "id": call["call_id"]},
        CALL_JSON,
    ),
    _call(
        "custom-without-input",
        "Function calls are told as calls of custom tools without input.",
        ("responses.custom-tool-call.shape", "case.tool-arguments"),
        lambda call: {key: value for key, value in call.items() if key != "arguments"} | {"type": "custom_tool_call"},
        CALL_JSON,
    ),
    _call(
        "call-ids-equal",
        "All calls have the same call_id.",
        ("responses.output.call-ids",),
        put("/call_id", "call_0"),
        CALLS_JSON,
    ),
    _call("ids-equal", "All calls have the same id.", ("responses.output.ids",), put("/id", "fc_0"), CALLS_JSON),
)

_REASONING = (
    _item(
        "reasoning-summary-lost",
        "Reasoning items have no summary.",
        ("responses.reasoning.summary",),
        "reasoning",
        drop("/summary"),
        "responses/reasoning/effort[effort=low,*",
    ),
    _item(
        "reasoning-summary-text",
        "The summary of a reasoning item is a text.",
        ("responses.reasoning.summary",),
        "reasoning",
        put("/summary", "First I read."),
        "responses/reasoning/summary[stream=false]",
    ),
    _item(
        "reasoning-summary-null",
        "The summary of a reasoning item is null.",
        ("responses.reasoning.summary", "responses.done.item"),
        "reasoning",
        put("/summary", None),
        THOUGHT,
    ),
    _item(
        "reasoning-id-lost",
        "Reasoning items have no id.",
        ("responses.item.id",),
        "reasoning",
        drop("/id"),
        "responses/reasoning/summary[stream=false]",
    ),
    _item(
        "reasoning-content-text",
        "The content of a reasoning item is a text.",
        ("responses.reasoning.content",),
        "reasoning",
        put("/content", "First I read."),
        "responses/reasoning/summary[stream=false]",
    ),
    _item(
        "reasoning-encrypted-object",
        "`encrypted_content` of a reasoning item is an object.",
        ("responses.reasoning.content",),
        "reasoning",
        put("/encrypted_content", {}),
        "responses/reasoning/summary[stream=false]",
    ),
)

FAULTS = (*_MESSAGES, *_PARTS, *_CALLS, *_REASONING)
