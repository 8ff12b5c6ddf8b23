"""Faults of the output items of Responses and of their parts, wherever they stand."""

from __future__ import annotations

from conformance.model import JSON
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


FAULTS = (
    Fault(
        id="responses-message-type-lost",
        family="responses",
        sentence="Messages have no type.",
        rules=("responses.item.shape",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, drop("/type"))),
    ),
    Fault(
        id="responses-message-type-null",
        family="responses",
        sentence="The type of a message is null.",
        rules=("responses.item.shape",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/type", None))),
    ),
    Fault(
        id="responses-message-id-lost",
        family="responses",
        sentence="Messages have no id.",
        rules=("responses.item.id",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, drop("/id"))),
    ),
    Fault(
        id="responses-message-id-empty",
        family="responses",
        sentence="The id of a message is an empty text.",
        rules=("responses.item.id",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/id", ""))),
    ),
    Fault(
        id="responses-message-role-lost",
        family="responses",
        sentence="Messages have no role.",
        rules=("responses.message.role",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, drop("/role"))),
    ),
    Fault(
        id="responses-message-role-of-model",
        family="responses",
        sentence="The role of a message is `model`.",
        rules=("responses.message.role",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/role", "model"))),
    ),
    Fault(
        id="responses-message-status-lost",
        family="responses",
        sentence="Messages have no status.",
        rules=("responses.message.status",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, drop("/status"))),
    ),
    Fault(
        id="responses-message-status-null",
        family="responses",
        sentence="The status of a message is null.",
        rules=("responses.message.status",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/status", None))),
    ),
    Fault(
        id="responses-message-content-text",
        family="responses",
        sentence="The content of a message is a text.",
        rules=("responses.message.content", "responses.done.item"),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/content", "Hi"))),
    ),
    Fault(
        id="responses-message-content-null",
        family="responses",
        sentence="The content of a message is null.",
        rules=("responses.message.content", "responses.done.item"),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/content", None))),
    ),
    Fault(
        id="responses-message-content-lost",
        family="responses",
        sentence="Messages have no content.",
        rules=("responses.message.content", "responses.done.item"),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, drop("/content"))),
    ),
    Fault(
        id="responses-message-type-invented",
        family="responses",
        sentence="Messages are items of a type that nobody knows.",
        rules=("responses.item.type-known",),
        cases=TEXT,
        apply=on_items(lambda place: of_type("message", place, put("/type", "output_message"))),
    ),
    Fault(
        id="responses-part-type-lost",
        family="responses",
        sentence="Parts of a message have no type.",
        rules=("responses.part.shape", "responses.done.item"),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, drop("/type"))),
    ),
    Fault(
        id="responses-part-type-of-chat",
        family="responses",
        sentence="The type of a text part is that of Chat Completions.",
        rules=("responses.item.type-known", "responses.done.item"),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, put("/type", "text"))),
    ),
    Fault(
        id="responses-part-text-null",
        family="responses",
        sentence="The text of a part is null.",
        rules=("responses.part.shape", "responses.done.item"),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, put("/text", None))),
    ),
    Fault(
        id="responses-part-text-lost",
        family="responses",
        sentence="Text parts have no text.",
        rules=("responses.part.shape", "responses.done.item"),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, drop("/text"))),
    ),
    Fault(
        id="responses-part-annotations-lost",
        family="responses",
        sentence="Text parts have no annotations.",
        rules=("responses.part.annotations",),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, drop("/annotations"))),
    ),
    Fault(
        id="responses-part-annotations-null",
        family="responses",
        sentence="The annotations of a text part are null.",
        rules=("responses.part.annotations",),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, put("/annotations", None))),
    ),
    Fault(
        id="responses-part-logprobs-lost",
        family="responses",
        sentence="Text parts have no logprobs.",
        rules=("responses.part.logprobs",),
        cases=TEXT,
        apply=on_parts(lambda place: at(place, drop("/logprobs"))),
    ),
    Fault(
        id="responses-annotation-bare",
        family="responses",
        sentence="The citation of a page has neither its title nor its place in the text.",
        rules=("responses.annotation.shape",),
        cases="responses/text/input-text[stream=false]",
        apply=on_json(
            put("/output/*/content/*/annotations", [{"type": "url_citation", "url": "https://example.org/"}])
        ),
    ),
    Fault(
        id="responses-call-id-lost",
        family="responses",
        sentence="Function calls have no id.",
        rules=("responses.function-call.id",),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, drop("/id"))),
    ),
    Fault(
        id="responses-call-id-null",
        family="responses",
        sentence="The id of a function call is null.",
        rules=("responses.function-call.id",),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, put("/id", None))),
    ),
    Fault(
        id="responses-call-call-id-lost",
        family="responses",
        sentence="Function calls have no call_id.",
        rules=("responses.function-call.call-id",),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, drop("/call_id"))),
    ),
    Fault(
        id="responses-call-call-id-empty",
        family="responses",
        sentence="The call_id of a call is empty.",
        rules=("responses.function-call.call-id",),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, put("/call_id", ""))),
    ),
    Fault(
        id="responses-call-name-lost",
        family="responses",
        sentence="Function calls have no name.",
        rules=("responses.function-call.name", "case.tool-called", "responses.request.tool-choice-named"),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, drop("/name"))),
    ),
    Fault(
        id="responses-call-name-null",
        family="responses",
        sentence="The name of a function call is null.",
        rules=("responses.function-call.name", "case.tool-called", "responses.request.tool-choice-named"),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, put("/name", None))),
    ),
    Fault(
        id="responses-call-name-nested",
        family="responses",
        sentence="Function calls have the shape of Chat Completions.",
        rules=(
            "responses.function-call.name",
            "responses.function-call.arguments",
            "case.tool-called",
            "responses.request.tool-choice-named",
        ),
        cases=CALL_JSON,
        apply=on_items(
            lambda place: of_type(
                "function_call",
                place,
                lambda call: {**call, "name": None, "arguments": None, "function": {"name": call["name"]}},
            )
        ),
    ),
    Fault(
        id="responses-call-arguments-object",
        family="responses",
        sentence="The arguments of a call are an object.",
        rules=("responses.function-call.arguments",),
        cases=CALL_JSON,
        apply=on_items(lambda place: of_type("function_call", place, put("/arguments", {"city": "Oslo"}))),
    ),
    Fault(
        id="responses-call-arguments-null",
        family="responses",
        sentence="The arguments of a call without any are null.",
        rules=("responses.function-call.arguments",),
        cases="responses/tools/no-arguments[stream=false]",
        apply=on_items(lambda place: of_type("function_call", place, put("/arguments", None))),
    ),
    Fault(
        id="responses-call-arguments-empty",
        family="responses",
        sentence="The arguments of a call without any are an empty text.",
        rules=("responses.function-call.arguments-readable",),
        cases="responses/tools/no-arguments[stream=false]",
        apply=on_items(lambda place: of_type("function_call", place, put("/arguments", ""))),
    ),
    Fault(
        id="responses-call-arguments-cut",
        family="responses",
        sentence="The arguments of a call lack their last character.",
        rules=("responses.function-call.arguments-readable", "case.tool-arguments"),
        cases=CALL_JSON,
        apply=on_items(lambda place: of_type("function_call", place, at("/arguments", lambda text: text[:-1]))),
    ),
    Fault(
        id="responses-call-arguments-encoded-twice",
        family="responses",
        sentence="The arguments of a call are JSON in JSON.",
        rules=("responses.function-call.arguments-json", "case.tool-arguments"),
        cases=CALL_JSON,
        apply=on_items(
            lambda place: of_type(
                "function_call", place, at("/arguments", lambda text: f'"{text.replace(chr(34), chr(92) + chr(34))}"')
            )
        ),
    ),
    Fault(
        id="responses-call-status-lost",
        family="responses",
        sentence="Function calls have no status.",
        rules=("responses.function-call.status",),
        cases=CALL,
        apply=on_items(lambda place: of_type("function_call", place, drop("/status"))),
    ),
    Fault(
        id="responses-call-one-id",
        family="responses",
        sentence="The id of a function call is its call_id.",
        rules=("responses.function-call.two-ids",),
        cases=CALL_JSON,
        apply=on_items(lambda place: of_type("function_call", place, lambda call: {**call, "id": call["call_id"]})),
    ),
    Fault(
        id="responses-call-custom-without-input",
        family="responses",
        sentence="Function calls are told as calls of custom tools without input.",
        rules=("responses.custom-tool-call.shape", "case.tool-arguments"),
        cases=CALL_JSON,
        apply=on_items(
            lambda place: of_type(
                "function_call",
                place,
                lambda call: (
                    {key: value for key, value in call.items() if key != "arguments"} | {"type": "custom_tool_call"}
                ),
            )
        ),
    ),
    Fault(
        id="responses-call-call-ids-equal",
        family="responses",
        sentence="All calls have the same call_id.",
        rules=("responses.output.call-ids",),
        cases=CALLS_JSON,
        apply=on_items(lambda place: of_type("function_call", place, put("/call_id", "call_0"))),
    ),
    Fault(
        id="responses-call-ids-equal",
        family="responses",
        sentence="All calls have the same id.",
        rules=("responses.output.ids",),
        cases=CALLS_JSON,
        apply=on_items(lambda place: of_type("function_call", place, put("/id", "fc_0"))),
    ),
    Fault(
        id="responses-reasoning-summary-lost",
        family="responses",
        sentence="Reasoning items have no summary.",
        rules=("responses.reasoning.summary",),
        cases="responses/reasoning/effort[effort=low,*",
        apply=on_items(lambda place: of_type("reasoning", place, drop("/summary"))),
    ),
    Fault(
        id="responses-reasoning-summary-text",
        family="responses",
        sentence="The summary of a reasoning item is a text.",
        rules=("responses.reasoning.summary",),
        cases="responses/reasoning/summary[stream=false]",
        apply=on_items(lambda place: of_type("reasoning", place, put("/summary", "First I read."))),
    ),
    Fault(
        id="responses-reasoning-summary-null",
        family="responses",
        sentence="The summary of a reasoning item is null.",
        rules=("responses.reasoning.summary", "responses.done.item"),
        cases=THOUGHT,
        apply=on_items(lambda place: of_type("reasoning", place, put("/summary", None))),
    ),
    Fault(
        id="responses-reasoning-id-lost",
        family="responses",
        sentence="Reasoning items have no id.",
        rules=("responses.item.id",),
        cases="responses/reasoning/summary[stream=false]",
        apply=on_items(lambda place: of_type("reasoning", place, drop("/id"))),
    ),
    Fault(
        id="responses-reasoning-content-text",
        family="responses",
        sentence="The content of a reasoning item is a text.",
        rules=("responses.reasoning.content",),
        cases="responses/reasoning/summary[stream=false]",
        apply=on_items(lambda place: of_type("reasoning", place, put("/content", "First I read."))),
    ),
    Fault(
        id="responses-reasoning-encrypted-object",
        family="responses",
        sentence="`encrypted_content` of a reasoning item is an object.",
        rules=("responses.reasoning.content",),
        cases="responses/reasoning/summary[stream=false]",
        apply=on_items(lambda place: of_type("reasoning", place, put("/encrypted_content", {}))),
    ),
)
