"""Attributes findings to the gateway or to its upstream, for a case that was run against both.

If the upstream breaks the same rule in the same step, the gateway only passed the mistake on; otherwise the gateway
caused it. If the upstream could not be judged, findings have no blame.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.core.model import Finding, Verdict

CLEARED = "the upstream itself breaks {rules} when it is asked directly, so the gateway is not to blame"
_UNJUDGED = ("not_applicable", "unverified")


def blamed(verdict: Verdict, upstream: Verdict) -> Verdict:
    """Return the verdict on the gateway with the blame of each finding.

    If the upstream caused all broken `must` rules, the outcome is "unverified": the gateway has no defect, but it has
    not been shown that it passes on a correct answer.
    """
    if upstream.outcome in _UNJUDGED:
        return replace(verdict, upstream=upstream)
    broken = {(finding.rule, finding.step) for finding in upstream.findings}
    findings = tuple(_blamed(finding, (finding.rule, finding.step) in broken) for finding in verdict.findings)
    attributed = replace(verdict, findings=findings, upstream=upstream)
    musts = [finding for finding in findings if finding.level == "must"]
    if verdict.outcome != "failed" or any(finding.blame != "upstream" for finding in musts):
        return attributed
    rules = ", ".join(sorted({finding.rule for finding in musts}))
    return replace(attributed, outcome="unverified", reason=CLEARED.format(rules=rules))


def _blamed(finding: Finding, by_upstream: bool) -> Finding:
    return replace(finding, blame="upstream" if by_upstream else "gateway")
