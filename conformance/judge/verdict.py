"""A case and its exchanges to a verdict. Nothing here sends, and nothing here depends on when it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.core.model import Case, Exchange, Finding, Outcome, Verdict
from conformance.judge import contract, expectations
from conformance.judge.control import NOTHING_SHOWN, Control
from conformance.judge.expectations.context import Context
from conformance.judge.inconclusive import model_behaviour, transient, truncated, unsupported
from conformance.protocol.reading import Reading
from conformance.suite.requirement_sets import LATER
from conformance.target.profile import Profile

DISOBEYED = "the model did not follow the instruction of the control request, so the gateway cannot be judged"
CUT_OFF = "the model used up the request's token limit before its answer was complete"


def judge_case(
    case: Case, exchanges: Sequence[Exchange], profile: Profile, control: Control, unsent: str = ""
) -> Verdict:
    """As `judge`; where it stumbles over an answer, that is told of this case, and others are judged.

    `unsent` is why the run ended before the case or its control did: nothing but a failure is certain then.
    """
    try:
        found = judge_exchanges(case, exchanges, profile, NOTHING_SHOWN if unsent else control)
    except Exception as error:
        return Verdict(case, "unverified", (), tuple(exchanges), contract.internal_error(error))
    return replace(found, outcome="unverified", reason=unsent) if unsent and found.outcome != "failed" else found


def judge_exchanges(case: Case, exchanges: Sequence[Exchange], profile: Profile, control: Control) -> Verdict:
    """The verdict on what came. A case with fewer exchanges than steps could not go on after the last one."""
    if not exchanges:
        return Verdict(case, "unverified", reason="nothing was sent: the request uses a $name that has no value")
    readings = [Reading(exchange) for exchange in exchanges]
    seconds = sum(exchange.seconds for exchange in exchanges)
    found = Verdict(
        case, "passed", tuple(_findings(case, readings, profile, control)), tuple(exchanges), seconds=seconds
    )
    found = replace(found, lacks=control.lacks)
    cut = list(truncated.explained(found.findings, case.steps, readings))
    words = [finding for finding in found.findings if model_behaviour.models_own(finding, case, control, readings)]
    for index, reading in enumerate(readings):
        settled = (*cut, *words, *_expected_since(index, found))
        if reason := transient.busy(reading, case.steps[index].expect, control):
            return _settle(found, settled, "unverified", reason)
        if reason := unsupported.unclaimed(case, index, readings, profile):
            return _settle(found, settled, "not_applicable", reason)
    if cut or words:
        return _settle(found, (*cut, *words), "unverified", CUT_OFF if cut else DISOBEYED)
    if len(exchanges) < len(case.steps):
        return _settle(found, (), "unverified", "a step did not return the value that the next step needs")
    return replace(found, outcome=_outcome(found.findings))


def _settle(verdict: Verdict, dropped: Sequence[Finding], outcome: Outcome, reason: str) -> Verdict:
    """The verdict without the findings that blame nobody, and this outcome unless a `must` is broken besides."""
    kept = tuple(finding for finding in verdict.findings if finding not in dropped)
    if _outcome(kept) == "failed":
        return replace(verdict, findings=kept, outcome="failed")
    return replace(verdict, findings=kept, outcome=outcome, reason=reason)


def _expected_since(index: int, verdict: Verdict) -> Sequence[Finding]:
    """What the case expected in vain of a step and those after it: all that a step's failure to happen explains."""
    return [finding for finding in verdict.findings if finding.rule.startswith("case.") and finding.step >= index]


def _findings(case: Case, readings: Sequence[Reading], profile: Profile, control: Control) -> Iterator[Finding]:
    for index, reading in enumerate(readings):
        context = Context(case, profile, readings[:index])
        for finding in contract.check_reading(reading):
            yield replace(_uncounted(finding, case), step=index)
        for breach in expectations.breaches(case.steps[index].expect, reading, context):
            yield replace(_lowered(contract.weigh(breach), case, control), step=index)


def _uncounted(finding: Finding, case: Case) -> Finding:
    """What the contract finds in a case that came after the chosen set of requirements can only warn."""
    return replace(finding, level="should") if LATER in case.marks and finding.level == "must" else finding


def _lowered(finding: Finding, case: Case, control: Control) -> Finding:
    """What a `should` case adds to the contract is never a `must`, nor are values of a model that fills in none."""
    lowers = case.level == "should" or model_behaviour.fills_otherwise(finding, control)
    return replace(finding, level="should") if lowers and finding.level == "must" else finding


def _outcome(findings: Sequence[Finding]) -> Outcome:
    levels = {finding.level for finding in findings}
    return "failed" if "must" in levels else "warned" if "should" in levels else "passed"
