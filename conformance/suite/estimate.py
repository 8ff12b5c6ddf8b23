"""Estimates the requests and output tokens of a run before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.core.model import JSON, Case

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""The families' names for the limit of output tokens."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of some cases: requests, the sum of their limits of output tokens, and requests without such a limit."""

    requests: int
    output_tokens: int
    unlimited: int

    def __str__(self) -> str:
        """Return the estimate as one line for the terminal."""
        uncapped = f" ({self.unlimited:,} without a cap)" if self.unlimited else ""
        return f"about {self.requests:,} requests; their output is capped at {self.output_tokens:,} tokens{uncapped}"


def estimate(cases: Iterable[Case]) -> Estimate:
    """Return the estimate for some cases. It counts every step, also those that may turn out to be unnecessary."""
    limits = [_limit(step.request.get("body")) for case in cases for step in case.steps]
    named = [limit for limit in limits if limit is not None]
    return Estimate(len(limits), sum(named), len(limits) - len(named))


def _limit(body: JSON) -> int | None:
    """Return the limit of output tokens of a request: None without a limit, 0 if the request does not use a model."""
    if not isinstance(body, dict):
        return 0
    return next((body[name] for name in _LIMITS if isinstance(body.get(name), int)), None)
