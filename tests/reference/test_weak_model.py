"""The weak versions of the scripted model, by the names that select them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.reference.provider.errors import Refused
from conformance.reference.provider.prompt import Prompt, Tool, Turn
from conformance.reference.provider.weak_model import WEAK_MODELS, check_tools, context, reply

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
COUNT = Prompt((Turn("user", "Reply with exactly: 1 2 3 4 5 6 7 8 9"),), cap=1000)
WEATHER = Prompt(
    (Turn("user", "Call get_weather with city set to Oslo."),), (Tool("get_weather", "Tells the weather", CITY),)
)
USUAL = "reference-large"


def said(model: str, prompt: Prompt = COUNT, seed: Any = 0) -> str:
    return reply(model, prompt, seed).text


def test_a_model_without_weakness_does_what_it_is_told() -> None:
    assert said(USUAL) == "1 2 3 4 5 6 7 8 9"
    assert [call.arguments for call in reply(USUAL, WEATHER, 0).calls] == ['{"city":"Oslo"}']


def test_a_short_model_writes_two_words_and_no_more() -> None:
    found = reply("weak-short", COUNT, 0)
    assert (found.text, found.end) == ("1 2", "stop")


def test_a_disobedient_model_says_the_same_to_everyone() -> None:
    others = [replace(COUNT, turns=(Turn("user", text),)) for text in ("Reply with exactly: hello", "What is it?")]
    assert len({said("weak-disobedient", prompt) for prompt in (COUNT, *others)}) == 1


def test_a_disobedient_model_calls_a_tool_only_if_it_is_forced_and_does_not_fill_in_values() -> None:
    assert reply("weak-disobedient", WEATHER, 0).calls == ()
    (call,) = reply("weak-disobedient", replace(WEATHER, mode="required"), 0).calls
    assert call.name == "get_weather"
    assert "Oslo" not in call.arguments
    assert isinstance(json.loads(call.arguments)["city"], str)


def test_a_random_model_says_another_thing_to_every_request_and_the_same_to_the_same() -> None:
    assert len({said("weak-random", seed=seed) for seed in range(20)}) == 20
    assert said("weak-random", seed=3) == said("weak-random", seed=3)


def test_a_random_model_calls_tools_at_random_unless_it_is_told_how() -> None:
    def calls(prompt: Prompt) -> set[int]:
        return {len(reply("weak-random", prompt, seed).calls) for seed in range(20)}

    assert calls(WEATHER) == {0, 1}
    assert calls(replace(WEATHER, mode="none")) == {0}
    assert calls(replace(WEATHER, mode="required")) == {1}


def test_a_small_context_is_small() -> None:
    assert context("weak-small-context") < 5_000 < context(USUAL)


def test_a_model_without_tools_refuses_them() -> None:
    with pytest.raises(Refused, match="does not support tools"):
        check_tools("weak-no-tools", {"tools": [{}]})
    check_tools("weak-no-tools", {"tools": []})
    check_tools(USUAL, {"tools": [{}]})


@pytest.mark.parametrize("model", WEAK_MODELS)
def test_limits_and_formats_hold_for_every_weak_model(model: str) -> None:
    """The API stays correct."""
    cut = reply(model, replace(COUNT, cap=1), 0)
    assert (cut.end, cut.output_tokens) == ("length", 1)
    assert set(json.loads(said(model, replace(COUNT, schema=CITY)))) == {"city"}
    word = said(model).split()[0]
    stopped = reply(model, replace(COUNT, stop=(word,)), 0)
    assert (stopped.text, stopped.end, stopped.stop_sequence) == ("", "stop_sequence", word)
