"""The comparison of tool calls as JSON."""

from __future__ import annotations

from dataclasses import asdict

from conformance.analysis.tool_quality.compare import Compared
from conformance.analysis.tool_quality.judge import Quality
from conformance.core.model import JSON


def document(endpoint: str, behind: str, quality: Quality) -> JSON:
    """One endpoint; rates and differences are shares from 0 to 1."""
    return {
        "endpoint": endpoint,
        "upstream_endpoint": behind,
        "verdict": quality.verdict,
        "answers": dict(quality.answers),
        "failed": {side: dict(reasons.most_common()) for side, reasons in quality.failures.items()},
        "measures": {name: _measure(found) for name, found in quality.measures.items()},
    }


def _measure(found: Compared) -> JSON:
    total = found.total
    return {
        "verdict": found.verdict,
        "prompts": found.prompts,
        "gateway": {"hits": total.gateway, "trials": total.gateway_trials},
        "upstream": {"hits": total.upstream, "trials": total.upstream_trials},
        "difference": {"value": found.value, "low": found.low, "high": found.high} if found.is_judged else None,
        "differing_prompts": [{"prompt": single.prompt, **asdict(single.row)} for single in found.singles],
        "tries_needed": found.needed,
    }
