"""A case and its exchanges to a verdict. Nothing here sends, and nothing here depends on when it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conformance import asking, contract, cutoff, expect, family
from conformance.control import ABSENT, Control
from conformance.declining import declined
from conformance.expect import OBEDIENCE
from conformance.expect.context import Context
from conformance.model import JSON, Case, Exchange, Finding, Outcome, Verdict
from conformance.pointer import get
from conformance.profile import Profile
from conformance.reading import Reading
from conformance.sets import LATER

BUSY = {408: "timed out upstream", 429: "rate-limited", 503: "overloaded", 504: "timed out upstream", 529: "overloaded"}
"""Statuses that say nothing about conformance where an answer was expected."""

BUSY_BEFORE_READING = frozenset({429, 529})
"""Those that come before anybody has looked at the body. A wrong body that is answered 503 was taken for an outage."""

RECALLED = "case.answer-text"
"""The rule that takes a model's memory where the text is not asked for word for word."""

FILLED_IN = "case.tool-arguments"
"""The rule that takes a model that puts the values it was told into the arguments of a call."""

BUSY_KINDS = frozenset({"overloaded_error", "rate_limit_error", "rate_limit_exceeded"})
"""What an error event in a stream is called where the moment is to blame (Anthropic's and OpenAI's names)."""

CLAIMED = frozenset({"tools", "stop_sequences", "usage_in_stream", "keys"})
"""Capabilities that every gateway has to pass on, for agents and metering live on them, unless its profile denies them
or its refusal does so in plain words."""

OK = 200

UNSUPPORTED = frozenset({400, 403, 404, 405, 415, 422, 501})
"""How a gateway says that it does not do something."""

DISOBEYED = "the model did not do as the control request asked, so its words prove nothing about the gateway"
CUT_OFF = "the model used up the tokens that the request allows before it came to its end"


def judge(case: Case, exchanges: Sequence[Exchange], profile: Profile, control: Control) -> Verdict:
    """The verdict on what came. A case with fewer exchanges than steps could not go on after the last one."""
    if not exchanges:
        return Verdict(case, "unverified", reason="nothing was sent, for the request names what there is not")
    readings = [Reading(exchange) for exchange in exchanges]
    seconds = sum(exchange.seconds for exchange in exchanges)
    verdict = Verdict(
        case, "passed", tuple(_findings(case, readings, profile, control)), tuple(exchanges), seconds=seconds
    )
    verdict = replace(verdict, lacks=control.lacks)
    cut = list(cutoff.explained(verdict.findings, case.steps, readings))
    words = [finding for finding in verdict.findings if _models_own(finding, case, control, readings)]
    for index, reading in enumerate(readings):
        settled = (*cut, *words, *_expected_since(index, verdict))
        if reason := _busy(reading, case.steps[index].expect, control):
            return _settle(verdict, settled, "unverified", reason)
        if reason := _unclaimed(case, index, readings, profile):
            return _settle(verdict, settled, "not_applicable", reason)
    if cut or words:
        return _settle(verdict, (*cut, *words), "unverified", CUT_OFF if cut else DISOBEYED)
    if len(exchanges) < len(case.steps):
        return _settle(verdict, (), "unverified", "a step gave nothing for the next one to go on with")
    return replace(verdict, outcome=_outcome(verdict.findings))


def _models_own(finding: Finding, case: Case, control: Control, readings: Sequence[Reading]) -> bool:
    """Whether a finding is about words of a model that has not shown to do what this takes."""
    if not control.obeys:
        return finding.rule in OBEDIENCE or cutoff.fell_short(finding, case.steps, readings)
    recalled = finding.rule == RECALLED and asking.takes_more(case.steps[finding.step])
    return recalled and not control.recalls


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
        for finding in contract.judge(reading):
            yield replace(_uncounted(finding, case), step=index)
        for breach in expect.breaches(case.steps[index].expect, reading, context):
            yield replace(_lowered(contract.weigh(breach), case, control), step=index)


def _uncounted(finding: Finding, case: Case) -> Finding:
    """What the contract finds in a case that came after the chosen set of requirements can only warn."""
    return replace(finding, level="should") if LATER in case.marks and finding.level == "must" else finding


def _lowered(finding: Finding, case: Case, control: Control) -> Finding:
    """What a `should` case adds to the contract is never a `must`, nor are values of a model that fills in none."""
    excused = finding.rule == FILLED_IN and not control.fills
    return (
        replace(finding, level="should") if (case.level == "should" or excused) and finding.level == "must" else finding
    )


def _outcome(findings: Sequence[Finding]) -> Outcome:
    levels = {finding.level for finding in findings}
    return "failed" if "must" in levels else "warned" if "should" in levels else "passed"


def _busy(reading: Reading, expect: Mapping[str, JSON], control: Control) -> str:
    """Why nothing can be said of an answer that the moment prevented; "" where the moment is not to blame."""
    exchange = reading.exchange
    if exchange.ended == "unreachable":
        return f"the gateway could not be reached ({exchange.problem})"
    busy = BUSY_BEFORE_READING if expect["outcome"] == "refusal" else BUSY
    status = exchange.status or 0
    if status in busy and status not in expect.get("status", ()):
        return f"the gateway answered {status}: {BUSY[status]}"
    if exchange.status is None and not control.answers:
        return f"the endpoint does not answer plain requests either ({exchange.problem})"
    if kind := _interrupted(reading):
        return f"the stream was given up in the middle: {kind}"
    return ""


def _interrupted(reading: Reading) -> str:
    """The kind of a busy moment that a stream's own error event tells of; "" where there is none."""
    if reading.kind != "stream":
        return ""
    places = ("/error/type", "/error/code", "/response/error/code")
    kinds = (get(event, at, str) or "" for event in reading.documents for at in places)
    return next((kind for kind in kinds if kind in BUSY_KINDS), "")


def _unclaimed(case: Case, index: int, readings: Sequence[Reading], profile: Profile) -> str:
    """Why a refused case does not apply: it needs what the gateway never claimed, and did not do just before."""
    reading = readings[index]
    unsaid = [need for need in case.needs if profile.claims(need) is None]
    open_needs = [need for need in unsaid if need not in CLAIMED or declined(need, reading)]
    if not open_needs or reading.exchange.status not in _declining(case, case.steps[index].expect):
        return ""
    if _shown(case, index, readings):
        return ""
    return f"the gateway refuses it and its profile does not claim {', '.join(open_needs)}"


def _declining(case: Case, expect: Mapping[str, JSON]) -> frozenset[int]:
    """The statuses that say that a gateway does not do this; where a refusal is wanted, that it has no such path."""
    if expect["outcome"] != "refusal":
        return UNSUPPORTED
    absent = frozenset(ABSENT) if family.load(case.endpoint).beside else frozenset()
    return absent.difference(expect.get("status", ()))


def _shown(case: Case, index: int, readings: Sequence[Reading]) -> bool:
    """Whether an earlier step was answered that asked for all that this one does, so that it cannot be unsupported."""
    wanted = case.steps[index].request.get("body")
    place = _place(readings[index])
    return isinstance(wanted, Mapping) and any(
        reading.exchange.status == OK
        and _place(reading) == place
        and set(wanted) <= set(step.request.get("body") or ())
        for step, reading in zip(case.steps[:index], readings, strict=False)
    )


def _place(reading: Reading) -> tuple[str, str]:
    """Where a request went, and how."""
    return reading.exchange.request.method, reading.exchange.request.url
