"""Decides whether a case is judged although its model did not say what was requested.

The text of an answer is usually only a sign that the request reached a model. Where another sign shows the same, the
rest of the case counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.model import Case, Finding
from conformance.judge import prompt_facts
from conformance.judge.control import Control
from conformance.judge.inconclusive.model_behaviour import RECALLED
from conformance.judge.inconclusive.truncated import ENDS
from conformance.protocol.reading import Reading

ANY_TEXT = "the model does not repeat words, so any text counted as its answer"
ARRIVED = "the model did not say the requested text; the tokens of the prompt show that the text reached it"


def reason(excused: Sequence[Finding], case: Case, control: Control, readings: Sequence[Reading]) -> str:
    """Return why the findings that are due to the model leave nothing open; "" if they do."""
    reasons = [_reason(finding, case, control, readings) for finding in excused]
    return reasons[0] if reasons and all(reasons) else ""


def _reason(finding: Finding, case: Case, control: Control, readings: Sequence[Reading]) -> str:
    answer = readings[finding.step].answer
    if control.obeys and control.arrival != "arrived":
        return ""
    if answer is None or not answer.text:
        return ""
    if _is_plain(case, finding.step) and _is_about_text(finding):
        return ANY_TEXT
    return ARRIVED if control.arrival == "arrived" and _is_about_text(finding) else ""


def _is_plain(case: Case, index: int) -> bool:
    """Whether the text is only a sign of an answer. Among concurrent requests it also shows whose answer it is."""
    near = case.steps[index : index + 2]
    return prompt_facts.is_plain(near[0]) and not any(step.request.get("together") for step in near)


def _is_about_text(finding: Finding) -> bool:
    """Whether a finding is about the text or its end, which depends on its length."""
    at_end = (finding.rule, finding.where.pointer) in ENDS
    return at_end or finding.rule in (RECALLED, "case.answer-stop")
