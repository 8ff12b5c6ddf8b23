"""Texts and calls of a model only count after a control request showed that it follows instructions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from conformance.core.model import JSON, Case, Exchange, Step
from conformance.judge.control import ASSUMED, Control
from tests.support.judging import DISOBEYS, GOOD, SUCCESS, WRONG_TEXT, case, ended, verdict
from tests.support.wire import CHAT, MESSAGES, chat_answer, exchange


def test_a_missing_text_is_not_counted_if_the_model_ignores_instructions() -> None:
    found = verdict(case(SUCCESS), WRONG_TEXT, control=DISOBEYS)
    assert ended(found) == ("unverified", set())
    assert "did not follow the instruction of the control request" in found.reason
    assert ended(verdict(case(SUCCESS), GOOD, control=DISOBEYS)) == ("passed", set())


def test_a_model_that_does_not_obey_excuses_nothing_else() -> None:
    broken = exchange(CHAT, {**chat_answer("Goodbye"), "choices": "none"})
    outcome, rules = ended(verdict(case(SUCCESS), broken, control=DISOBEYS))
    assert outcome == "failed"
    assert "case.answer-text" not in rules
    stop: Mapping[str, JSON] = {"outcome": "success", "answer": {"contains": "hello", "stop": ["content_filter"]}}
    assert ended(verdict(case(stop), WRONG_TEXT, control=DISOBEYS)) == ("failed", {"case.answer-stop"})


def test_a_model_that_fills_in_no_values_only_warns() -> None:
    called = chat_answer("")
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "text"}'}}
    called["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    called["choices"][0]["finish_reason"] = "tool_calls"
    wanted = {"tool_calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}]}
    expect: Mapping[str, JSON] = {"outcome": "success", "answer": wanted}
    tools = {"tools": [{"type": "function", "function": {"name": "get_weather"}}]}
    found = exchange(CHAT, called, ask=tools)
    assert ended(verdict(case(expect), found)) == ("failed", {"case.tool-arguments"})
    dull = replace(ASSUMED, fills=False)
    assert ended(verdict(case(expect), found, control=dull)) == ("warned", {"case.tool-arguments"})


WEATHER = {"tools": [{"type": "function", "function": {"name": "get_weather"}}]}


def calling(*cities: str) -> Exchange:
    """A completion that calls get_weather for each city."""
    answer = chat_answer("")
    calls = [
        {"id": f"call_{city}", "type": "function",
         "function": {"name": "get_weather", "arguments": json.dumps({"city": city})}} for city in cities
    ]  # fmt: skip
    answer["choices"][0]["message"] |= {"content": None, "tool_calls": calls}
    answer["choices"][0]["finish_reason"] = "tool_calls"
    return exchange(CHAT, answer, ask=WEATHER)


def offering(expect: JSON) -> Case:
    """A case whose only step offers the tool."""
    return replace(case(expect), steps=(Step({"body": WEATHER}, expect),))


def test_an_unneeded_call_only_counts_if_the_model_can_abstain() -> None:
    expect: JSON = {"outcome": "success", "answer": {"contains": "hello", "stop": ["stop"], "tool_calls": []}}
    broken = {"case.answer-text", "case.answer-stop", "case.tool-called"}
    assert ended(verdict(offering(expect), calling("Oslo"))) == ("failed", broken)
    eager = replace(ASSUMED, abstains=False)
    assert ended(verdict(offering(expect), calling("Oslo"), control=eager)) == ("unverified", set())


def test_a_missing_second_call_only_counts_if_the_model_can_make_two() -> None:
    wanted = [{"name": "get_weather"}, {"name": "get_weather"}]
    expect: JSON = {"outcome": "success", "answer": {"tool_calls": wanted}}
    assert ended(verdict(offering(expect), calling("Oslo"))) == ("failed", {"case.tool-called"})
    slow = replace(ASSUMED, pairs=False)
    assert ended(verdict(offering(expect), calling("Oslo"), control=slow)) == ("unverified", set())
    assert ended(verdict(offering(expect), calling("Oslo", "Lima"), control=slow)) == ("passed", set())


def test_a_model_that_says_little_is_not_cut_off() -> None:
    stop: Mapping[str, JSON] = {"outcome": "success", "answer": {"stop": ["length"]}}
    short = exchange(CHAT, chat_answer("Hello"), ask={"max_tokens": 64})
    assert ended(verdict(case(stop), short, control=DISOBEYS)) == ("unverified", set())
    assert ended(verdict(case(stop), GOOD)) == ("failed", {"case.answer-stop"})
    member: Mapping[str, JSON] = {"outcome": "success", "equal": {"/status": "incomplete"}}
    assert ended(verdict(case(member), short, control=DISOBEYS)) == ("unverified", set())


def test_a_converted_body_is_not_called_ignored_by_a_model_that_does_not_obey() -> None:
    expect: Mapping[str, JSON] = {
        "outcome": "refusal", "unless_converted": {"from": MESSAGES, "answer": {"contains": "hello"}},
    }  # fmt: skip
    assert ended(verdict(case(expect), WRONG_TEXT)) == ("failed", {"case.body-ignored", "case.conversion-undeclared"})
    assert ended(verdict(case(expect), WRONG_TEXT, control=DISOBEYS)) == (
        "unverified", {"case.conversion-undeclared"},
    )  # fmt: skip


def test_a_model_that_does_not_recall_is_not_taken_for_a_gateway_that_forgets() -> None:
    forgetful = Control(offered=True, answers=True, obeys=True, recalls=False)
    assert ended(verdict(case(SUCCESS), WRONG_TEXT, control=forgetful)) == ("unverified", set())
    assert ended(verdict(case(SUCCESS), WRONG_TEXT)) == ("failed", {"case.answer-text"})


def test_repeating_a_text_does_not_need_recall() -> None:
    forgetful = Control(offered=True, answers=True, obeys=True, recalls=False)
    asked = replace(case(SUCCESS), steps=(Step({"body": {"input": "Reply with exactly: Hello"}}, SUCCESS),))
    assert ended(verdict(asked, WRONG_TEXT, control=forgetful)) == ("failed", {"case.answer-text"})


def asking(body: JSON, expect: JSON) -> Case:
    return replace(case(expect), steps=(Step({"body": body}, expect),))


def test_a_part_of_several_words_only_counts_if_the_model_can_collect_them() -> None:
    wanted: JSON = {"outcome": "success", "answer": {"contains": ["Ash", "Elm"]}}
    asked = asking({"messages": [{"role": "user", "content": "The words are Ash and Elm. Repeat them."}]}, wanted)
    half = exchange(CHAT, chat_answer("Elm"))
    assert ended(verdict(asked, half)) == ("failed", {"case.answer-text"})
    assert ended(verdict(asked, half, control=replace(ASSUMED, collects=False))) == ("unverified", set())


def test_a_colour_that_is_not_named_only_warns_if_the_model_sees_none() -> None:
    wanted: JSON = {"outcome": "success", "answer": {"contains": "red"}}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    asked = asking({"messages": [{"role": "user", "content": [picture]}]}, wanted)
    blind = exchange(CHAT, chat_answer("I see no picture."))
    assert ended(verdict(asked, blind)) == ("failed", {"case.answer-text"})
    assert ended(verdict(asked, blind, control=replace(ASSUMED, sees=False))) == ("warned", {"case.answer-text"})


def test_a_value_of_a_schema_only_counts_if_the_model_reads_schemas() -> None:
    wanted = {"tool_calls": [{"name": "get_weather", "arguments": {"city": "Bafilomu"}}]}
    asked = asking(WEATHER, {"outcome": "success", "answer": wanted})
    assert ended(verdict(asked, calling("Oslo"))) == ("failed", {"case.tool-arguments"})
    ignorant = replace(ASSUMED, reads_schemas=False)
    assert ended(verdict(asked, calling("Oslo"), control=ignorant)) == ("warned", {"case.tool-arguments"})


def test_another_tool_only_counts_if_the_model_obeys() -> None:
    two = {"tools": [{"type": "function", "function": {"name": name}} for name in ("get_weather", "get_time")]}
    expect: JSON = {"outcome": "success", "answer": {"tool_calls": [{"name": "get_time"}]}}
    chosen = replace(case(expect), steps=(Step({"body": two}, expect),))
    assert ended(verdict(chosen, calling("Oslo"))) == ("failed", {"case.tool-called"})
    assert ended(verdict(chosen, calling("Oslo"), control=DISOBEYS)) == ("unverified", set())
    assert ended(verdict(offering(expect), calling("Oslo"), control=DISOBEYS)) == ("unverified", set())
    forced = replace(case(expect), steps=(Step({"body": {**two, "tool_choice": "required"}}, expect),))
    assert ended(verdict(forced, calling("Oslo"), control=DISOBEYS)) == ("failed", {"case.tool-called"})


def test_an_unneeded_call_excuses_only_what_the_answer_says() -> None:
    expect: JSON = {"outcome": "success", "answer": {"max_output_tokens": 0, "tool_calls": []}}
    eager = replace(ASSUMED, abstains=False)
    assert ended(verdict(offering(expect), calling("Oslo"), control=eager)) == ("failed", {"case.tokens-cap"})


def test_an_empty_answer_where_a_call_was_expected_is_not_a_choice() -> None:
    expect: JSON = {"outcome": "success", "answer": {"stop": ["tool_calls"], "tool_calls": [{"name": "get_weather"}]}}
    empty, words = (exchange(CHAT, chat_answer(text), ask=WEATHER) for text in ("", "No."))
    broken = {"case.tool-called", "case.answer-stop", "chat.answer.empty"}
    for control in (ASSUMED, DISOBEYS):
        assert ended(verdict(offering(expect), empty, control=control)) == ("failed", broken)
    assert ended(verdict(offering(expect), words)) == ("warned", {"case.tool-chosen"})
    silent = replace(DISOBEYS, speaks=False)
    assert verdict(offering(expect), empty, control=silent).outcome == "unverified"


def test_a_long_text_or_a_result_only_counts_if_the_model_can_say_it() -> None:
    long = {"messages": [{"role": "user", "content": "Reply with exactly: Hello to all"}]}
    result = {"messages": [{"role": "tool", "tool_call_id": "call_1", "content": "Hello"}]}
    for body, lacking in ((long, "writes"), (result, "relays")):
        asked = replace(case(SUCCESS), steps=(Step({"body": body}, SUCCESS),))
        assert ended(verdict(asked, WRONG_TEXT)) == ("failed", {"case.answer-text"})
        assert ended(verdict(asked, WRONG_TEXT, control=replace(ASSUMED, **{lacking: False}))) == ("unverified", set())


def test_a_call_that_the_suite_made_as_the_upstream_has_to_arrive() -> None:
    wanted: JSON = {"outcome": "success", "answer": {"tool_calls": [{"name": "get_weather"}]}}
    front = exchange(CHAT, chat_answer("Hello"), ask=WEATHER)
    (step,) = offering(wanted).steps
    two_sided = replace(offering(wanted), steps=(replace(step, upstream={"family": CHAT}),))
    found = verdict(two_sided, replace(front, behind=(exchange(CHAT, chat_answer("Hello")),)), control=DISOBEYS)
    (lost,) = (finding for finding in found.findings if finding.rule.startswith("case."))
    assert (lost.level, found.outcome) == ("must", "failed")
