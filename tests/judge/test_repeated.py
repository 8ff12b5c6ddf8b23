"""Of two findings that say the same about a parameter, one is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Case, Exchange, Finding, Step
from conformance.judge import repeated
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.wire import CHAT, MESSAGES, chat_answer, exchange, messages_answer

SCHEMA = {"type": "object", "properties": {}}
TOOLS = {"tools": [{"type": "function", "function": {"name": "ping", "parameters": SCHEMA}}]}
UP_TOOLS = {"tools": [{"name": "ping", "input_schema": SCHEMA}]}
NAMED = {"type": "function", "function": {"name": "ping"}}
HI = {"role": "user", "content": "Hi."}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRiQ=", "format": "wav"}}


def rules(parameter: str, sent: dict[str, Any], up: dict[str, Any]) -> set[str]:
    """The rules about requests that are broken in a case about a parameter."""
    expect: Any = {"outcome": "either", "parameter": parameter}
    step = Step({"to": CHAT}, expect, upstream={"family": MESSAGES})
    case = Case("upstream/a/b", "A title", "upstream", "a", CHAT, "must", "", (), (step,), "a.yaml", 1)
    behind: Exchange = exchange(MESSAGES, messages_answer(), ask=up)
    front = replace(exchange(CHAT, chat_answer(), ask=sent), behind=(behind,))
    found = judge_exchanges(case, [front], Profile(), ASSUMED).findings
    return {finding.rule for finding in found if finding.rule.startswith(("upstream.request", "upstream.parameter"))}


def test_a_choice_that_is_lost_is_reported_once() -> None:
    sent = {**TOOLS, "tool_choice": NAMED}
    assert rules("tool_choice-function", sent, UP_TOOLS) == {"upstream.parameter.dropped"}


def test_other_content_is_reported_beside_a_parameter_that_is_lost() -> None:
    sent = {**TOOLS, "tool_choice": NAMED, "messages": [{"role": "system", "content": "Be brief."}, HI]}
    found = rules("tool_choice-function", sent, {**UP_TOOLS, "messages": [HI]})
    assert found == {"upstream.parameter.dropped", "upstream.request.system"}


def test_a_wrong_choice_is_reported_if_the_parameter_arrives() -> None:
    sent = {**TOOLS, "stop": ["x"], "tool_choice": NAMED}
    assert rules("stop", sent, {**UP_TOOLS, "stop_sequences": ["x"]}) == {"upstream.request.tool-choice"}


def test_the_more_serious_finding_is_kept() -> None:
    sent = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi."}, SOUND]}]}
    assert rules("input_audio", sent, {"messages": [HI]}) == {"upstream.request.media"}


@pytest.mark.parametrize("is_upstreams", [True, False])
def test_answers_differ_only_if_both_are_the_upstreams(is_upstreams: bool) -> None:
    finding = Finding("case.same-answer", "must", "the same", "another")
    other = Finding("chat.id" if is_upstreams else "upstream.answer.text", "must", "a text", "none")
    assert (finding in repeated.without_parity([other, finding])) is is_upstreams


def test_a_difference_that_is_more_serious_is_kept() -> None:
    finding = Finding("case.same-answer", "must", "the same", "another")
    translated = Finding("upstream.answer.refusal-translated", "should", "a refusal", "an answer")
    assert finding in repeated.without_parity([translated, finding])
