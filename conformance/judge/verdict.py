"""Decides the verdict of a case from its exchanges. Pure: no I/O and no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.core.model import Attempt, Case, Exchange, Finding, Observed, Outcome, Step, Verdict
from conformance.judge import both_ends, contract, expectations, facts, held, repeated
from conformance.judge.control import NOTHING_SHOWN, Control
from conformance.judge.expectations.context import Context
from conformance.judge.inconclusive import (
    model_behaviour,
    not_sent_up,
    settled,
    small_context,
    still_arriving,
    too_short,
    transient,
    truncated,
    unsupported,
)
from conformance.protocol.reading import Reading
from conformance.suite.requirement_sets import LATER
from conformance.target.profile import Profile

DISOBEYED = "the model did not follow the instruction of the control request, so the gateway cannot be judged"
CUT_OFF = "the model used up the limit of tokens, of the request or of the server, before its answer was complete"


def judge_case(
    case: Case,
    exchanges: Sequence[Exchange],
    profile: Profile,
    control: Control,
    unsent: str = "",
    attempts: Sequence[Attempt] = (),
    readings: Sequence[Reading] = (),
) -> Verdict:
    """Return the verdict of a case. An internal error makes the case unverified and does not stop the run.

    `exchanges` are those of the steps, in order. `unsent` is the reason if the run ended before all of them, or before
    the control requests: then only a failure is certain. `attempts` are the tries before these exchanges. `readings`
    are those of the exchanges, for a caller that has read them.
    """
    try:
        found = judge_exchanges(case, exchanges, profile, NOTHING_SHOWN if unsent else control, attempts, readings)
    except Exception as error:
        return Verdict(case, "unverified", (), tuple(exchanges), contract.internal_error(error))
    return replace(found, outcome="unverified", reason=unsent) if unsent and found.outcome != "failed" else found


def judge_exchanges(
    case: Case,
    exchanges: Sequence[Exchange],
    profile: Profile,
    control: Control,
    attempts: Sequence[Attempt] = (),
    readings: Sequence[Reading] = (),
) -> Verdict:
    """Return the verdict for the exchanges. If there are fewer than steps, the case could not continue."""
    if not exchanges:
        return Verdict(case, "unverified", reason="nothing was sent: the request uses a $name that has no value")
    readings = readings or [Reading(exchange) for exchange in exchanges]
    seconds = sum(exchange.seconds for exchange in exchanges)
    findings = (*_findings(case, readings, profile, control), *transient.intermittent(exchanges, attempts))
    found = Verdict(
        case,
        "passed",
        findings,
        tuple(exchanges),
        seconds=seconds,
        attempts=tuple(attempts),
        lacks=control.lacks,
        plain_error=control.error,
        arrival=control.arrival,
        observed=tuple(_observed(case, readings)),
    )
    cut = list(truncated.explained(found.findings, case.steps, readings, profile.limits.get("context_tokens")))
    by_model = [finding for finding in found.findings if model_behaviour.due_to_model(finding, case, control, readings)]
    for index, reading in enumerate(readings):
        if case.steps[index].upstream:
            if reason := not_sent_up.reason(case.steps[index], reading) or still_arriving.reason(reading):
                return _excuse(found, _findings_at(index, found), "unverified", reason)
            continue
        excused = (*cut, *by_model, *_case_findings_since(index, found))
        tries = [attempt for attempt in attempts if attempt.step == index]
        if reason := transient.unconfirmed(reading, case.steps[index].expect, control, tries):
            return _excuse(found, (*excused, *_findings_at(index, found)), "unverified", reason)
        if reason := transient.failure(reading, case.steps[index].expect, control):
            return _excuse(found, excused, "unverified", reason)
        if reason := small_context.exceeded(reading, case.steps[index].expect, readings[:index], profile):
            return _excuse(found, excused, "unverified", reason)
        if reason := unsupported.unclaimed(case, index, readings, profile, control):
            return _excuse(found, excused, "not_applicable", reason)
    due = (*cut, *by_model)
    note = settled.reason(due, case, control, readings)
    if due and not note:
        return _excuse(found, due, "unverified", CUT_OFF if cut else DISOBEYED)
    if len(exchanges) < len(case.steps):
        return _excuse(found, due, "unverified", "a step did not return the value that the next step needs")
    if reason := too_short.to_be_timed(case.steps, readings):
        return _excuse(found, due, "unverified", reason)
    return _excuse(found, due, None, note)


def _observed(case: Case, readings: Sequence[Reading]) -> Iterator[Observed]:
    for index, reading in enumerate(readings):
        yield Observed(facts.facts(case, index, reading), held.held(case.steps[index], reading))


def _excuse(verdict: Verdict, excused: Sequence[Finding], outcome: Outcome | None, reason: str) -> Verdict:
    """Drop the excused findings; keep "failed" if another `must` rule is broken, otherwise use `outcome`, if any."""
    kept = tuple(finding for finding in verdict.findings if finding not in excused)
    left = _outcome(kept)
    if left == "failed":
        return replace(verdict, findings=kept, outcome="failed")
    return replace(verdict, findings=kept, outcome=outcome or left, reason=reason)


def _case_findings_since(index: int, verdict: Verdict) -> Sequence[Finding]:
    """Return the case.* findings at this step or later: they follow from this step's request not being answered."""
    return [finding for finding in verdict.findings if finding.rule.startswith("case.") and finding.step >= index]


def _findings_at(index: int, verdict: Verdict) -> Sequence[Finding]:
    return [finding for finding in verdict.findings if finding.step == index]


def _findings(case: Case, readings: Sequence[Reading], profile: Profile, control: Control) -> Sequence[Finding]:
    findings: list[Finding] = []
    for index, reading in enumerate(readings):
        found = [*_findings_of_step(case, index, readings, profile, control)]
        about = case.steps[index].expect.get("parameter")
        findings += repeated.without(found, reading.exchange.family, about) if about else found
    return repeated.without_parity(findings)


def _findings_of_step(
    case: Case, index: int, readings: Sequence[Reading], profile: Profile, control: Control
) -> Iterator[Finding]:
    reading, context = readings[index], Context(case, profile, readings[:index])
    excused = both_ends.excused(case, index, reading, profile)
    for finding in contract.check_reading(reading):
        if not excused(finding.rule):
            yield replace(_lowered_by_set(finding, case), step=index)
    for breach in both_ends.breaches(case, index, reading, profile):
        yield replace(_lowered_by_set(contract.weigh(breach), case), step=index)
    for breach in expectations.breaches(case.steps[index].expect, reading, context):
        if model_behaviour.is_habit(breach, control):
            continue
        finding = _raised(contract.weigh(breach), case.steps[index])
        failed = _failed_for_a_mistake(finding, case, index, reading)
        yield replace(finding if failed else _lowered(finding, case, case.steps[index], control), step=index)


def _raised(finding: Finding, step: Step) -> Finding:
    """Raise a lost tool call to `must` if the suite itself is the model: it did call the tool."""
    is_lost = step.upstream is not None and finding.rule == "case.tool-chosen"
    return replace(finding, level="must") if is_lost else finding


def _lowered_by_set(finding: Finding, case: Case) -> Finding:
    """Lower `must` to `should` if the case is newer than the chosen requirement set."""
    return replace(finding, level="should") if LATER in case.marks and finding.level == "must" else finding


def _lowered(finding: Finding, case: Case, step: Step, control: Control) -> Finding:
    """Lower `must` to `should` in a `should` case, and for what the model has not shown that it can do."""
    is_should = case.level == "should" or model_behaviour.is_doubtful(finding, step, control)
    return replace(finding, level="should") if is_should and finding.level == "must" else finding


def _failed_for_a_mistake(finding: Finding, case: Case, index: int, reading: Reading) -> bool:
    """Whether a client's mistake was answered with a 5xx. This counts in a `should` case, too: the SDKs send it again.

    501 is HTTP's own status for a method that the server does not have.
    """
    status = reading.exchange.status or 0
    is_mistake = case.steps[index].expect["outcome"] == "refusal" and LATER not in case.marks
    return is_mistake and finding.rule == "case.status" and status >= _INTERNAL_ERROR and status != _NOT_IMPLEMENTED


_INTERNAL_ERROR, _NOT_IMPLEMENTED = 500, 501


def _outcome(findings: Sequence[Finding]) -> Outcome:
    levels = {finding.level for finding in findings}
    return "failed" if "must" in levels else "warned" if "should" in levels else "passed"
