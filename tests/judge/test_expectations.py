"""Every keyword of an expectation, with answers that meet it and answers that do not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import JSON, Breach, Case, Chunk, Exchange
from conformance.judge import expectations
from conformance.judge.expectations.context import Context
from conformance.judge.expectations.converted import is_complete
from conformance.protocol import rulebook
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from tests.support.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    anthropic_error,
    chat_answer,
    chat_events,
    chat_stream,
    exchange,
    messages_answer,
    messages_stream,
    named,
    openai_error,
    unnamed,
)

WEATHER = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo, Norway", "days": 3}}
TIME = {"type": "tool_use", "id": "toolu_2", "name": "get_time", "input": {}}


def breaches(
    want: Mapping[str, JSON], found: Exchange, claims: Profile | None = None, earlier: tuple[Exchange, ...] = ()
) -> list[Breach]:
    case = Case("x/y/z", "", "x", "y", found.family, "must", "", (), (), "x.yaml", 1)
    context = Context(case, claims or Profile(), [Reading(one) for one in earlier])
    return list(expectations.breaches({"outcome": "success", **want}, Reading(found), context))


def rules(want: Mapping[str, JSON], found: Exchange, **more: Any) -> set[str]:
    given = {breach.rule for breach in breaches(want, found, **more)}
    assert given <= set(rulebook.rules())
    return given


def message(*content: Any, **members: Any) -> Exchange:
    return exchange(MESSAGES, {**messages_answer(), "content": list(content), **members})


def text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def chat(**message: Any) -> Exchange:
    document = chat_answer()
    document["choices"][0]["message"] |= message
    return exchange(CHAT, document)


HELLO = exchange(MESSAGES, messages_answer("Hello"))
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "x"}
SCHEMA = {"type": "object", "required": ["word"], "properties": {"word": {"type": "string"}}}

ANSWERS: list[tuple[Mapping[str, JSON], Exchange, Exchange, str]] = [
    ({"contains": "HELLO"}, HELLO, message(text("Goodbye")), "case.answer-text"),
    ({"contains": "Zoë 你"}, message(text("zoë 你好")), HELLO, "case.answer-text"),
    ({"verbatim": "a\n  b"}, message(text("```\na\n  b\n```")), message(text("a\nb")), "case.answer-white-space"),
    ({"verbatim": "a\n  b"}, message(text("a\n  b\n")), message(text("a")), "case.answer-text"),
    ({"lacks": "goodbye"}, HELLO, message(text("Goodbye")), "case.answer-text"),
    ({"text": "present"}, HELLO, message(WEATHER), "case.answer-text"),
    ({"text": "absent"}, message(WEATHER), HELLO, "case.answer-text"),
    ({"json": SCHEMA}, message(text('{"word": "a"}')), message(text('{"word": 1}')), "case.answer-json"),
    ({"json": SCHEMA}, message(text(' {"word": "a"}\n')), message(text('```\n{"word": "a"}\n```')), "case.answer-json"),
    ({"json": {}}, message(text("1")), message(text("")), "case.answer-json"),
    ({"json": {}}, message(text("[]")), message(text("[" * 200_000)), "case.answer-json"),
    ({"stop": ["end_turn", "refusal"]}, HELLO, message(text("Hel"), stop_reason="max_tokens"), "case.answer-stop"),
    ({"stop": ["end_turn"]}, HELLO, message(text("Hel"), stop_reason=None), "case.answer-stop"),
    ({"tool_calls": [{"name": "get_weather"}]}, message(text("So:"), WEATHER), HELLO, "case.tool-chosen"),
    ({"tool_calls": [{"name": "get_weather"}]}, message(WEATHER), message(WEATHER, WEATHER), "case.tool-called"),
    ({"tool_calls": [{"name": "get_weather"}, {"name": "get_time"}]}, message(TIME, WEATHER), message(TIME),
     "case.tool-called"),
    ({"tool_calls": []}, HELLO, message(WEATHER), "case.tool-called"),
    ({"tool_calls": [{"name": "get_weather", "arguments": {"city": "oslo"}}]}, message(WEATHER),
     message({**WEATHER, "input": {"city": "Rome"}}), "case.tool-arguments"),
    ({"tool_calls": [{"name": "get_weather", "arguments": {"days": 3}}]}, message(WEATHER),
     message({**WEATHER, "input": {"days": "3"}}), "case.tool-arguments"),
    ({"tool_calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}]}, message(WEATHER),
     message({**WEATHER, "input": None}), "case.tool-arguments"),
    ({"max_tool_calls": 1}, message(WEATHER), message(WEATHER, TIME), "case.tool-called"),
    ({"reasoning": "present"}, message(THINKING, text("Hello")), HELLO, "case.reasoning"),
    ({"reasoning": "absent"}, HELLO, message(THINKING, text("Hello")), "case.reasoning"),
    ({"choices": 1}, exchange(CHAT, chat_answer()), exchange(CHAT, {**chat_answer(), "choices": []}), "case.choices"),
    ({"max_output_tokens": 2}, HELLO, message(usage={"input_tokens": 1, "output_tokens": 3}), "case.tokens-cap"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("want", "good", "bad", "rule"), ANSWERS, ids=[f"{n}-{next(iter(a[0]))}" for n, a in enumerate(ANSWERS)]
)
def test_an_answer_is_held_to_each_member(want: JSON, good: Exchange, bad: Exchange, rule: str) -> None:
    assert rules({"answer": want}, good) == set()
    assert rules({"answer": want}, bad) == {rule}


def test_a_word_that_is_requested_once_appears_once() -> None:
    body = {"model": "m-1", "messages": [{"role": "user", "content": "Reply with exactly: Bakuruvi"}]}
    twice = exchange(CHAT, chat_answer("BakuruviBakuruvi"), ask=body)
    assert rules({"answer": {"contains": "Bakuruvi"}}, twice) == {"case.answer-text"}
    assert rules({"answer": {"contains": "Bakuruvi"}}, exchange(CHAT, chat_answer("Bakuruvi"), ask=body)) == set()
    assert rules({"answer": {"contains": "Bakuruvi"}}, exchange(CHAT, chat_answer("Bakuruvi Bakuruvi"))) == set()


def test_every_member_of_answer_is_tested() -> None:
    from conformance.judge.expectations.answer import _MEMBERS

    assert {name for want, *_ in ANSWERS for name in want} == set(_MEMBERS)


def test_streamed_answers_are_held_alike() -> None:
    for found in (
        exchange(CHAT, chat_stream("Hel", "lo"), stream=True),
        exchange(MESSAGES, messages_stream("Hel", "lo"), stream=True),
    ):
        assert rules({"answer": {"contains": "Hello", "lacks": "x", "text": "present"}}, found) == set()
        assert rules({"answer": {"contains": "Goodbye"}}, found) == {"case.answer-text"}


def test_arguments_that_are_text_are_read_as_json() -> None:
    want: JSON = {"answer": {"tool_calls": [{"name": "f", "arguments": {"city": "Oslo", "deep": {"n": [1]}}}]}}

    def called(arguments: str) -> Exchange:
        call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
        return chat(content=None, tool_calls=[call])

    assert rules(want, called(json.dumps({"city": "in Oslo", "deep": {"n": [1], "more": 1}, "x": 1}))) == set()
    for broken in ("", "{", "[]", "null", '{"city": "Oslo"}', "[" * 200_000):
        assert rules(want, called(broken)) == {"case.tool-arguments"}


@pytest.mark.parametrize(
    ("choice", "rule"),
    [({"type": "tool", "name": "get_weather"}, "case.tool-called"), ({"type": "any"}, "case.tool-called"),
     ("required", "case.tool-called"), ({"type": "auto"}, "case.tool-chosen"), ("auto", "case.tool-chosen"),
     (None, "case.tool-chosen")],
)  # fmt: skip
def test_a_tool_that_was_forced_leaves_the_model_no_choice(choice: JSON, rule: str) -> None:
    found = exchange(MESSAGES, messages_answer("I will not"), ask={"tool_choice": choice})
    assert rules({"answer": {"tool_calls": [{"name": "get_weather"}]}}, found) == {rule}


SEARCH = {"type": "tool_search_call", "id": "ts_1", "call_id": None, "status": "completed", "arguments": {}}
CUSTOM = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "edit_file", "input": "a"}
FUNCTION = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "edit_file", "arguments": "{}"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "No.", "annotations": []}]}


@pytest.mark.parametrize(
    ("output", "choice", "kind", "call"),
    [([CUSTOM], "auto", set(), set()), ([FUNCTION], "auto", {"case.value"}, set()),
     ([SAID], "auto", {"case.tool-chosen"}, {"case.tool-chosen"}),
     ([SEARCH], "auto", {"case.tool-chosen"}, {"case.tool-chosen"}),
     ([SAID], "required", {"case.value"}, {"case.tool-called"}), ([], "auto", {"case.value"}, {"case.tool-called"})],
)  # fmt: skip
def test_a_model_that_is_free_to_call_may_not_do_so(output: JSON, choice: str, kind: set[str], call: set[str]) -> None:
    """A call that arrives as another kind of call is the gateway's mistake."""
    found = exchange(RESPONSES, {"status": "completed", "output": output}, ask={"tool_choice": choice})
    assert rules({"includes": {"/output/*/type": "custom_tool_call"}}, found) == kind
    assert rules({"answer": {"tool_calls": [{"name": "edit_file"}]}}, found) == call


def test_an_answer_that_is_not_an_object_has_no_content() -> None:
    assert rules({"answer": {"contains": "x"}}, exchange(MESSAGES, "[]")) == {"case.answer-text"}
    assert rules({"answer": {"contains": "x"}}, exchange(MESSAGES, "<html>")) == {"case.answer-text"}


LIST = exchange(MESSAGES, {**messages_answer(), "data": [{"id": "a"}, {"id": "b"}], "null": None, "zero": 0})
MEMBERS: list[tuple[Mapping[str, JSON], Mapping[str, JSON], str]] = [
    ({"present": ["/id", "/data/1/id", "/content"]}, {"present": ["/nothing"]}, "case.present"),
    ({"present": []}, {"present": ["/null"]}, "case.present"),
    ({"positive": ["/usage/input_tokens"]}, {"positive": ["/model"]}, "case.value"),
    ({"positive": ["/usage/input_tokens"]}, {"positive": ["/nothing"]}, "case.value"),
    ({"positive": ["/usage/input_tokens"]}, {"positive": ["/zero"]}, "case.value"),
    ({"present": ["/usage/input_tokens"]}, {"present": ["/data/7/id"]}, "case.present"),
    ({"absent": ["/nothing", "/null", "/data/7"]}, {"absent": ["/id"]}, "case.absent"),
    ({"equal": {"/model": "m", "/data/0": {"id": "a"}}}, {"equal": {"/model": "n"}}, "case.value"),
    ({"equal": {"/stop_sequence": None}}, {"equal": {"/nothing": "m"}}, "case.value"),
    ({"one_of": {"/model": ["n", "m"]}}, {"one_of": {"/model": ["n", None]}}, "case.value"),
    ({"includes": {"/data/*/id": "b"}}, {"includes": {"/data/*/id": "c"}}, "case.value"),
    ({"lists": "b"}, {"lists": "c"}, "case.model-listed"),
    ({"excludes": {"/data/*/id": "c"}}, {"excludes": {"/data/*/id": "b"}}, "case.value"),
    ({"excludes": {"/nothing/*/id": "c"}}, {"includes": {"/nothing/*/id": "c"}}, "case.value"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "rule"), MEMBERS, ids=range(len(MEMBERS)))
def test_members_are_held_to_their_keyword(good: JSON, bad: JSON, rule: str) -> None:
    assert rules(good, LIST) == set()
    assert rules(bad, LIST) == {rule}


def test_members_of_no_object_are_missing() -> None:
    assert rules({"present": ["/id"], "equal": {"/id": 1}}, exchange(MESSAGES, "[]")) == {"case.present", "case.value"}
    assert rules({"absent": ["/id"], "excludes": {"/*": 1}}, exchange(MESSAGES, "<html>")) == set()


def test_a_breach_of_a_member_says_where() -> None:
    (breach,) = breaches({"equal": {"/usage/input_tokens": 4}}, HELLO)
    assert (breach.expected, breach.got, breach.where.pointer) == ("4", "3", "/usage/input_tokens")


def test_the_same_request_is_answered_alike() -> None:
    streamed = exchange(MESSAGES, messages_stream("Hel", "lo"), stream=True)
    assert rules({"same_as": 1}, streamed, earlier=(HELLO,)) == set()
    assert rules({"same_as": 2}, HELLO, earlier=(message(), HELLO)) == set()
    stopped = message(text("Hello"), stop_reason="max_tokens")
    for other in (stopped, message(WEATHER, text("Hello")), message()):
        assert rules({"same_as": 1}, HELLO, earlier=(other,)) == {"case.same-answer"}
    thinking = message({"type": "thinking", "thinking": "Well.", "signature": "c2ln"}, text("Hello"))
    enabled = exchange(MESSAGES, messages_answer("Hello"), ask={"thinking": {"type": "enabled"}})
    assert rules({"same_as": 1}, enabled, earlier=(thinking,)) == {"case.same-answer"}
    assert rules({"same_as": 1}, HELLO, earlier=(thinking,)) == set()
    counted = message(text("Hello"), usage={"input_tokens": 30, "output_tokens": 2})
    assert rules({"same_as": 1}, HELLO, earlier=(counted,)) == {"case.same-prompt-tokens"}
    thinking = message(stop_reason="max_tokens")
    assert rules({"same_as": 1}, stopped, earlier=(thinking,)) == set()
    uncounted = message(text("Hello"), usage={})
    assert rules({"same_as": 1}, HELLO, earlier=(uncounted,)) == set()


def used(words: str, count: int, **members: Any) -> Exchange:
    """A message with this text and count of output tokens."""
    return message(text(words), usage={"input_tokens": 3, "output_tokens": count}, **members)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (used("Hello", 2), used("Hello", 2), True),
        (used("Hello", 2), used("Hello", 4), False),
        (used("Hello", 2), used("Hi", 4), True),  # another text
        (used("Hello", 2), used("Hello", 90), True),  # with hidden reasoning
        (used("One", 16, stop_reason="max_tokens"), used("Two", 16, stop_reason="max_tokens"), True),
        (used("One", 16, stop_reason="max_tokens"), used("Two", 13, stop_reason="max_tokens"), False),
        (message(text("Hello"), usage={}), used("Hello", 4), True),
        (message(WEATHER), message(WEATHER, usage={"input_tokens": 3, "output_tokens": 9}), True),
    ],
)
def test_the_same_output_has_the_same_count(first: Exchange, second: Exchange, same: bool) -> None:
    found = rules({"same_as": 1}, second, earlier=(first,)) - {"case.same-prompt-tokens"}
    assert found == (set() if same else {"case.same-output-tokens"})


def prompt(read: int = 0, written: int = 0, rest: int = 100) -> Exchange:
    """A message whose prompt was partly read from the cache, or written to it."""
    counts = {"input_tokens": rest, "cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    return message(text("Hello"), usage={**counts, "output_tokens": 1})


def chat_prompt(tokens: int, cached: int) -> Exchange:
    details = {"cached_tokens": cached}
    usage = {
        "prompt_tokens": tokens,
        "completion_tokens": 1,
        "total_tokens": tokens + 1,
        "prompt_tokens_details": details,
    }
    return exchange(CHAT, {**chat_answer(), "usage": usage})


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        (prompt(), prompt(written=90, rest=10), set()),
        (prompt(written=90, rest=10), prompt(read=90, rest=10), set()),
        (prompt(), prompt(written=90), {"case.cached-tokens"}),
        (prompt(), prompt(read=90), {"case.cached-tokens"}),
        (prompt(written=90, rest=10), prompt(rest=10), {"case.cached-tokens"}),
        (prompt(rest=1900), prompt(rest=10), {"case.cached-tokens"}),
        (prompt(rest=900), prompt(rest=10), {"case.same-prompt-tokens"}),
        (prompt(), prompt(rest=103), {"case.same-prompt-tokens"}),
        (prompt(), prompt(read=90, rest=13), {"case.same-prompt-tokens"}),  # another tokenizer
        (chat_prompt(100, 0), chat_prompt(100, 90), set()),
        (chat_prompt(100, 0), chat_prompt(10, 90), {"case.cached-tokens"}),
        (chat_prompt(100, 0), chat_prompt(190, 90), {"case.cached-tokens"}),
    ],
)
def test_a_prompt_has_the_same_tokens_in_the_cache(first: Exchange, second: Exchange, broken: set[str]) -> None:
    assert rules({"same_as": 1}, second, earlier=(first,)) == broken


def test_places_have_another_value_than_in_an_earlier_step() -> None:
    want: JSON = {"differs": {"step": 2, "in": ["/id", "header:Request-Id", "/nothing"]}}
    other = exchange(MESSAGES, {**messages_answer(), "id": "msg_2"}, headers=(("request-id", "req_2"),))
    assert rules(want, HELLO, earlier=(HELLO, other)) == set()
    again = breaches(want, HELLO, earlier=(other, HELLO))
    assert [(breach.rule, breach.expected, breach.got) for breach in again] == [
        ("case.value", "a different /id from step 2", '"msg_1"'),
        ("case.value", "a different header:Request-Id from step 2", '"req_1"'),
    ]


def arriving(count: int, first: float, last: float) -> Exchange:
    """A stream of one text event for each word, the first and the last event at these times."""
    blocks = messages_stream(*(["word "] * count)).encode().split(b"\n\n")[:-1]
    step = (last - first) / (len(blocks) - 1)
    chunks = tuple(Chunk(first + number * step, block + b"\n\n") for number, block in enumerate(blocks))
    return exchange(MESSAGES, b"", stream=True, chunks=chunks)


SHORT = arriving(1, 0.2, 0.25)
PASSED_ON, COLLECTED, FAST = arriving(40, 0.2, 2.0), arriving(40, 2.0, 2.01), arriving(40, 0.25, 0.26)


@pytest.mark.parametrize(
    ("steps", "broken"),
    [
        ((SHORT, COLLECTED, SHORT, COLLECTED), {"case.incremental"}),
        ((SHORT, COLLECTED), {"case.incremental"}),
        ((SHORT, COLLECTED, SHORT, PASSED_ON), set()),
        ((SHORT, PASSED_ON, SHORT, COLLECTED), set()),
        ((SHORT, FAST, SHORT, FAST), set()),
        ((arriving(1, 2.0, 2.01), COLLECTED), set()),
        ((SHORT, arriving(1, 2.0, 2.001)), set()),
        ((HELLO, HELLO), set()),
        ((SHORT,), set()),
        ((SHORT, COLLECTED, HELLO), {"case.incremental"}),
    ],
    ids=range(10),
)
def test_a_stream_is_not_collected_every_time(steps: tuple[Exchange, ...], broken: set[str]) -> None:
    assert rules({"incremental": True}, steps[-1], earlier=steps[:-1]) == broken


def test_an_answer_that_comes_too_late_breaks_within() -> None:
    assert rules({"within": 3}, exchange(CHAT, chat_answer(), seconds=2.9)) == set()
    assert rules({"within": 3}, exchange(CHAT, chat_answer(), seconds=3.1)) == {"case.in-time"}


def test_every_keyword_is_tested() -> None:
    tested = {name for good, bad, _ in MEMBERS for name in (*good, *bad)} | {
        "answer", "differs", "incremental", "parameter", "same_as", "within",
    }  # fmt: skip
    assert tested == set(expectations.KEYWORDS)


def error(message: object, status: int = 400, **fields: object) -> Exchange:
    return exchange(CHAT, openai_error(message, **fields), status)


REFUSALS: list[tuple[Mapping[str, JSON], Exchange, set[str]]] = [
    ({}, error("no"), set()),
    ({}, error("no", 422), {"case.status-422"}),
    ({}, error("no", 500), {"case.status"}),
    ({}, error("no", 404), {"case.status"}),
    ({"status": [401, 403]}, error("no", 403), set()),
    ({"status": [401]}, error("no", 400), {"case.status"}),
    ({"status": [401]}, error("no", 422), {"case.status"}),
    ({"status": [400, 422]}, error("no", 422), set()),
    ({"status": [401, 403], "should_be": [401]}, error("no", 401), set()),
    ({"status": [401, 403], "should_be": [401]}, error("no", 403), {"case.status-usual"}),
    ({"status": [401, 403], "should_be": [401]}, error("no", 404), {"case.status"}),
    ({"error": {"should_say": ["max_tokens", "other"]}}, error("Missing: MAX_TOKENS"), set()),
    ({"error": {"should_say": ["max_tokens"]}}, error("Missing something"), {"case.error-names-mistake"}),
    ({"error": {"param": ["messages"]}}, error("Bad value", param="messages"), set()),
    ({"error": {"param": ["messages"]}}, error("Bad value"), {"case.error-names-mistake"}),
    ({"error": {"never_say": ["Traceback", "no channel"]}}, error("No model channel"), set()),
    ({"error": {"never_say": ["Traceback"]}}, error("traceback (most recent)"), {"case.error-misleads"}),
    ({"error": {"never_say": ["gone"], "should_say": ["temperature"]}}, error("gone", 500),
     {"case.status", "case.error-misleads", "case.error-names-mistake"}),
    ({}, exchange(MESSAGES, anthropic_error("x", "invalid_request_error"), 400), set()),
    ({}, exchange(CHAT, chat_answer()), {"case.refused"}),
    ({}, exchange(CHAT, chat_stream(), stream=True), {"case.refused"}),
    ({}, exchange(CHAT, "", 302, headers=()), {"case.answered"}),
]  # fmt: skip


@pytest.mark.parametrize(("want", "found", "broken"), REFUSALS, ids=range(len(REFUSALS)))
def test_a_refusal_is_held_to_its_status_and_words(want: JSON, found: Exchange, broken: set[str]) -> None:
    assert rules({"outcome": "refusal", **want}, found) == broken


def test_the_finding_shows_an_answer_that_should_be_an_error() -> None:
    (breach,) = breaches({"outcome": "refusal", "status": [400, 404]}, exchange(CHAT, chat_answer("Sure!")))
    assert (breach.expected, breach.got) == ("status 400 or 404", 'status 200 and the answer "Sure!"')


def test_a_finding_shows_the_error_inside_a_stream() -> None:
    failing = unnamed([*chat_events()[:1], openai_error("The model failed.")]) + "data: [DONE]\n\n"
    failed = exchange(CHAT, failing, stream=True)
    wanted: JSON = {"outcome": "success", "answer": {"contains": "hello", "stop": ["stop"]}}
    for want in ({"outcome": "refusal"}, wanted):
        assert all('event 2 is an error: "The model failed."' in breach.got for breach in breaches(want, failed))
    assert len(breaches(wanted, failed)) == 2


def test_a_finding_shows_what_an_answer_has_instead_of_text() -> None:
    called = chat_answer("")
    call = {"id": "call_1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
    called["choices"][0]["message"] |= {"content": None, "tool_calls": [call, call]}
    refused = chat_answer("")
    refused["choices"][0]["message"] |= {"content": None, "refusal": "I will not."}
    shown = {"a call to lookup and lookup": called, 'the refusal "I will not."': refused}
    for words, answer in shown.items():
        (breach,) = breaches({"outcome": "success", "answer": {"contains": "hello"}}, exchange(CHAT, answer))
        assert breach.got == f"no text, but {words}"


def test_a_conversion_is_an_answer_that_ignored_nothing() -> None:
    want: JSON = {"outcome": "refusal", "unless_converted": {"from": MESSAGES, "answer": {"contains": "hello"}}}
    declared = Profile(conversions=frozenset({(MESSAGES, CHAT)}))
    converted, ignored = exchange(CHAT, chat_answer("Hello")), exchange(CHAT, chat_answer("What do you mean?"))
    assert rules(want, converted, claims=declared) == set()
    assert rules(want, converted) == {"case.conversion-undeclared"}
    assert rules(want, ignored, claims=declared) == {"case.body-ignored"}
    assert rules(want, ignored) == {"case.body-ignored", "case.conversion-undeclared"}
    assert rules(want, error("input is missing")) == set()
    assert "{from: messages, to: chat_completions}" in breaches(want, converted)[0].expected
    assert not any("conversions" in breach.expected for breach in breaches(want, ignored))


def test_an_error_inside_a_stream_did_not_ignore_the_body() -> None:
    """A gateway that opens its stream before it looks at the body can only refuse it inside the stream."""
    want: JSON = {"outcome": "refusal", "unless_converted": {"from": CHAT, "answer": {"contains": "hello"}}}
    refused = exchange(
        MESSAGES, named([{"type": "error", "error": {"type": "api_error", "message": "No."}}]), stream=True
    )
    assert rules(want, refused) == {"case.refused"}
    assert "No." in breaches(want, refused)[0].got
    assert rules(want, exchange(MESSAGES, messages_stream("Hello"), stream=True)) == {"case.conversion-undeclared"}


@pytest.mark.parametrize(
    ("endpoint", "body", "complete"),
    [
        (CHAT, {"model": "m", "messages": 7}, True),
        (CHAT, {"model": "m", "input": "Hello"}, False),
        (MESSAGES, {"model": "m", "messages": []}, False),
        (MESSAGES, {"model": "m", "messages": [], "max_tokens": 9}, True),
        (RESPONSES, {"model": "m", "messages": []}, False),
        (RESPONSES, {"model": "m", "previous_response_id": "r"}, True),
        ("models", None, True),
    ],
)
def test_a_body_is_complete_with_what_its_endpoint_requires(endpoint: str, body: JSON, complete: bool) -> None:
    assert is_complete(endpoint, body) == complete


def test_an_incomplete_foreign_body_is_only_accepted_with_a_declared_conversion() -> None:
    want: JSON = {"outcome": "refusal", "unless_converted": {"from": RESPONSES, "answer": {"contains": "hello"}}}
    body = json.dumps({"model": "m", "input": "Reply with exactly: Hello"}).encode()
    found = exchange(CHAT, chat_answer("Hello"))
    found = replace(found, request=replace(found.request, body=body))
    assert rules(want, found) == {"case.incomplete-accepted"}
    assert rules(want, found, claims=Profile(conversions=frozenset({(RESPONSES, CHAT)}))) == set()


def test_either_holds_an_error_to_its_words_and_an_answer_to_its_content() -> None:
    want: JSON = {"outcome": "either", "answer": {"contains": "hello"}, "error": {"should_say": ["image"]}}
    assert rules(want, exchange(CHAT, chat_answer("Hello"))) == set()
    assert rules(want, exchange(CHAT, chat_answer("No"))) == {"case.answer-text"}
    assert rules(want, error("No image, please")) == set()
    assert rules(want, error("No")) == {"case.error-names-mistake"}
    assert rules(want, error("image", 500)) == {"case.status"}


def test_an_error_instead_of_an_answer_is_shown() -> None:
    (breach,) = breaches({"answer": {"contains": "x"}}, error("You\u001b[31m lost", 404))
    assert (breach.rule, breach.expected) == ("case.accepted", "status 200")
    assert breach.got == 'status 404: "You\\u001b[31m lost"'


@pytest.mark.parametrize("outcome", ["success", "refusal", "either"])
@pytest.mark.parametrize("ended", ["cut", "timeout", "unreachable", "too_large"])
@pytest.mark.parametrize("status", [None, 200, 400])
def test_an_incomplete_response_is_not_an_answer(outcome: str, ended: str, status: int | None) -> None:
    found = exchange(CHAT, chat_answer(), status, ended=ended, problem="gone")  # type: ignore[arg-type]
    (breach,) = breaches({"outcome": outcome, "answer": {"contains": "hello"}}, found)
    assert (breach.rule, breach.expected) == ("case.answered", "a complete response")
    assert breach.got == ("no response" if status is None else f"status {status}") + ", then: gone"


def test_a_web_socket_without_messages_is_not_an_answer() -> None:
    problem = "the WebSocket was closed with code 1011 before any message"
    (breach,) = breaches({}, exchange(RESPONSES, "", 101, problem=problem))
    assert (breach.rule, breach.got) == ("case.answered", f"status 101, then: {problem}")


def test_a_recording_that_does_not_know_its_end_is_judged() -> None:
    found = exchange(CHAT, chat_answer("Hello"), ended="not_recorded")
    assert rules({"answer": {"contains": "hello"}}, found) == set()
    assert rules({"answer": {"contains": "goodbye"}}, found) == {"case.answer-text"}


def test_every_rule_of_the_expectations_is_tripped_here() -> None:
    tripped = {rule for *_, rule in (*ANSWERS, *MEMBERS)} | {rule for *_, broken in REFUSALS for rule in broken}
    elsewhere = {
        "case.accepted", "case.body-ignored", "case.conversion-undeclared", "case.incomplete-accepted",
        "case.in-time", "case.incremental", "case.intermittent", "case.same-answer",
        "case.cached-tokens", "case.same-output-tokens", "case.same-prompt-tokens",
        "case.answer-exact", "case.reasoning-in-text",
    }  # fmt: skip
    assert tripped | elsewhere == {name for name in rulebook.rules() if name.startswith("case.")}
