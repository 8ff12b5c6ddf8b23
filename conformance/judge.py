"""A case and its exchanges to a verdict. Nothing here sends, and nothing here depends on when it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance import contract, expect
from conformance.control import Control
from conformance.expect import OBEDIENCE
from conformance.expect.context import Context
from conformance.model import Case, Exchange, Finding, Outcome, Verdict
from conformance.profile import Profile
from conformance.reading import Reading

BUSY = {408: "timed out upstream", 429: "rate-limited", 503: "overloaded", 504: "timed out upstream", 529: "overloaded"}
"""Statuses that say nothing about conformance where an answer was expected."""

CLAIMED = frozenset({"tools", "stop_sequences", "usage_in_stream"})
"""Capabilities that every gateway has to pass on, unless its profile denies them: agents and metering live on them."""

UNSUPPORTED = frozenset({400, 403, 404, 405, 415, 422, 501})
"""How a gateway says that it does not do something."""


def judge(case: Case, exchanges: Sequence[Exchange], profile: Profile, control: Control) -> Verdict:
    """The verdict on what came. A case with fewer exchanges than steps could not go on after the last one."""
    readings = [Reading(exchange) for exchange in exchanges]
    last, step = readings[-1], case.steps[len(readings) - 1]
    seconds = sum(exchange.seconds for exchange in exchanges)
    findings = tuple(_findings(case, readings, profile))
    verdict = Verdict(case, "passed", findings, tuple(exchanges), seconds=seconds)
    wants_answer = step.expect["outcome"] != "refusal"
    if wants_answer and (reason := _busy(last, control)):
        return _settle(verdict, reason, "unverified", unless=_broken(findings, but=("case.accepted", "case.answered")))
    if wants_answer and (reason := _unclaimed(case, last, profile)):
        return _settle(verdict, reason, "not_applicable", unless=_broken(findings, but=("case.accepted",)))
    blameless = frozenset() if control.obeys else OBEDIENCE
    if any(finding.rule in blameless for finding in findings) and not _broken(findings, but=blameless):
        reason = "the model does not do as it is asked, so its words prove nothing about the gateway"
        return _settle(verdict, reason, "unverified", unless=False, dropped=blameless)
    if len(exchanges) < len(case.steps) and not _broken(findings):
        return replace(verdict, outcome="unverified", reason="a step gave nothing for the next one to go on with")
    return replace(verdict, outcome=_outcome(findings))


def _settle(
    verdict: Verdict, reason: str, outcome: Outcome, unless: bool, dropped: frozenset[str] | None = None
) -> Verdict:
    """The verdict with its blameless findings dropped, and this outcome unless something else was broken."""
    blameless = frozenset({"case.accepted", "case.answered"}) if dropped is None else dropped
    kept = tuple(finding for finding in verdict.findings if finding.rule not in blameless)
    return replace(verdict, findings=kept, reason=reason, outcome=_outcome(kept) if unless else outcome)


def _findings(case: Case, readings: Sequence[Reading], profile: Profile) -> Iterator[Finding]:
    for index, reading in enumerate(readings):
        context = Context(case, profile, readings[:index])
        for finding in contract.judge(reading):
            yield replace(finding, step=index)
        for breach in expect.breaches(case.steps[index].expect, reading, context):
            yield replace(_lowered(contract.weigh(breach), case), step=index)


def _lowered(finding: Finding, case: Case) -> Finding:
    """What a `should` case adds to the contract is never a `must`."""
    return replace(finding, level="should") if case.level == "should" and finding.level == "must" else finding


def _broken(findings: Sequence[Finding], but: Sequence[str] | frozenset[str] = ()) -> bool:
    return any(finding.level == "must" and finding.rule not in but for finding in findings)


def _outcome(findings: Sequence[Finding]) -> Outcome:
    levels = {finding.level for finding in findings}
    return "failed" if "must" in levels else "warned" if "should" in levels else "passed"


def _busy(reading: Reading, control: Control) -> str:
    """Why nothing can be said of an answer that the moment prevented; "" where the moment is not to blame."""
    exchange = reading.exchange
    if exchange.ended == "unreachable":
        return f"the gateway could not be reached ({exchange.problem})"
    if exchange.status in BUSY:
        return f"the gateway answered {exchange.status}: {BUSY[exchange.status]}"
    if exchange.status is None and not control.answers:
        return f"the endpoint does not answer plain requests either ({exchange.problem})"
    return ""


def _unclaimed(case: Case, reading: Reading, profile: Profile) -> str:
    """Why a refused case does not apply: it needs what the gateway never claimed."""
    open_needs = [need for need in case.needs if profile.claims(need) is None and need not in CLAIMED]
    if not open_needs or reading.exchange.status not in UNSUPPORTED:
        return ""
    return f"the gateway refuses it and its profile does not claim {', '.join(open_needs)}"
