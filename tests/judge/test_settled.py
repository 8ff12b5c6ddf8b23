"""A case is judged without the words of a model that does not obey, if other evidence shows the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.canary import canary
from conformance.core.model import Arrival, Case, Exchange, Step, Verdict
from conformance.judge.control import ASSUMED, without
from conformance.judge.inconclusive import arrival, settled
from tests.support.judging import DISOBEYS, SUCCESS, case, ended, verdict
from tests.support.wire import CHAT, chat_answer, exchange

PLAIN = {"messages": [{"role": "user", "content": "Reply with exactly: Hello"}]}
TOLD = {"messages": [{"role": "system", "content": "The word is Hello."}, {"role": "user", "content": "Which word?"}]}


def asking(body: Any, *more: Step, **request: Any) -> Case:
    return replace(case(SUCCESS), steps=(Step({"body": body, **request}, SUCCESS), *more))


def said(text: str, reason: str = "stop", tokens: int = 3) -> Exchange:
    answer = chat_answer(text)
    answer["choices"][0]["finish_reason"] = reason
    answer["usage"] |= {"prompt_tokens": tokens, "total_tokens": tokens + 1}
    return exchange(CHAT, answer)


def disobeyed(what: Case, *exchanges: Exchange, shown: Arrival = "") -> Verdict:
    return verdict(what, *exchanges, control=replace(DISOBEYS, arrival=shown))


def test_any_text_answers_a_plain_request() -> None:
    found = disobeyed(asking(PLAIN), said("Goodbye"))
    assert (*ended(found), found.reason) == ("passed", set(), settled.ANY_TEXT)
    assert verdict(asking(PLAIN), said("Goodbye")).outcome == "failed"


def test_no_text_does_not_answer_a_plain_request_of_a_model_that_speaks() -> None:
    assert disobeyed(asking(PLAIN), said("")).outcome == "failed"
    silent = without(("obeys", "speaks"))
    assert verdict(asking(PLAIN), said(""), control=silent).outcome == "unverified"


def test_among_concurrent_requests_the_text_shows_whose_answer_it_is() -> None:
    other = Step({"body": PLAIN, "together": True}, SUCCESS)
    assert disobeyed(asking(PLAIN, other), said("Goodbye"), said("Goodbye")).outcome == "unverified"


def test_a_text_in_another_place_needs_evidence_that_it_arrived() -> None:
    outcomes = {
        shown: disobeyed(asking(TOLD), said("Goodbye"), shown=shown).outcome for shown in ("", "arrived", "lost")
    }
    assert outcomes == {"": "unverified", "arrived": "passed", "lost": "failed"}


def test_an_arrived_text_excuses_no_other_finding() -> None:
    expect: Any = {"outcome": "success", "answer": {"contains": "hello", "stop": ["length"]}}
    told = replace(case(expect), steps=(Step({"body": TOLD}, expect),))
    assert ended(disobeyed(told, said("Goodbye"), shown="arrived")) == ("failed", {"case.answer-stop"})


def test_run_json_keeps_what_the_tokens_show() -> None:
    assert without((), "arrived").arrival == "arrived"
    assert without(("obeys",)) == replace(ASSUMED, obeys=False)


WORD = canary("chat_completions/probe/one")
ASKED = Step({"body": {"messages": [{"role": "system", "content": f"The word is {WORD}."}]}},
             {"outcome": "success", "answer": {"contains": WORD}})  # fmt: skip

CASE = replace(case(SUCCESS), steps=(ASKED,))


def test_which_steps_are_sent_again() -> None:
    asked = replace(case(SUCCESS), steps=(ASKED,))
    assert arrival.unsaid(asked, [said("Goodbye")], DISOBEYS) == [0]
    assert arrival.unsaid(asked, [said(f"It is {WORD}.")], DISOBEYS) == []
    assert arrival.unsaid(asked, [said("Goodbye")], ASSUMED) == []
    assert arrival.unsaid(asking(PLAIN), [said("Goodbye")], DISOBEYS) == []


def test_streams_of_chat_completions_are_sent_again_with_usage() -> None:
    stream = asking({**TOLD, "stream": True})
    assert arrival.counted(stream).steps[0].request["body"]["stream_options"] == {"include_usage": True}
    assert arrival.counted(asking(TOLD)) == asking(TOLD)
    silent = asking({**TOLD, "stream": True, "stream_options": {"include_usage": False}})
    assert arrival.counted(silent) == silent


@pytest.mark.parametrize(
    ("before", "after", "shown"), [(9, 13, "arrived"), (9, 9, "lost"), (9, 5, "lost")], ids=["more", "same", "fewer"]
)
def test_the_tokens_show_whether_a_text_arrived(before: int, after: int, shown: Arrival) -> None:
    assert arrival.arrival(CASE, [0], [said("No", tokens=before)], [said("No", tokens=after)]) == shown


def test_tokens_that_are_not_comparable_show_nothing() -> None:
    kept = Step({"body": {"previous_response_id": "resp_1"}}, ASKED.expect)
    assert arrival.arrival(replace(CASE, steps=(kept,)), [0], [said("No")], [said("No")]) == ""
    assert arrival.arrival(CASE, [0], [said("No")], []) == ""
    uncounted = exchange(CHAT, {**chat_answer("No"), "usage": None})
    assert arrival.arrival(CASE, [0], [uncounted], [said("No", tokens=9)]) == ""
    first, second = ([said(text), said("No", tokens=9)] for text in ("Yes", "Maybe"))
    told, kept = Step({}, SUCCESS), Step({}, SUCCESS, keep={"text": "/choices/0/message/content"})
    for earlier, shown in ((told, "lost"), (kept, "")):
        assert arrival.arrival(replace(CASE, steps=(earlier, ASKED)), [1], first, second) == shown
