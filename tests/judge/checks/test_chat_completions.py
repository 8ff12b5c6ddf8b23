"""Every rule of Chat Completions and of OpenAI's errors: an edit that breaks it, and the rules that break with it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.judge import checks
from conformance.protocol import rulebook, stream_grammar
from conformance.protocol.stream_grammar import load_grammar
from tests.support.examples.chat import (
    CITY,
    CLOCK,
    COUNTED,
    CUSTOM,
    DONE,
    FAILED,
    FAILURE,
    FORMAT,
    LEGACY,
    LOGPROBS,
    ONE_TOOL,
    STREAM,
    STREAM_FAILED,
    STREAM_TOOLS,
    STREAM_TWO,
    TEXT,
    TOOLS,
    TWO,
    WEATHER,
    broken,
    call,
    chunk,
    finish,
    fragment,
    message,
    role,
    usage,
    words,
)
from tests.support.patches import patched

SCHEMAS = ("request", "response", "error", "event")
CHOICE = "/answer/choices/0"
SAID = f"{CHOICE}/message"
CALL = f"{SAID}/tool_calls/0"
STRICT = {"type": "function", "function": {**WEATHER["function"], "strict": True}}
STRICT_FORMAT = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
GROWING = ["It ", "It rains ", "It rains in ", "It rains in Oslo today."]


def asks(**members: Any) -> tuple[str, str, Any]:
    """An edit of the request."""
    ((name, value),) = members.items()
    return ("add", f"/request/{name}", value)


# (rule, document, edits, other rules that the edits break)
BROKEN: list[tuple[Any, ...]] = [
    # Errors
    ("error.openai.envelope", FAILED, [("replace", "/answer", "The model does not exist.")]),
    ("error.openai.object", FAILED, [("replace", "/answer/error", "The model does not exist.")]),
    ("error.openai.object", FAILED, [("replace", "/answer/error", [FAILURE["error"]])]),
    ("error.openai.object", FAILED, [("replace", "/answer/error", '{"message": "No", "type": "x"}')]),
    ("error.openai.object", FAILED, [("replace", "/answer", {"detail": "Not Found"})]),
    ("error.openai.object", STREAM_FAILED, [("replace", "/answer/2/error", "busy")]),
    ("error.openai.wrapped-once", FAILED, [("replace", "/answer/error", FAILURE)]),
    ("error.openai.message", FAILED, [("remove", "/answer/error/message")]),
    ("error.openai.message", FAILED, [("replace", "/answer/error/message", {"text": "No"})]),
    ("error.openai.message", STREAM_FAILED, [("remove", "/answer/2/error/message")]),
    ("error.openai.type", FAILED, [("remove", "/answer/error/type")]),
    ("error.openai.type", FAILED, [("replace", "/answer/error/type", None)]),
    ("error.openai.param", FAILED, [("remove", "/answer/error/param")]),
    ("error.openai.code", FAILED, [("remove", "/answer/error/code")]),
    ("error.openai.member-types", FAILED, [("replace", "/answer/error/type", 400)]),
    ("error.openai.member-types", FAILED, [("replace", "/answer/error/param", ["model"])]),
    ("error.openai.member-types", FAILED, [("replace", "/answer/error/param", {"name": "model"})]),
    ("error.openai.member-types", FAILED, [("replace", "/answer/error/code", False)]),
    ("error.openai.member-types", STREAM_FAILED, [("replace", "/answer/2/error/param", {})]),
    ("error.openai.code-number", FAILED, [("replace", "/answer/error/code", 404)]),
    ("error.openai.code-number", STREAM_FAILED, [("replace", "/answer/2/error/code", 500)]),
    ("error.openai.foreign-envelope", FAILED, [("add", "/answer/type", "error")]),
    ("error.openai.foreign-envelope", STREAM_FAILED, [("add", "/answer/2/type", "error")]),
    # The completion
    ("chat.response.shape", TEXT, [("replace", "/answer", "It rains.")]),
    ("chat.id", TEXT, [("remove", "/answer/id")]),
    ("chat.id", TEXT, [("replace", "/answer/id", "")]),
    ("chat.id", STREAM, [("remove", "/answer/1/id")], "chat.stream.same-id"),
    ("chat.object", TEXT, [("replace", "/answer/object", "chat.completion.chunk")]),
    ("chat.created", TEXT, [("remove", "/answer/created")]),
    ("chat.created", TEXT, [("replace", "/answer/created", 1790000000123)]),
    ("chat.created", TEXT, [("replace", "/answer/created", 1790000000.5)]),
    ("chat.created", STREAM, [("replace", "/answer/0/created", "now")], "chat.stream.same-created"),
    ("chat.model", TEXT, [("replace", "/answer/model", "")]),
    ("chat.model", STREAM, [("remove", "/answer/3/model")], "chat.stream.same-model"),
    ("chat.choices.list", TEXT, [("remove", "/answer/choices")]),
    ("chat.choices.list", TEXT, [("replace", "/answer/choices", [])]),
    ("chat.choices.indexes", TWO, [("replace", "/answer/choices/1/index", 0)]),
    ("chat.choices.indexes", TEXT, [("replace", f"{CHOICE}/index", 1)]),
    ("chat.optional-types", TEXT, [("add", "/answer/metadata", [])]),
    ("chat.member-types", TEXT, [("add", "/answer/system_fingerprint", 7)]),
    ("chat.member-types", STREAM, [("add", "/answer/1/system_fingerprint", 7)]),
    ("chat.member-types", TEXT, [("replace", "/answer/service_tier", 1)], "chat.service-tier.known"),
    ("chat.member-types", TEXT, [("replace", f"{SAID}/refusal", False)]),
    ("chat.service-tier.known", TEXT, [("replace", "/answer/service_tier", "gold")]),
    # A choice
    ("chat.choice.shape", TEXT, [("replace", CHOICE, "It rains.")]),
    ("chat.choice.index", TEXT, [("remove", f"{CHOICE}/index")]),
    ("chat.choice.index", STREAM, [("replace", "/answer/1/choices/0/index", "0")], "chat.stream.finish-missing",
     "chat.stream.role-first"),
    ("chat.choice.message", TEXT, [("remove", SAID)]),
    ("chat.choice.message", TEXT, [("replace", SAID, "It rains.")]),
    ("chat.choice.finish-reason", TEXT, [("remove", f"{CHOICE}/finish_reason")]),
    ("chat.choice.finish-reason", TEXT, [("replace", f"{CHOICE}/finish_reason", None)]),
    ("chat.choice.finish-reason", STREAM, [("remove", "/answer/1/choices/0/finish_reason")]),
    ("chat.choice.finish-reason-known", TEXT, [("replace", f"{CHOICE}/finish_reason", "budget")]),
    ("chat.choice.finish-reason-foreign", TEXT, [("replace", f"{CHOICE}/finish_reason", "end_turn")],
     "chat.choice.finish-reason-known"),
    ("chat.choice.finish-reason-foreign", TEXT, [("replace", f"{CHOICE}/finish_reason", "max_output_tokens")],
     "chat.choice.finish-reason-known"),
    ("chat.choice.finish-reason-foreign", STREAM, [("replace", "/answer/1/choices/0/finish_reason", "")],
     "chat.choice.finish-reason-known"),
    ("chat.choice.logprobs-key", TEXT, [("remove", f"{CHOICE}/logprobs")]),
    # The message
    ("chat.message.role", TEXT, [("replace", f"{SAID}/role", "model")]),
    ("chat.message.content", TEXT, [("remove", f"{SAID}/content")], "chat.answer.empty"),
    ("chat.message.content", TEXT, [("replace", f"{SAID}/content", [{"type": "text", "text": "It rains."}])]),
    ("chat.message.refusal", TEXT, [("remove", f"{SAID}/refusal")]),
    ("chat.message.refusal-alone", TEXT, [("replace", f"{SAID}/refusal", "I will not.")]),
    ("chat.message.tool-calls", TOOLS, [("replace", f"{SAID}/tool_calls", call())]),
    ("chat.message.tool-calls-empty", TEXT, [("add", f"{SAID}/tool_calls", [])]),
    ("chat.message.function-call", LEGACY, [("replace", f"{SAID}/function_call/arguments", {"city": "Oslo"})]),
    ("chat.message.function-call", LEGACY, [("remove", f"{SAID}/function_call/name")]),
    ("chat.message.annotations", TEXT, [("replace", f"{SAID}/annotations", ["https://example.org"])]),
    ("chat.message.audio", TEXT, [("add", f"{SAID}/audio", {"id": "audio_1"})]),
    ("chat.answer.empty", TEXT, [("replace", f"{SAID}/content", "")]),
    ("chat.answer.empty", STREAM, [("remove", "/answer/1"), ("remove", "/answer/1")]),
    ("chat.content.markup", TEXT, [("replace", f"{SAID}/content", "It rains.<|im_end|>")]),
    ("chat.content.markup", STREAM, [("replace", "/answer/1", words("<th")[0]),
                                     ("replace", "/answer/2", words("ink>Rain?")[0])]),
    # Tool calls
    ("chat.tool-call.shape", ONE_TOOL, [("remove", f"{CALL}/function")]),
    ("chat.tool-call.shape", ONE_TOOL, [("replace", CALL, "get_weather")]),
    ("chat.tool-call.id", ONE_TOOL, [("remove", f"{CALL}/id")]),
    ("chat.tool-call.ids-unique", TOOLS, [("replace", f"{SAID}/tool_calls/1/id", "call_1")]),
    (
        "chat.tool-call.id-new",
        ONE_TOOL,
        [("add", "/request/messages/0", {"role": "assistant", "tool_calls": [{"id": "call_1"}]})],
    ),
    ("chat.tool-call.type", ONE_TOOL, [("remove", f"{CALL}/type")]),
    ("chat.tool-call.kind", ONE_TOOL, [asks(tools=[{"type": "custom", "custom": {"name": "get_weather"}}])]),
    ("chat.tool-call.kind", STREAM_TOOLS, [
        asks(tools=[{"type": "custom", "custom": {"name": "get_weather"}}, CLOCK])]),
    ("chat.tool-call.kind", CUSTOM, [
        asks(tools=[{"type": "function", "function": {"name": "run_code"}}])]),
    ("chat.tool-call.type-known", ONE_TOOL, [("replace", f"{CALL}/type", "tool_use")]),
    ("chat.tool-call.name", ONE_TOOL, [("remove", f"{CALL}/function/name")]),
    ("chat.tool-call.name", CUSTOM, [("replace", f"{CALL}/custom/name", "")]),
    ("chat.tool-call.arguments", ONE_TOOL, [("replace", f"{CALL}/function/arguments", {"city": "Oslo"})]),
    ("chat.tool-call.arguments", CUSTOM, [("remove", f"{CALL}/custom/input")]),
    ("chat.tool-call.arguments-json", ONE_TOOL, [("replace", f"{CALL}/function/arguments", '{"city":')]),
    ("chat.tool-call.arguments-json", TOOLS, [("replace", f"{SAID}/tool_calls/1/function/arguments", "")]),
    ("chat.tool-call.arguments-json", STREAM_TOOLS, [("remove", "/answer/3")]),
    ("chat.tool-call.arguments-once", ONE_TOOL, [("replace", f"{CALL}/function/arguments", '{"city":"Oslo"}{}')]),
    ("chat.tool-call.arguments-object", ONE_TOOL, [("replace", f"{CALL}/function/arguments", '"{}"')],
     "chat.tool-call.arguments-fit"),
    ("chat.tool-call.arguments-object", LEGACY, [("replace", f"{SAID}/function_call/arguments", "null")]),
    ("chat.tool-call.arguments-fit", TOOLS, [("replace", f"{CALL}/function/arguments", "{}")]),
    ("chat.tool-call.arguments-strict", ONE_TOOL, [asks(tools=[STRICT]),
                                                   ("replace", f"{CALL}/function/arguments", "{}")]),
    ("chat.tool-call.declared", ONE_TOOL, [("replace", f"{CALL}/function/name", "getWeather")]),
    ("chat.tool-call.declared", STREAM_TOOLS, [("remove", "/request/tools")]),
    # The finish reason
    ("chat.finish.calls", TEXT, [("replace", f"{CHOICE}/finish_reason", "tool_calls")]),
    ("chat.finish.calls", STREAM, [("replace", "/answer/3/choices/0/finish_reason", "function_call")]),
    ("chat.finish.stop-with-calls", ONE_TOOL, [("replace", f"{CHOICE}/finish_reason", "stop")]),
    ("chat.finish.stop-with-calls", STREAM_TOOLS, [("replace", "/answer/6/choices/0/finish_reason", "stop")]),
    ("chat.finish.limit", TEXT, [asks(max_tokens=5)]),
    # Log probabilities
    ("chat.logprobs.shape", TEXT, [("replace", f"{CHOICE}/logprobs", {"tokens": ["It"], "token_logprobs": [-0.1]})]),
    ("chat.logprobs.shape", LOGPROBS, [("remove", f"{CHOICE}/logprobs/content/0/top_logprobs")]),
    ("chat.logprobs.value", LOGPROBS, [("replace", f"{CHOICE}/logprobs/content/0/top_logprobs/1/logprob", 0.4)]),
    ("chat.logprobs.top-count", LOGPROBS, [asks(top_logprobs=1)]),
    ("chat.logprobs.asked", LOGPROBS, [("replace", f"{CHOICE}/logprobs", None)]),
    ("chat.logprobs.top", LOGPROBS, [
        ("replace", f"{CHOICE}/logprobs/content/1/top_logprobs",
         LOGPROBS["answer"]["choices"][0]["logprobs"]["content"][0]["top_logprobs"])]),
    ("chat.logprobs.text", LOGPROBS, [("remove", f"{CHOICE}/logprobs/content/1")]),
    # Usage
    ("chat.usage.present", TEXT, [("remove", "/answer/usage")]),
    ("chat.usage.counts", TEXT, [("remove", "/answer/usage/total_tokens")]),
    ("chat.usage.counts", TEXT, [("replace", "/answer/usage/prompt_tokens", "9")]),
    ("chat.usage.counts", COUNTED, [("replace", "/answer/4/usage/completion_tokens", -1)], "chat.usage.total",
     "chat.usage.parts"),
    ("chat.usage.details", TEXT, [("replace", "/answer/usage/prompt_tokens_details", 3)]),
    ("chat.usage.total", TEXT, [("replace", "/answer/usage/total_tokens", 9)]),
    ("chat.usage.total", COUNTED, [("replace", "/answer/4/usage/total_tokens", 15)]),
    ("chat.usage.cached", TEXT, [("replace", "/answer/usage/prompt_tokens_details/cached_tokens", 10)]),
    ("chat.usage.parts", TEXT, [("replace", "/answer/usage/completion_tokens_details/reasoning_tokens", 6)]),
    ("chat.usage.prompt", TEXT, [("replace", "/answer/usage/prompt_tokens", 0),
                                 ("replace", "/answer/usage/total_tokens", 5)]),
    ("chat.usage.completion", TEXT, [("replace", "/answer/usage/completion_tokens", 0),
                                     ("replace", "/answer/usage/total_tokens", 9)]),
    # Chunks
    ("chat.chunk.object", STREAM, [("replace", "/answer/1/object", "chat.completion")]),
    ("chat.chunk.choices", COUNTED, [("remove", "/answer/4/choices")], "chat.stream.usage-asked"),
    ("chat.chunk.choices", STREAM, [("replace", "/answer/1/choices", None)]),
    ("chat.chunk.choices-empty", STREAM, [("add", "/answer/0", {**usage(), "usage": None})]),
    ("chat.chunk.delta", STREAM, [("replace", "/answer/3/choices/0/delta", None)]),
    ("chat.chunk.delta", STREAM, [("remove", "/answer/3/choices/0/delta"),
                                  ("add", "/answer/3/choices/0/message", message())]),
    ("chat.delta.role", STREAM, [("replace", "/answer/0/choices/0/delta/role", "model")]),
    ("chat.delta.role-null", STREAM, [("add", "/answer/1/choices/0/delta/role", None)]),
    ("chat.delta.content", STREAM, [("replace", "/answer/1/choices/0/delta/content", [{"text": "It"}])]),
    ("chat.delta.tool-calls", STREAM_TOOLS, [("add", "/answer/3/choices/0/delta/tool_calls/0", "more")],
     "chat.stream.tool-id-first", "chat.stream.tool-name-first", "chat.stream.tool-type-first"),
    ("chat.delta.tool-index", STREAM_TOOLS, [("remove", "/answer/2/choices/0/delta/tool_calls/0/index")],
     "chat.stream.tool-id-first", "chat.stream.tool-name-first", "chat.stream.tool-type-first",
     "chat.tool-call.arguments-json", "chat.tool-call.arguments-once"),
    ("chat.delta.tool-strings", STREAM_TOOLS, [("add", "/answer/2/choices/0/delta/tool_calls/0/function/name", None)]),
    ("chat.delta.tool-strings", STREAM_TOOLS, [("add", "/answer/2/choices/0/delta/tool_calls/0/id", None)]),
    ("chat.delta.tool-arguments", STREAM_TOOLS,
     [("replace", "/answer/5/choices/0/delta/tool_calls/0/function/arguments", {"city": "Oslo"})],
     "chat.tool-call.arguments-json"),
    ("chat.delta.function-call", STREAM, [("add", "/answer/1/choices/0/delta/function_call", {"arguments": {}})]),
    ("chat.delta.extension-numbers", STREAM, [
        ("add", "/answer/1/choices/0/delta/step", 1), ("add", "/answer/2/choices/0/delta/step", 2)]),
    ("chat.delta.extension-lists", STREAM, [
        *(("add", f"/answer/{number}/choices/0/delta/steps", [{"type": "text", "text": "Hm"}]) for number in (1, 2))]),
    ("chat.delta.extension-lists", STREAM, [
        ("add", "/answer/1/choices/0/delta/steps", [{"index": 0, "text": "Hm"}, {"text": "So"}])]),
    ("chat.delta.extension-lists", STREAM, [
        ("add", "/answer/1/choices/0/delta/steps", [{"text": "Hm"}]),
        ("add", "/answer/2/choices/0/delta/steps", ["So"])]),
    # The stream
    ("chat.stream.empty", STREAM, [("replace", "/answer", [DONE])]),
    ("chat.stream.empty", STREAM, [("replace", "/answer", [{**usage(), "usage": None, "moderation": {}}])]),
    ("chat.stream.role-first", STREAM, [("remove", "/answer/0")]),
    ("chat.stream.role-once", STREAM, [("add", "/answer/2/choices/0/delta/role", "assistant")]),
    ("chat.stream.choice-order", STREAM_TWO, [("remove", "/answer/0"), ("add", "/answer/1", role(0))]),
    ("chat.stream.finish-missing", STREAM, [("remove", "/answer/3")]),
    ("chat.stream.finish-missing", STREAM_TWO, [("remove", "/answer/5")]),
    ("chat.stream.finish-once", STREAM, [("add", "/answer/4", finish())]),
    ("chat.stream.finish-delta", STREAM, [("replace", "/answer/3/choices/0/delta", {"content": "!"})]),
    ("chat.stream.after-finish", STREAM, [("add", "/answer/4", words("!")[0])]),
    ("chat.stream.usage-asked", COUNTED, [("remove", "/answer/4")]),
    ("chat.stream.usage-unasked", STREAM, [("add", "/answer/4", usage())]),
    ("chat.stream.usage-volunteered", STREAM, [("add", "/answer/2/usage", usage()["usage"])]),
    ("chat.stream.usage-last", COUNTED, [("remove", "/answer/4"), ("add", "/answer/3", usage())]),
    ("chat.stream.usage-once", COUNTED, [("add", "/answer/4", usage())]),
    ("chat.stream.usage-on-choices", COUNTED, [("replace", "/answer/2/usage", usage()["usage"])]),
    ("chat.stream.usage-null", COUNTED, [("remove", "/answer/2/usage")]),
    ("chat.stream.done-missing", STREAM, [("remove", "/answer/4")]),
    ("chat.stream.done-once", STREAM, [("add", "/answer/5", DONE)]),
    ("chat.stream.after-done", COUNTED, [("remove", "/answer/5"), ("add", "/answer/4", DONE)]),
    ("chat.stream.after-error", STREAM_FAILED, [("add", "/answer/3", words("!")[0])]),
    ("chat.stream.after-error", STREAM_FAILED, [("add", "/answer/3", finish())]),
    ("chat.stream.error-after-finish", STREAM, [("add", "/answer/4", FAILURE)]),
    ("chat.stream.same-id", STREAM, [("replace", "/answer/1/id", "chatcmpl-2")]),
    ("chat.stream.same-created", STREAM, [("replace", "/answer/1/created", 1790000001)]),
    ("chat.stream.same-model", STREAM, [("replace", "/answer/1/model", "m-2")]),
    ("chat.stream.incremental", STREAM, [("replace", "/answer", [role(), *words(*GROWING), finish(), DONE])]),
    ("chat.stream.incremental", STREAM, [
        ("replace", "/answer", [role(), *words("It rains ", "in Oslo.", "It rains in Oslo."), finish(), DONE])]),
    ("chat.stream.tool-order", STREAM_TOOLS, [
        ("replace", f"/answer/{number}/choices/0/delta/tool_calls/0/index", 2) for number in (4, 5)]),
    ("chat.stream.tool-id-first", STREAM_TOOLS, [("remove", "/answer/1/choices/0/delta/tool_calls/0/id")]),
    ("chat.stream.tool-id-first", STREAM_TOOLS, [("replace", "/answer/1/choices/0/delta/tool_calls/0/id", "")]),
    ("chat.stream.tool-id-once", STREAM_TOOLS, [("add", "/answer/2/choices/0/delta/tool_calls/0/id", "call_1")]),
    ("chat.stream.tool-id-once", STREAM_TOOLS, [
        ("replace", f"/answer/{number}/choices/0/delta/tool_calls/0/index", 0) for number in (4, 5)],
     "chat.stream.tool-name-once", "chat.tool-call.arguments-once"),
    ("chat.stream.tool-name-first", STREAM_TOOLS,
     [("replace", "/answer/1/choices/0/delta/tool_calls/0/function/name", "")]),
    ("chat.stream.tool-name-first", STREAM_TOOLS,
     [("remove", "/answer/1/choices/0/delta/tool_calls/0/function/name")]),
    ("chat.stream.tool-name-once", STREAM_TOOLS, [
        ("add", "/answer/2/choices/0/delta/tool_calls/0/function/name", "get_weather")]),
    ("chat.stream.tool-name-once", STREAM_TOOLS, [
        ("add", "/answer/2/choices/0/delta/tool_calls/0/function/name", "")]),
    ("chat.stream.tool-type-first", STREAM_TOOLS, [("remove", "/answer/1/choices/0/delta/tool_calls/0/type")]),
    # The request
    ("chat.fit.count", TEXT, [asks(n=2)]),
    ("chat.fit.count", TWO, [("remove", "/request/n")]),
    ("chat.fit.count", STREAM, [asks(n=3)]),
    ("chat.fit.tool-none", ONE_TOOL, [asks(tool_choice="none")]),
    ("chat.fit.tool-none", LEGACY, [asks(function_call="none")]),
    ("chat.fit.tool-forced", TEXT, [asks(tools=[WEATHER]),
                                    asks(tool_choice={"type": "function", "function": {"name": "get_weather"}})]),
    ("chat.fit.tool-forced", ONE_TOOL, [asks(tools=[WEATHER, CLOCK]),
                                        asks(tool_choice={"type": "function", "function": {"name": "get_time"}})]),
    ("chat.fit.tool-required", TEXT, [asks(tools=[WEATHER]), asks(tool_choice="required")]),
    ("chat.fit.tool-required", STREAM, [
        asks(tools=[WEATHER]),
        asks(tool_choice={"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}})]),
    ("chat.fit.tool-parallel", STREAM_TOOLS, [asks(parallel_tool_calls=False)]),
    ("chat.fit.json-object", TEXT, [asks(response_format={"type": "json_object"})]),
    ("chat.fit.json-object", FORMAT, [asks(response_format={"type": "json_object"}),
                                      ("replace", f"{SAID}/content", "[1]")]),
    ("chat.fit.json-schema", FORMAT, [asks(response_format=STRICT_FORMAT), ("replace", f"{SAID}/content", "{}")]),
    ("chat.fit.json-schema", FORMAT, [asks(response_format=STRICT_FORMAT),
                                      ("replace", f"{SAID}/content", '```json\n{"city": "Oslo"}\n```')]),
    ("chat.fit.json-schema-loose", FORMAT, [("replace", f"{SAID}/content", '{"city": 1}')]),
    ("chat.fit.json-schema-loose", FORMAT, [
        asks(response_format=STRICT_FORMAT), asks(tools=[WEATHER]),
        ("replace", f"{SAID}/content", '{"city": "Oslo"}{"city": "Oslo"}')]),
    ("chat.fit.json-schema", FORMAT, [
        asks(response_format=STRICT_FORMAT), asks(tools=[WEATHER]), asks(tool_choice="none"),
        ("replace", f"{SAID}/content", '{"city": "Oslo"}{"city": "Oslo"}')]),
    ("chat.fit.stop", TEXT, [asks(stop="rain")]),
    ("chat.fit.stop", STREAM, [asks(stop=["END", "t r"])]),
    ("chat.fit.max-tokens", TEXT, [asks(max_completion_tokens=5), ("replace", "/answer/usage/completion_tokens", 80),
                                   ("replace", "/answer/usage/total_tokens", 89)]),
    ("chat.fit.limit-counted", TEXT, [asks(max_tokens=40), ("replace", f"{CHOICE}/finish_reason", "length")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "document", "edits", "along"),
    [(rule, document, edits, along) for rule, document, edits, *along in BROKEN],
    ids=[f"{number}-{rule}" for number, (rule, *_) in enumerate(BROKEN)],
)
def test_an_edit_breaks_its_rules(rule: str, document: Any, edits: Any, along: list[str]) -> None:
    assert broken(patched(document, *edits)) == {rule, *along}


def test_every_rule_is_broken_by_a_test() -> None:
    ours = {rule for rule in rulebook.rules() if rule.startswith(("chat.", "error.openai."))}
    assert ours == {rule for rule, *_ in BROKEN}


def test_the_rules_that_checks_tables_and_schemas_name_exist() -> None:
    named = {rule for check in checks.all_checks() for rule in check.rules}
    named |= set(stream_grammar.rules(load_grammar(data_files.table("chat_completions/stream.yaml"))))
    for name in SCHEMAS:
        named |= set(rules_in(data_files.schema(f"chat_completions/{name}.schema.json")))
    assert not {rule for rule in named if rule.startswith(("chat.", "error.openai."))} - set(rulebook.rules())


def rules_in(schema: Any) -> Any:
    if isinstance(schema, dict):
        yield from (schema[key] for key in ("x-rule", "x-unknown") if key in schema)
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else ():
        yield from rules_in(part)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(data_files.schema(f"chat_completions/{name}.schema.json"))


def test_a_rule_does_not_hold_before_the_vendor_made_it() -> None:
    old = patched(TEXT, ("remove", f"{SAID}/refusal"), ("add", "/date", "2024-02-01"))
    assert broken(old) == set()
    assert broken({**old, "date": "2025-02-01"}) == {"chat.message.refusal"}


def test_a_fragment_that_is_broken_does_not_hide_the_next() -> None:
    twice = patched(STREAM_TOOLS, ("add", "/answer/6", fragment(1, id="call_9")), ("add", "/answer/7", chunk({})))
    assert broken(twice) == {"chat.stream.tool-id-once"}
