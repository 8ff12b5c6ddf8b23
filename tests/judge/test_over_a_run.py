"""Rules over all answers of a run: unique ids, and the model that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Exchange
from conformance.judge.over_a_run import MAX_PER_RULE, Answered, answered, findings, is_same_model
from conformance.protocol.reading import Reading
from tests.support.wire import CHAT, MESSAGES, chat_answer, chat_stream, exchange, messages_answer, openai_error


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **more}


def identity(found: Exchange, name: str = "chat/text/one") -> Answered:
    one = answered(name, Reading(found))
    assert one is not None
    return one


def rules(*answers: Answered, aliases: dict[str, list[str]] | None = None) -> set[str]:
    return {finding.rule for finding in findings(answers, aliases or {})}


FIRST = identity(exchange(CHAT, chat_answer(), ask=asked("One")))
SECOND = identity(exchange(CHAT, chat_answer(), ask=asked("Two")), "chat/text/two")


def test_the_answers_to_different_requests_have_different_ids() -> None:
    assert rules(FIRST, SECOND) == {"run.answer-id"}
    assert rules(FIRST, replace(SECOND, id="chatcmpl-2")) == set()
    assert rules(replace(FIRST, id=""), replace(SECOND, id="")) == set()
    assert rules(FIRST, replace(SECOND, family=MESSAGES)) == set()
    (found,) = findings([FIRST, SECOND, SECOND], {})
    assert found.got == '"chatcmpl-1" in the answers to 2 different requests'
    assert (found.family, found.level, found.names) == (CHAT, "must", ("chat/text/one", "chat/text/two"))


def test_a_cache_may_replay_the_answer_to_the_same_request() -> None:
    streamed = identity(
        exchange(CHAT, chat_stream(), stream=True, ask=asked("One", stream_options={"include_usage": True}))
    )
    assert streamed.id == FIRST.id
    assert rules(FIRST, FIRST, streamed) == set()


def test_the_calls_of_different_answers_have_different_ids() -> None:
    one, other = (replace(each, id=each.name, calls=("call_0",)) for each in (FIRST, SECOND))
    assert rules(one, other) == {"run.call-id"}
    assert rules(one, replace(other, calls=("call_1",))) == set()
    assert rules(one, replace(other, question=one.question)) == set()


def test_the_model_is_the_one_that_was_asked_for() -> None:
    other = replace(FIRST, asked="small", model="house-blend")
    assert rules(other) == {"run.model"}
    assert rules(other, aliases={"small": ["house-blend"]}) == set()
    assert rules(replace(other, model="")) == rules(replace(other, asked="")) == set()
    (found,) = findings([other, other], {})
    assert found.got == '"house-blend" in 2 answers'


def test_only_the_most_frequent_findings_of_a_rule_are_kept() -> None:
    answers = [replace(FIRST, asked=f"model{letter}", model="x", name=letter) for letter in "abcdefg"]
    assert len(findings(answers, {})) == MAX_PER_RULE


def test_only_answers_of_a_model_count() -> None:
    good = exchange(MESSAGES, messages_answer())
    assert answered("x", Reading(good)) is not None
    retrieved = replace(good, request=replace(good.request, method="GET"))
    elsewhere = replace(good, request=replace(good.request, url="https://gateway.test/v1/messages/batches"))
    failed = exchange(CHAT, openai_error("No."), 400)
    for found in (retrieved, elsewhere, failed, replace(good, family="models"), exchange(CHAT, "[]")):
        assert answered("x", Reading(found)) is None
    assert identity(exchange(CHAT, chat_answer(), ask={"messages": None})).question
    raw = exchange(CHAT, chat_answer())
    assert identity(replace(raw, request=replace(raw.request, body=b"\xff"))).asked == ""


@pytest.mark.parametrize(
    ("asked_for", "answered_by"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("gpt-4", "gpt-4-0613"),
        ("gpt-4-vision-preview", "gpt-4-1106-vision-preview"),
        ("claude-sonnet-4-0", "claude-sonnet-4-20250514"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"),
        ("openai/gpt-4o", "gpt-4o"),
        ("claude-3-5-sonnet", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"),
        ("llama3.1:latest", "llama3.1"),
        ("Qwen/Qwen2.5-7B", "qwen2.5-7b"),
        ("qwen3:8b", "qwen3:8b"),
    ],
)
def test_names_of_the_same_model(asked_for: str, answered_by: str) -> None:
    assert is_same_model(asked_for, answered_by)


@pytest.mark.parametrize(
    ("asked_for", "answered_by"),
    [
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o-mini", "gpt-4o"),
        ("gpt-4", "gpt-4.1"),
        ("gpt-4", "gpt-3.5-turbo"),
        ("claude-sonnet-4-5", "claude-sonnet-4-20250514"),
        ("claude-sonnet-4", "claude-opus-4"),
        ("reference-large", "reference-mini"),
        ("my-deployment", "gpt-4o"),
        ("2024", "2025"),
    ],
)
def test_names_of_different_models(asked_for: str, answered_by: str) -> None:
    assert not is_same_model(asked_for, answered_by)
