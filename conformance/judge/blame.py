"""Attributes findings to the gateway or to its upstream, for a case that was run against both.

If the upstream breaks the same rule in the same step, the gateway only passed the mistake on; otherwise the gateway
caused it. If the upstream could not be judged, for example because its model did not follow the instruction, findings
about what the case expects have no blame. Findings about the format of an answer do not depend on what the model says:
they are compared with the upstream's answer at the same step, if it has the same parts.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.core.model import Exchange, Finding, Verdict
from conformance.protocol.reading import Reading

CLEARED = "the upstream itself breaks {rules} when it is asked directly, so the gateway is not to blame"
_UNJUDGED = ("not_applicable", "unverified")
_PARTS = ("text", "tool_calls", "reasoning", "refusal")


def blamed(verdict: Verdict, upstream: Verdict) -> Verdict:
    """Return the verdict on the gateway with the blame of each finding.

    If the upstream caused all broken `must` rules, the outcome is "unverified": the gateway has no defect, but it has
    not been shown that it passes on a correct answer.
    """
    broken = {(finding.rule, finding.step) for finding in upstream.findings}
    findings = tuple(
        _blamed(finding, (finding.rule, finding.step) in broken) if _shown(finding, verdict, upstream) else finding
        for finding in verdict.findings
    )
    attributed = replace(verdict, findings=findings, upstream=upstream)
    musts = [finding for finding in findings if finding.level == "must"]
    if verdict.outcome != "failed" or any(finding.blame != "upstream" for finding in musts):
        return attributed
    rules = ", ".join(sorted({finding.rule for finding in musts}))
    return replace(attributed, outcome="unverified", reason=CLEARED.format(rules=rules))


def _shown(finding: Finding, verdict: Verdict, upstream: Verdict) -> bool:
    """Whether the upstream's answers show if the upstream breaks this rule, too."""
    if upstream.outcome not in _UNJUDGED:
        return True
    step = finding.step
    both_answered = step < min(len(verdict.exchanges), len(upstream.exchanges))
    return (
        both_answered
        and not finding.rule.startswith("case.")
        and _is_comparable(verdict.exchanges[step], upstream.exchanges[step])
    )


def _is_comparable(gateway: Exchange, upstream: Exchange) -> bool:
    """Whether both answered, or both refused, and the upstream's complete answer has all parts of the gateway's."""
    own, behind = Reading(gateway), Reading(upstream)
    both_refused = own.kind == behind.kind == "error"
    both_answered = {own.kind, behind.kind} <= {"json", "stream"}
    return upstream.ended == "complete" and (both_refused or (both_answered and _parts(own) <= _parts(behind)))


def _parts(reading: Reading) -> set[str]:
    """The parts of an answer; a rule about tool calls, for example, cannot be broken in an answer without one."""
    return {name for name in _PARTS if reading.answer and getattr(reading.answer, name)}


def _blamed(finding: Finding, by_upstream: bool) -> Finding:
    return replace(finding, blame="upstream" if by_upstream else "gateway")
