"""How many requests and output tokens a run is going to ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.core.model import JSON, Case

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""How the families name the most tokens that an answer may have."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What cases are going to ask for: requests, output tokens at most, and requests that name no such limit."""

    requests: int
    output_tokens: int
    unlimited: int

    def __str__(self) -> str:
        """One line for people."""
        open_end = f", and {self.unlimited} that name no limit" if self.unlimited else ""
        return f"to be sent: about {self.requests} requests, for {self.output_tokens} output tokens at most{open_end}"


def estimate(cases: Iterable[Case]) -> Estimate:
    """What is going to be sent for some cases; a step that may turn out needless is counted."""
    limits = [_limit(step.request.get("body")) for case in cases for step in case.steps]
    named = [limit for limit in limits if limit is not None]
    return Estimate(len(limits), sum(named), len(limits) - len(named))


def _limit(body: JSON) -> int | None:
    """The most tokens that a request asks for; 0 where it is no request of the model."""
    if not isinstance(body, dict):
        return 0
    return next((body[name] for name in _LIMITS if isinstance(body.get(name), int)), None)
