"""Chat Completions answers without findings: legal oddities, documents of any shape, long streams, official traffic."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import Chunk, ToolCall
from conformance.judge import checks, contract
from conformance.protocol import answers
from conformance.protocol.reading import Reading
from conformance.records.jsonl import read_jsonl
from tests.support.examples.chat import (
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
    USAGE,
    WEATHER,
    asked,
    broken,
    call,
    choice,
    chunk,
    completion,
    demanded,
    exchange,
    finish,
    fragment,
    message,
    role,
    usage,
    words,
)
from tests.support.patches import mutants, patched
from tests.support.paths import TRAFFIC

SAID = "/answer/choices/0/message"
FORCED = {"type": "function", "function": {"name": "get_weather"}}
AUDIO = {"id": "audio_1", "data": "UklGRg==", "expires_at": 1790003600, "transcript": "It rains."}
MODERATED = {**usage(), "usage": None, "moderation": {"input": {"type": "moderation_results"}, "output": None}}
NOTHING_COUNTED = {**usage(), "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}}
SEARCHED = {"type": "url_citation", "url_citation": {"url": "https://example.org/", "title": "Oslo"}}

# (title, document, edits, rules below must that the edits break)
LEGAL: list[tuple[Any, ...]] = [
    ("a text", TEXT, []),
    ("two choices", TWO, []),
    ("choices in another order", TWO, [("replace", "/answer/choices", [choice(1), choice(0)])]),
    ("two calls", TOOLS, []),
    ("one call", ONE_TOOL, []),
    ("a custom tool", CUSTOM, []),
    ("a function of the deprecated kind", LEGACY, []),
    ("log probabilities", LOGPROBS, []),
    ("a format", FORMAT, []),
    ("a stream", STREAM, []),
    ("a stream with usage", COUNTED, []),
    ("a stream of two choices", STREAM_TWO, []),
    ("a stream of two calls", STREAM_TOOLS, []),
    ("an error in a stream", STREAM_FAILED, []),
    ("an error in a stream, the last event", STREAM_FAILED, [("remove", "/answer/3")]),
    ("an error in a stream, then usage that counts nothing", STREAM_FAILED, [("add", "/answer/3", NOTHING_COUNTED)]),
    ("an error as the only event", STREAM, [("replace", "/answer", [FAILURE])]),
    ("an error", FAILED, []),
    ("members that nobody knows", TEXT, [("add", "/answer/extra", 1), ("add", f"{SAID}/reasoning_content", "Hm")]),
    ("an error with more members", FAILED, [("add", "/answer/error/details", {"a": 1}), ("add", "/answer/extra", 1)]),
    ("error null beside a chunk", STREAM, [("add", "/answer/1/error", None)]),
    ("no log probabilities member", TEXT, [("remove", "/answer/choices/0/logprobs")], "chat.choice.logprobs-key"),
    ("log probabilities of a refusal only", TEXT, [("replace", "/answer/choices/0/logprobs", {"refusal": None})]),
    ("system_fingerprint null", TEXT, [("add", "/answer/system_fingerprint", None)]),
    ("service_tier null", TEXT, [("replace", "/answer/service_tier", None)]),
    ("text beside calls", ONE_TOOL, [("replace", f"{SAID}/content", "I look.")]),
    ("a forced call that ends with stop", ONE_TOOL, [
        ("add", "/request/tool_choice", FORCED), ("replace", "/answer/choices/0/finish_reason", "stop")]),
    ("a call that was cut off", ONE_TOOL, [
        ("replace", "/answer/choices/0/finish_reason", "length"),
        ("replace", f"{SAID}/tool_calls/0/function/arguments", '{"city":"O')]),
    ("a limit before any text", TEXT, [
        ("replace", "/answer/choices/0/finish_reason", "length"), ("replace", f"{SAID}/content", "")]),
    ("a filter before a forced call", TEXT, [
        ("add", "/request/tools", [WEATHER]), ("add", "/request/tool_choice", "required"),
        ("replace", "/answer/choices/0/finish_reason", "content_filter")]),
    ("a forced call without any tools", TEXT, [("add", "/request/tool_choice", "required")]),
    ("a forced call of a tool that is not offered", TEXT, [
        ("add", "/request/tools", [CLOCK]), ("add", "/request/tool_choice", FORCED)]),
    ("a limit that is none", TEXT, [("add", "/request/max_completion_tokens", 0)]),
    ("an empty delta after the end", STREAM, [("add", "/answer/4", chunk({}))]),
    ("an error without param and code", FAILED, [
        ("remove", "/answer/error/param"), ("remove", "/answer/error/code")],
     "error.openai.param", "error.openai.code"),
    ("a refusal of a format", FORMAT, [
        ("replace", f"{SAID}/content", None), ("replace", f"{SAID}/refusal", "I will not.")]),
    ("a format that was cut off", FORMAT, [
        ("replace", f"{SAID}/content", '{"ci'), ("replace", "/answer/choices/0/finish_reason", "length")]),
    ("a format's text before a call", ONE_TOOL, [
        ("add", "/request/response_format", {"type": "json_object"}), ("replace", f"{SAID}/content", "I look.")]),
    ("audio", TEXT, [("replace", f"{SAID}/content", None), ("add", f"{SAID}/audio", AUDIO)]),
    ("citations", TEXT, [("replace", f"{SAID}/annotations", [SEARCHED])]),
    ("a schema that cannot be used", FORMAT, [
        ("replace", "/request/response_format/json_schema/schema", {"$ref": "https://example.org/x.json"})]),
    ("marks of which the request spoke", TEXT, [
        ("replace", "/request/messages/0/content", "What is <|im_end|>?"),
        ("replace", f"{SAID}/content", "<|im_end|> ends a message.")]),
    ("rejected predictions", TEXT, [
        ("add", "/request/prediction", {"type": "content", "content": "It"}), ("add", "/request/max_tokens", 1),
        ("replace", "/answer/usage", {**USAGE, "completion_tokens": 91, "total_tokens": 100})]),
    ("tools that were not called", TEXT, [
        ("add", "/request/tools", [WEATHER]), ("add", "/request/tool_choice", "auto")]),
    ("optional members null", TEXT, [
        *(("add", f"/request/{name}", None) for name in ("n", "stop", "tools", "tool_choice", "response_format"))]),
    ("a log probability that was rounded", LOGPROBS, [
        ("replace", "/answer/choices/0/logprobs/content/0/logprob", 3.0517578125e-05)]),
    ("a token outside its alternatives, less likely", LOGPROBS, [
        ("replace", "/answer/choices/0/logprobs/content/0/logprob", -7.5),
        ("remove", "/answer/choices/0/logprobs/content/0/top_logprobs/0")]),
    ("obfuscation", COUNTED, [("add", f"/answer/{number}/obfuscation", "x7Y") for number in range(4)]),
    ("a moderation chunk after usage", COUNTED, [("add", "/answer/5", MODERATED)]),
    ("a moderation chunk at first", STREAM, [("add", "/answer/0", MODERATED)]),
    ("text with the role", STREAM, [("replace", "/answer/0/choices/0/delta/content", "Well: ")]),
    ("a call with the role", STREAM_TOOLS, [
        ("remove", "/answer/0"), ("add", "/answer/0/choices/0/delta/role", "assistant")]),
    ("text with the reason", STREAM, [("replace", "/answer/3/choices/0/delta", {"content": "!"})],
     "chat.stream.finish-delta"),
    ("everything in one chunk", STREAM, [
        ("replace", "/answer", [chunk({"role": "assistant", "content": "It rains."}, "stop"), DONE])],
     "chat.stream.finish-delta"),
    ("two calls in one chunk", STREAM_TOOLS, [
        ("replace", "/answer", [
            role(content=None), chunk({"tool_calls": [{"index": number, **call(number)} for number in (0, 1)]}),
            finish("tool_calls"), DONE])]),
    ("calls that interleave", STREAM_TOOLS, [
        ("remove", "/answer/5"), ("add", "/answer/3", STREAM_TOOLS["answer"][4]),
        ("add", "/answer/4", STREAM_TOOLS["answer"][5]), ("remove", "/answer/6")]),
    ("a custom tool in a stream", CUSTOM, [
        ("add", "/request/stream", True),
        ("replace", "/answer", [
            role(content=None),
            fragment(0, id="call_1", type="custom", custom={"name": "run_code", "input": ""}),
            fragment(0, custom={"input": "1+1"}), finish("tool_calls"), DONE])]),
    ("words that repeat", STREAM, [
        ("replace", "/answer", [role(), *words("ha", "ha", "ha", "haha", "hahahaha"), finish(), DONE])]),
    ("reasoning of another vendor", STREAM, [
        ("add", "/answer/1", chunk({"reasoning_content": "Let me see."}))]),
    ("a list of texts in several deltas", STREAM, [
        ("add", f"/answer/{number}/choices/0/delta/citations", ["https://example.org"]) for number in (1, 2)]),
    ("a list of objects in one delta", STREAM, [
        ("add", "/answer/1/choices/0/delta/steps", [{"type": "text", "text": "Hm"}])]),
    ("a list of objects with indexes in several deltas", STREAM, [
        ("add", f"/answer/{number}/choices/0/delta/steps", [{"index": 0, "text": "Hm"}]) for number in (1, 2)]),
    ("a limit before any word of a stream", STREAM, [
        ("replace", "/answer", [role(), finish("length"), DONE])]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "edits", "known"),
    [(document, edits, known) for _, document, edits, *known in LEGAL],
    ids=[title for title, *_ in LEGAL],
)
def test_legal_exchanges_break_no_rule(document: Any, edits: Any, known: list[str]) -> None:
    judged = patched(document, *edits)
    assert broken(judged) == set(known)
    assert not demanded(judged)


def test_comments_between_chunks_are_legal() -> None:
    plain = exchange(STREAM)
    (whole,) = plain.chunks
    padded = whole.data.replace(b"\n\n", b"\n: x7Y\n\n: keep-alive\n\n")
    commented = Reading(type(plain)(plain.family, plain.request, 200, plain.headers, (Chunk(0.0, padded),)))
    assert len(commented.stream.comments) == 10
    assert not [found.rule for found in contract.check_reading(commented) if found.level in ("must", "should")]


def test_a_stream_adds_up_to_the_completion() -> None:
    final = answers.assemble("chat_completions", COUNTED["answer"][:-1])
    assert final == {key: value for key, value in TEXT["answer"].items() if key != "choices"} | {
        "choices": [choice(said={"role": "assistant", "content": "It rains.", "refusal": None})]
    }


def test_the_calls_of_a_stream_add_up() -> None:
    said = answers.answer("chat_completions", answers.assemble("chat_completions", STREAM_TOOLS["answer"][:-1]))
    assert said is not None
    assert (said.text, said.stop, said.choices) == ("", "tool_calls", 1)
    assert said.tool_calls == (
        ToolCall("call_1", "get_weather", '{"city":"Oslo"}'),
        ToolCall("call_2", "get_time", "{}"),
    )


@pytest.mark.sdk
@pytest.mark.parametrize("document", [STREAM, COUNTED, STREAM_TWO, STREAM_TOOLS])
def test_a_stream_adds_up_as_in_the_sdk(document: Any) -> None:
    streaming = pytest.importorskip("openai.lib.streaming.chat._completions")
    types = pytest.importorskip("openai.types.chat")
    omitted = pytest.importorskip("openai").omit
    state = streaming.ChatCompletionStreamState(input_tools=omitted, response_format=omitted)
    events = [event for event in document["answer"] if event != DONE]
    for event in events:
        state.handle_chunk(types.ChatCompletionChunk.model_validate(event))
    theirs = answers.answer("chat_completions", state.current_completion_snapshot.to_dict(mode="json"))
    assert theirs == answers.answer("chat_completions", answers.assemble("chat_completions", events))


def test_reading_a_completion() -> None:
    said = answers.answer("chat_completions", patched(LEGACY, ("add", f"{SAID}/reasoning", "Hm"))["answer"])
    assert said is not None
    assert said.tool_calls == (ToolCall("", "get_weather", '{"city":"Oslo"}'),)
    assert (said.reasoning, said.input_tokens, said.output_tokens) == ("Hm", 9, 5)
    refused = answers.answer("chat_completions", completion(choice(said=message(None, refusal="I will not."))))
    assert refused is not None
    assert (refused.text, refused.refusal) == ("", "I will not.")


def test_an_error_without_chunks_is_assembled() -> None:
    assert answers.assemble("chat_completions", [FAILURE])["error"] == FAILURE["error"]
    assert answers.assemble("chat_completions", [{"object": "list"}]) is None


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "document",
    [TWO, TOOLS, CUSTOM, LEGACY, LOGPROBS, FORMAT, FAILED, COUNTED, STREAM_TOOLS, STREAM_FAILED],
)
def test_documents_of_any_shape_are_judged(document: Any) -> None:
    for part in ("answer", "request"):
        for changed in mutants(document, part):
            contract.findings(exchange(changed))


@pytest.mark.fuzz
def test_long_streams_break_nothing() -> None:
    count = 5_000
    document = {"request": asked(stream=True), "answer": [role(), *words("word ") * count, finish(), DONE]}
    reading = Reading(exchange(document))
    ours = ("conformance.judge.checks.chat_completions", "conformance.judge.checks.grammar")
    applicable = [check for check in checks.applicable(reading) if check.function.__module__.startswith(ours)]
    assert len(reading.events) == count + 3
    assert len(applicable) > 20
    for check in applicable:
        assert not list(check.function(reading))


@pytest.mark.skipif(not TRAFFIC.exists(), reason="the recorded traffic is not here")
def test_official_traffic_breaks_no_must() -> None:
    judged = [traffic for _, traffic in read_jsonl(TRAFFIC) if traffic.family == "chat_completions"]
    found = [found for traffic in judged for found in contract.findings(traffic)]
    ours = [item for item in found if item.rule.startswith(("chat.", "error.openai."))]
    assert len(judged) > 50
    assert {item.rule for item in ours} == {"chat.choice.logprobs-key"}, "reasoning models leave the member out"
