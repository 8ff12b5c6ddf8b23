"""A case that broke something at the gateway, asked of its upstream as well: whose mistake is it?

What the upstream breaks in the same place when it is asked directly, the gateway passed on; what it keeps, the
gateway broke. Where the upstream could not be judged, nobody is cleared.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.core.model import Finding, Verdict

CLEARED = "the upstream itself breaks {rules} when it is asked directly, so the gateway is not to blame"
_UNJUDGED = ("not_applicable", "unverified")


def blamed(verdict: Verdict, upstream: Verdict) -> Verdict:
    """The verdict on the gateway, with every finding blamed on one of the two.

    A failure for which the upstream alone is to blame leaves the gateway unverified: it is no defect of it, and
    whether it would pass on a right answer was not seen.
    """
    if upstream.outcome in _UNJUDGED:
        return replace(verdict, upstream=upstream)
    broken = {(finding.rule, finding.step) for finding in upstream.findings}
    findings = tuple(_blamed(finding, (finding.rule, finding.step) in broken) for finding in verdict.findings)
    weighed = replace(verdict, findings=findings, upstream=upstream)
    grave = [finding for finding in findings if finding.level == "must"]
    if verdict.outcome != "failed" or any(finding.blame != "upstream" for finding in grave):
        return weighed
    rules = ", ".join(sorted({finding.rule for finding in grave}))
    return replace(weighed, outcome="unverified", reason=CLEARED.format(rules=rules))


def _blamed(finding: Finding, by_upstream: bool) -> Finding:
    return replace(finding, blame="upstream" if by_upstream else "gateway")
