"""Whether an answer is exactly the requested text: what models do is allowed, and what gateways do is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import JSON, Exchange, Step
from conformance.judge import prompt_facts
from conformance.judge.control import ASSUMED, Control, judge_control, without
from conformance.judge.expectations.exactness import difference, same_words, unfenced
from conformance.protocol.reading import Reading
from tests.support.judging import case, ended, verdict
from tests.support.wire import CHAT, chat_answer, chat_stream, exchange

WORD = "Bafilomu"
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": f"A rule.\nReply with exactly: {WORD}"}]}
WANT: JSON = {"outcome": "success", "answer": {"contains": WORD}}
CHATTY = without(["exact"])
THOUGHT = "The user wants one single word, and so I reply with this word and add nothing else to it. "


@pytest.mark.parametrize(
    "text",
    [
        WORD,
        f" {WORD}\n",
        f"{WORD}.",
        f'"{WORD}"',
        f"`{WORD}`",
        f"**{WORD}**",
        WORD.lower(),
        f"```\n{WORD}\n```",
        f"“{WORD}.”",
    ],
)
def test_what_models_do_around_a_text_is_no_difference(text: str) -> None:
    assert difference(WORD, text) == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Goodbye", "other"),
        (f"Sure: {WORD}", "before"),
        (f"{WORD}. Anything else?", "after"),
        (f"{WORD}{WORD}", "repeated"),
        (f"{WORD}\n{WORD}", "repeated"),
        (f"BafiBafilo{WORD}", "repeated"),
        (f"{WORD}Bafilo", "repeated"),
        (f"{WORD} {WORD} Bafi", "repeated"),
        (f"B{WORD}", "before"),
    ],
)
def test_differences(text: str, found: str) -> None:
    assert difference(WORD, text) == found


def test_a_text_in_marks_of_its_own_is_compared_with_them() -> None:
    assert difference("<b>1 &lt; 2</b> & **bold**", "<b>1 &lt; 2</b> & **bold**") == ""
    assert difference('say "hi" in C:\\temp', 'say "hi" in C:\\temp') == ""
    assert difference("", "x") == "other"


def test_a_fence_and_blank_lines_around_a_text_are_left_out() -> None:
    assert unfenced("```python\n  a\n\n  b\n```\n") == "  a\n\n  b"
    assert unfenced("\n  a\n") == "  a"
    assert same_words("a\n  b", "a b")
    assert same_words("a b", "ab")
    assert not same_words("a b", "a c")


def given(text: str, **more: Any) -> Exchange:
    return exchange(CHAT, chat_answer(text), ask={**ASK, **more})


def judged(found: Exchange, control: Control = ASSUMED, want: JSON = WANT) -> tuple[str, set[str]]:
    return ended(verdict(case(want), found, control=control))


def test_added_words_are_a_warning_unless_the_model_always_adds_some() -> None:
    assert judged(given(f"Sure! {WORD}")) == ("warned", {"case.answer-exact"})
    assert judged(given(f"Sure! {WORD}"), CHATTY) == ("passed", set())
    assert judged(given(f"{WORD}.")) == ("passed", set())


def test_a_repeated_text_is_never_a_habit() -> None:
    stutter = exchange(CHAT, chat_stream("Bafilo", WORD), stream=True, ask=ASK)
    for control in (ASSUMED, CHATTY):
        assert judged(stutter, control) == ("failed", {"case.answer-text"})
    recall: dict[str, Any] = {"messages": [{"role": "user", "content": "Which word was it?"}]}
    assert judged(exchange(CHAT, chat_stream("Bafilo", WORD), stream=True, ask=recall)) == (
        "failed",
        {"case.answer-text"},
    )
    assert judged(exchange(CHAT, chat_answer(f"It was {WORD}, {WORD}."), ask=recall)) == ("passed", set())


def test_reasoning_before_the_text_fails_where_reasoning_is_turned_on() -> None:
    leaked = given(THOUGHT + WORD, reasoning_effort="low")
    assert judged(leaked) == ("failed", {"case.reasoning-in-text"})
    assert judged(leaked, CHATTY) == ("passed", set())
    assert judged(given(THOUGHT + WORD)) == ("warned", {"case.answer-exact"})
    assert judged(given(f"Here it is: {WORD}", reasoning_effort="low")) == ("warned", {"case.answer-exact"})
    assert judged(given(THOUGHT + WORD, reasoning_effort="none")) == ("warned", {"case.answer-exact"})


def test_a_json_format_and_a_call_come_with_other_text() -> None:
    assert judged(given(f'{{"word": "{WORD}"}}')) == ("passed", set())


LINES = "def f():\n    return 1\n\n\nall:\n\techo"
CODE: JSON = {"outcome": "success", "answer": {"verbatim": LINES}}


def test_white_space_counts_if_the_model_repeats_it() -> None:
    assert judged(given(f"```python\n{LINES}\n```"), want=CODE) == ("passed", set())
    for damaged in (
        LINES.replace("    ", ""),
        LINES.replace("\n\n\n", "\n"),
        LINES.replace("\n", " "),
        LINES.replace("\t", "    "),
    ):
        assert judged(given(damaged), want=CODE) == ("failed", {"case.answer-white-space"})
        assert judged(given(damaged), without(["indents"]), CODE) == ("unverified", set())
    assert judged(given("Goodbye"), want=CODE) == ("failed", {"case.answer-text"})
    assert judged(given("Goodbye"), without(["indents"]), CODE) == ("unverified", set())


def test_the_control_request_shows_whether_a_model_adds_words() -> None:
    def exact(text: str) -> bool:
        return judge_control(Reading(exchange(CHAT, chat_answer(text))), WORD).exact

    assert exact(WORD)
    assert exact(f"'{WORD}'.")
    assert not exact(f"Sure: {WORD}")
    assert exact(WORD + WORD), "a doubled text is not a habit"


def test_the_literal_text_of_a_prompt() -> None:
    assert prompt_facts.literal(ASK, WORD.lower()) == WORD
    assert prompt_facts.literal(ASK, "another") is None
    assert prompt_facts.literal({"input": f"Reply with exactly: {WORD}\u2028{WORD}"}, WORD) == f"{WORD}\u2028{WORD}"
    assert prompt_facts.literal(None, WORD) is None
    assert prompt_facts.needs_indentation(Step({"body": {}}, CODE))
    assert not prompt_facts.needs_indentation(Step({}, WANT))


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ({"reasoning_effort": "low"}, True),
        ({"reasoning_effort": "none"}, False),
        ({"reasoning": {"effort": "high"}}, True),
        ({"reasoning": "high"}, False),
        ({"thinking": {"type": "adaptive"}}, True),
        ({"thinking": {"type": "disabled"}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_which_requests_turn_reasoning_on(body: Any, asks: bool) -> None:
    assert prompt_facts.asks_to_reason(body) is asks
