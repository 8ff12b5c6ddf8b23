"""The client's answer says what the upstream's says: what has to be kept, and what a gateway is free to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Case, Exchange, Step
from conformance.judge import both_ends
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from tests.support.examples import responses as responses_examples
from tests.support.wire import CHAT, MESSAGES, RESPONSES, chat_answer, chat_events, exchange, messages_answer, unnamed

Pair = tuple[Exchange, Exchange]
"""The client's exchange, and the upstream's."""


def found(front: Exchange, behind: Exchange, outcome: str = "success") -> set[str]:
    """The rules about answers that a client's exchange breaks, without their common prefix."""
    upstream: Any = {"family": behind.family}
    step = Step({"to": front.family}, {"outcome": outcome}, upstream=upstream)  # type: ignore[typeddict-item]
    case = Case("upstream/a/b", "A", "upstream", "a", front.family, "must", "s", (), (step,), "a.yaml", 1)
    breaches = both_ends.breaches(case, 0, Reading(replace(front, behind=(behind,))), Profile())
    start = "upstream.answer."
    return {breach.rule.removeprefix(start) for breach in breaches if breach.rule.startswith(start)}


def chat(text: str | None = "Hello", stop: str = "stop", ask: Any = None, **message: Any) -> Exchange:
    """An answer of Chat Completions with 3 and 2 tokens."""
    answer = chat_answer()
    answer["choices"][0]["message"] |= {"content": text, **message}
    answer["choices"][0]["finish_reason"] = stop
    answer["usage"] = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    return exchange(CHAT, answer, ask=ask)


def choices(*texts: str, stop: str = "stop") -> Exchange:
    answer = chat_answer()
    (first,) = answer["choices"]
    answer["choices"] = [
        {**first, "index": index, "message": {**first["message"], "content": text}, "finish_reason": stop}
        for index, text in enumerate(texts)
    ]
    return exchange(CHAT, answer)


def messages(*blocks: Any, stop: str = "end_turn", ask: Any = None, **members: Any) -> Exchange:
    content = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
    return exchange(MESSAGES, {**messages_answer(), "content": content, "stop_reason": stop, **members}, ask=ask)


def responses(*items: Any, ask: Any = None, **members: Any) -> Exchange:
    usage = {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 5,
    }
    document = {**responses_examples.response(*items), "model": "m", "usage": usage, **members}
    return exchange(RESPONSES, document, ask=ask)


def message(text: str = "Hello", **members: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {**responses_examples.MESSAGE, "content": [part], **members}


def call(arguments: Any, id_: str = "call_1", name: str = "get_weather") -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": text}}


def use(arguments: Any, id_: str = "call_1", name: str = "get_weather") -> dict[str, Any]:
    return {"type": "tool_use", "id": id_, "name": name, "input": arguments}


def called(*calls: Any, stop: str = "tool_calls", ask: Any = None) -> Exchange:
    return chat(None, stop, ask, tool_calls=list(calls))


def using(*blocks: Any, stop: str = "tool_use") -> Exchange:
    return messages(*blocks, stop=stop)


def thinking(text: str = "Hm.", signature: str = "c2ln") -> dict[str, Any]:
    return {"type": "thinking", "thinking": text, "signature": signature}


SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Oslo"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
REASONING = responses_examples.REASONING
PARIS = {"city": "Paris"}
OSLO = {"city": "Oslo"}
CUT_OFF: Any = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
STREAMED: Any = {"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}

WRONG: Mapping[str, tuple[Exchange, Exchange, set[str]]] = {
    "another text": (chat("Hallo"), chat(), {"text"}),
    "another text in another family": (messages("Hallo"), chat(), {"text"}),
    "white space is lost": (chat("a b"), chat("a  b"), {"text"}),
    "an end that the limit made": (chat(), chat(stop="length"), {"stop-reason"}),
    "a whole text as cut off": (responses(message(), **CUT_OFF), messages("Hello"), {"stop-reason"}),
    "calls that end as a text": (called(call(OSLO), stop="stop"), using(use(OSLO)), {"stop-reason"}),
    "a call without its end in Messages": (using(use(OSLO), stop="end_turn"), called(call(OSLO)), {"stop-reason"}),
    "another stop sequence": (
        messages("a", stop="stop_sequence", stop_sequence="x"),
        messages("a", stop="stop_sequence", stop_sequence="y"),
        {"stop-sequence"},
    ),
    "no stop sequence": (
        messages("a", stop="stop_sequence"),
        messages("a", stop="stop_sequence", stop_sequence="y"),
        {"stop-sequence"},
    ),
    "the second choice is the first": (choices("a", "a"), choices("a", "b"), {"choices"}),
    "the second choice is lost": (choices("a"), choices("a", "b"), {"choices"}),
    "a choice too many": (choices("a", "b"), choices("a"), {"choices"}),
    "a refusal as an answer": (
        chat("No."),
        chat(None, refusal="No."),
        {"refusal", "text"},
    ),
    "an answer as a refusal": (chat(None, refusal="Hello"), chat(), {"refusal", "text"}),
    "a refusal in other words": (chat(None, refusal="Sorry."), chat(None, refusal="No."), {"refusal"}),
    "a refusal as an answer after translation": (chat("No."), messages("No.", stop="refusal"), {"refusal-translated"}),
    "other thoughts": (messages(thinking("Ah.")), messages(thinking("Hm.")), {"reasoning"}),
    "no thoughts": (messages("Hello"), messages(thinking(""), "Hello"), {"signature"}),
    "thoughts are left out": (messages("Hello"), messages(thinking(), "Hello"), {"reasoning", "signature"}),
    "other thoughts after translation": (
        responses(REASONING, message()),
        messages(thinking("It is hard."), "Hello"),
        {"reasoning"},
    ),
    "thoughts that the model did not have": (messages(thinking(), "Hello"), chat(), {"reasoning"}),
    "another signature": (messages(thinking(signature="YQ==")), messages(thinking()), {"signature"}),
    "a search is lost": (messages("Hello"), messages(SEARCH, FOUND, "Hello"), {"results"}),
    "a result is lost": (messages(SEARCH, "Hello"), messages(SEARCH, FOUND, "Hello"), {"results"}),
    "a search is lost in Responses": (
        responses(message()),
        responses(responses_examples.SEARCH, message()),
        {"results"},
    ),
    "another model": (exchange(CHAT, {**chat_answer(), "model": "x"}), exchange(CHAT, chat_answer()), {"model"}),
    "a call is lost": (chat(), called(call(OSLO)), {"tool-calls", "text"}),
    "a call is doubled": (called(call(OSLO), call(OSLO, "call_2")), called(call(OSLO)), {"tool-calls"}),
    "another value": (called(call(PARIS)), called(call(OSLO)), {"tool-arguments"}),
    "a rounded number": (
        called(call('{"id": 9007199254740992}')),
        called(call('{"id": 9007199254740993}')),
        {"tool-arguments"},
    ),
    "a number as a text": (using(use({"n": "1"})), called(call({"n": 1})), {"tool-arguments"}),
    "no arguments instead of some": (using(use({})), called(call(OSLO)), {"tool-arguments"}),
    "other ids": (called(call(OSLO, "call_9")), called(call(OSLO)), {"tool-ids"}),
    "equal ids": (
        using(use(OSLO), use(PARIS)),
        called(call(OSLO), call(PARIS, "call_2")),
        {"tool-ids"},
    ),
    "other tokens": (
        exchange(CHAT, {**chat_answer(), "usage": {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5}}),
        exchange(CHAT, chat_answer()),
        {"usage"},
    ),
    "no tokens": (exchange(CHAT, {**chat_answer(), "usage": None}), exchange(CHAT, chat_answer()), {"usage"}),
}


@pytest.mark.parametrize(("front", "behind", "rules"), WRONG.values(), ids=WRONG)
def test_what_is_lost_or_changed_is_found(front: Exchange, behind: Exchange, rules: set[str]) -> None:
    assert found(front, behind) == rules


LEGAL: Mapping[str, Pair] = {
    "the same": (chat(), chat()),
    "two parts are joined": (chat("a b"), messages("a ", "b")),
    "two parts are joined by a line end": (chat("a\nb"), messages("a", "b")),
    "members in another order": (called(call('{"b":1,"a":2}')), called(call('{"a": 2, "b": 1}'))),
    "1 and 1.0": (using(use({"n": 1})), called(call({"n": 1.0}))),
    "letters are escaped": (called(call('{"a":"\\u00e9"}')), called(call('{"a":"é"}'))),
    "no arguments as an empty object": (called(call("{}")), called(call(""))),
    "calls in another order": (
        called(call(PARIS, "call_2"), call(OSLO)),
        called(call(OSLO), call(PARIS, "call_2")),
    ),
    "other ids after translation": (using(use(OSLO, "toolu_1")), called(call(OSLO))),
    "calls as a tool turn": (using(use(OSLO)), called(call(OSLO))),
    "a forced tool ends with stop": (
        called(call(OSLO), stop="stop", ask={"tool_choice": {"type": "function", "function": {"name": "get_weather"}}}),
        using(use(OSLO)),
    ),
    "a stop sequence as a natural end": (chat("a"), messages("a", stop="stop_sequence", stop_sequence="x")),
    "a natural end that the upstream cannot explain": (messages("a"), chat("a")),
    "a full context as the limit": (chat("a", "length"), messages("a", stop="model_context_window_exceeded")),
    "a filtered answer as a refusal": (messages("a", stop="refusal"), chat("a", "content_filter")),
    "a refusal as a text with the end of a refusal": (
        messages("No.", stop="refusal"),
        chat(None, refusal="No."),
    ),
    "an explanation that no other family has": (
        chat("a", "content_filter"),
        messages("a", stop="refusal", stop_details={"type": "refusal", "explanation": "Birds."}),
    ),
    "a paused turn as any end": (chat("a"), messages("a", stop="pause_turn")),
    "thoughts are left out where the family has no place": (chat(), messages(thinking(), "Hello")),
    "thoughts are left out after translation": (responses(message()), messages(thinking(), "Hello")),
    "thoughts as a summary": (responses(REASONING, message()), messages(thinking("It is easy."), "Hello")),
    "thoughts in a member of the gateway": (chat(reasoning_content="Hm."), messages(thinking(), "Hello")),
    "a member of the upstream that the API does not have": (chat(), chat(reasoning_content="Hm.")),
    "no signature after translation": (responses(message()), messages(thinking(""), "Hello")),
    "the search is not told after translation": (chat(), messages(SEARCH, FOUND, "Hello")),
    "items with other ids": (
        responses({**responses_examples.SEARCH, "id": "ws_9"}, message()),
        responses(responses_examples.SEARCH, message()),
    ),
    "null for what is not there": (messages(SEARCH, {**FOUND, "caller": None}), messages(SEARCH, FOUND)),
    "the upstream's name of the model": (
        exchange(CHAT, {**chat_answer(), "model": "m-2026-01-01"}),
        exchange(CHAT, {**chat_answer(), "model": "m-2026-01-01"}),
    ),
    "the name with its vendor": (exchange(CHAT, {**chat_answer(), "model": "acme/m"}), exchange(CHAT, chat_answer())),
    "tokens that the gateway counts": (
        exchange(CHAT, chat_answer()),
        exchange(CHAT, {**chat_answer(), "usage": None}),
    ),
    "no tokens in a stream that did not ask": (
        exchange(CHAT, unnamed(chat_events()) + "data: [DONE]\n\n", stream=True),
        exchange(CHAT, unnamed([*chat_events(), {**chat_events()[0], "choices": [], **STREAMED}]), stream=True),
    ),
    "cached tokens in or out": (
        exchange(
            CHAT,
            {
                **chat_answer(),
                "usage": {
                    "prompt_tokens": 10,
                    "completion_tokens": 2,
                    "total_tokens": 12,
                    "prompt_tokens_details": {"cached_tokens": 7},
                },
            },
        ),
        messages(
            "Hello",
            usage={
                "input_tokens": 3,
                "output_tokens": 2,
                "cache_read_input_tokens": 7,
                "cache_creation_input_tokens": 0,
            },
        ),
    ),
}


@pytest.mark.parametrize("pair", LEGAL.values(), ids=LEGAL)
def test_what_a_gateway_is_free_to_do_is_not_reported(pair: Pair) -> None:
    assert found(*pair) == set()


def test_nothing_is_compared_with_a_failure() -> None:
    assert found(chat("Hallo"), chat(), outcome="failure") == set()
    assert found(chat("Hallo"), replace(chat(), ended="cut", problem="the script: close")) == set()


def test_the_input_tokens_of_a_stream_that_was_left_are_the_upstreams() -> None:
    def begun(tokens: int, **changes: Any) -> Exchange:
        start = {**messages_answer(), "content": [], "usage": {"input_tokens": tokens, "output_tokens": 1}}
        body = f"event: message_start\ndata: {json.dumps({'type': 'message_start', 'message': start})}\n\n"
        return exchange(MESSAGES, body, stream=True, **changes)

    behind = begun(7, ended="left")
    assert found(begun(7, ended="left"), behind) == set()
    assert found(begun(9, ended="left"), behind) == {"usage"}
    assert found(begun(0, ended="left"), behind) == set()
    assert found(begun(9, ended="cut"), begun(7, ended="cut"), outcome="failure") == {"usage"}
