"""Comparing tool calls: the measures of one try, the judgement of many, and the tries that a drop needs."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence

import pytest

from benchmarks.quality import called
from conformance.analysis.tool_quality import power
from conformance.analysis.tool_quality.compare import Row, compare, interval
from conformance.analysis.tool_quality.judge import judge
from conformance.analysis.tool_quality.tried import Measure, Side, Tried, tried, with_all
from conformance.core.model import JSON, Chunk, Exchange, Request
from conformance.protocol.reading import Reading
from conformance.suite.tool_prompts import Prompt, tool_prompts

WEATHER = next(prompt for prompt in tool_prompts() if prompt.id == "weather-oslo")
TWO = next(prompt for prompt in tool_prompts() if prompt.id == "weather-two")
NONE = next(prompt for prompt in tool_prompts() if prompt.id == "no-poem")
OSLO = '{"city": "Oslo"}'
Call = tuple[str, str]


def answered(*calls: Call, status: int = 200, text: str = "", body: JSON = None) -> Reading:
    """A chat completion with these (name, arguments)."""
    made = [
        {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": text or None, **({"tool_calls": made} if made else {})}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if made else "stop"}
    document = body or {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    request = Request("POST", "http://gateway.test/v1/chat/completions", body=b"{}")
    headers = (("content-type", "application/json"),)
    return Reading(Exchange("chat_completions", request, status, headers, (Chunk(0.1, json.dumps(document).encode()),)))


@pytest.mark.parametrize(
    ("prompt", "calls", "met"),
    [
        (WEATHER, [("get_weather", OSLO)], {"trigger": True, "names": True, "arguments": True}),
        (WEATHER, [], {"trigger": False}),
        (WEATHER, [("get_wether", OSLO)], {"trigger": True, "names": False}),
        (WEATHER, [("get_weather", OSLO), ("get_weather", OSLO)], {"trigger": True, "names": False, "arguments": True}),
        (WEATHER, [("get_weather", '{"town": "Oslo"}')], {"trigger": True, "names": True, "arguments": False}),
        (WEATHER, [("get_weather", '{"city": "Os')], {"trigger": True, "names": True, "arguments": False}),
        (WEATHER, [("get_weather", '"Oslo"')], {"trigger": True, "names": True, "arguments": False}),
        (TWO, [("get_weather", OSLO)], {"trigger": True, "names": False, "arguments": True}),
        (TWO, [("get_weather", OSLO), ("get_weather", "{}")], {"trigger": True, "names": True, "arguments": False}),
        (NONE, [], {"trigger": True}),
        (NONE, [("get_weather", OSLO)], {"trigger": False}),
    ],
)  # fmt: skip
def test_the_measures_of_an_answer(prompt: Prompt, calls: Sequence[Call], met: dict[str, bool]) -> None:
    found = tried(prompt, "gateway", answered(*calls))
    assert found.met == {**met, "all": all(met.values())}
    assert (found.prompt, found.side, found.failure) == (prompt.id, "gateway", "")


def test_a_failed_request_is_no_measure_and_an_unreadable_answer_calls_nothing() -> None:
    assert tried(WEATHER, "gateway", answered(status=502)) == Tried(WEATHER.id, "gateway", failure="status 502")
    assert tried(WEATHER, "gateway", answered(body=["odd"])).met == {"trigger": False, "all": False}
    assert tried(NONE, "gateway", answered(body=["odd"])).met == {"trigger": False, "all": False}
    error = {"error": {"message": "No.", "type": "server_error"}}
    assert tried(WEATHER, "gateway", answered(body=error)).failure == "an error with status 200"


def rows(gateway: Sequence[int], upstream: Sequence[int], tries: int = 20) -> dict[str, Row]:
    pairs = zip(gateway, upstream, strict=True)
    return {str(number): Row(one, tries, other, tries) for number, (one, other) in enumerate(pairs)}


def test_a_clear_difference_is_worse_or_better() -> None:
    worse = compare(rows([16, 18] * 30, [19] * 60))
    assert worse.verdict == "worse"
    assert worse.value == pytest.approx(-0.1)
    assert -0.12 < worse.low < -0.1 < worse.high < 0
    assert compare(rows([19] * 60, [16, 18] * 30)).verdict == "better"


def test_no_difference_is_equal_only_after_enough_tries() -> None:
    assert compare(rows([20] * 60, [20] * 60)).verdict == "equal"
    few = compare(rows([1] * 60, [1] * 60, tries=1), comparisons=3)
    assert few.verdict == "inconclusive"
    assert few.high == pytest.approx(0.087, abs=0.001)
    assert compare(rows([20] * 60, [20] * 60), margin=0.001).verdict == "inconclusive"


def test_an_open_question_says_how_many_tries_it_needs() -> None:
    chance = random.Random(3)
    drawn = rows(*([sum(chance.random() < 0.8 for _ in range(4)) for _ in range(60)] for _ in range(2)), tries=4)
    found = compare(drawn, comparisons=3)
    assert found.verdict == "inconclusive"
    assert found.needed is not None
    assert 20 < found.needed < 60  # the formula says 34 for a rate of 0.8 everywhere
    assert power.tries(60, 0.05, 3, 0.8) == 38


def test_a_defect_of_a_single_prompt_is_worse() -> None:
    found = compare(rows([0] + [20] * 59, [20] * 60), comparisons=3)
    assert found.high >= 0  # some resamples do not have the prompt
    assert found.verdict == "worse"
    assert [(single.prompt, single.is_worse) for single in found.singles] == [("0", True)]
    assert compare(rows([15] + [20] * 59, [20] * 60), comparisons=3).singles == ()


def test_too_few_prompts_are_not_judged() -> None:
    found = compare(rows([0] * 19, [20] * 19))
    assert (found.verdict, found.is_judged) == ("inconclusive", False)
    assert compare({}).verdict == "inconclusive"


def test_the_same_counts_always_give_the_same_interval() -> None:
    some = list(rows([18, 19, 20] * 20, [19, 19, 20] * 20).values())
    assert interval(some, 3, resamples=500, seed=1) == interval(some, 3, resamples=500, seed=1)


def many(failures: int, *, names: bool = True) -> list[Tried]:
    """Perfect tries of both sides, of which the gateway's first ones failed, or all have wrong names."""
    right = {"trigger": True, "arguments": True}
    return [
        Tried(prompt.id, side, failure="status 500")
        if side == "gateway" and index * 20 + number < failures
        else Tried(prompt.id, side, with_all({**right, "names": side == "upstream" or names}))  # type: ignore[dict-item, arg-type]
        for index, prompt in enumerate(tool_prompts())
        for side in ("gateway", "upstream")
        for number in range(20)
    ]


def test_the_worst_measure_decides() -> None:
    assert judge(many(0)).verdict == "equal"
    found = judge(many(0, names=False))
    assert {name: one.verdict for name, one in found.measures.items()} == {
        "trigger": "equal", "names": "worse", "arguments": "equal", "all": "worse",
    }  # fmt: skip
    assert found.verdict == "worse"


def test_many_failed_requests_leave_it_open() -> None:
    assert judge(many(20)).verdict == "equal"
    found = judge(many(200))
    assert found.has_many_failures
    assert found.verdict == "inconclusive"
    assert found.failures["gateway"] == {"status 500": 200}
    assert judge(many(200, names=False)).verdict == "worse"


def test_a_drop_that_is_spread_over_the_measures_shows_in_all_of_them() -> None:
    chance = random.Random(5)
    names: tuple[Measure, ...] = ("trigger", "names", "arguments")

    def met(rate: float) -> Mapping[Measure, bool]:
        return with_all({name: chance.random() < rate for name in names})

    sides: Mapping[Side, float] = {"gateway": 0.93, "upstream": 0.95}
    tries = [
        Tried(prompt.id, side, met(rate))
        for prompt in tool_prompts()
        for side, rate in sides.items()
        for _ in range(24)
    ]
    found = judge(tries)
    assert {name: one.verdict for name, one in found.measures.items() if one.verdict == "worse"} == {"all": "worse"}
    assert found.verdict == "worse"


@pytest.mark.parametrize(("prompts", "drop", "comparisons", "number"), [(56, 0.05, 3, 17), (64, 0.05, 3, 15)])
def test_the_tries_that_a_drop_needs(prompts: int, drop: float, comparisons: int, number: int) -> None:
    assert power.tries(prompts, drop, comparisons) == number
    assert power.shown(prompts, number, comparisons) <= drop
    assert power.shown(prompts, number - 1, comparisons) > drop


def test_simulated_drops_are_worse_and_equal_gateways_are_not() -> None:
    """A small version of `python -m benchmarks quality`, which has the figures."""
    assert called([0.95], "names", 24, 8)["worse"] >= 7
    assert called([0.95], None, 24, 8)["worse"] <= 1
