"""Estimates the requests and output tokens of a run before it starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.core.model import Case, Step
from conformance.protocol.token_limit import token_limit

LARGE = 4096
"""Tokens. Agents send limits of this size and above whatever they ask, so that they say nothing about the output."""


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
    """The estimated cost of some cases, if every step is sent; the suite itself answers those from both ends."""
    limits = [_limit(step) for case in cases for step in case.steps]
    named = [limit for limit in limits if limit is not None]
    return Estimate(len(limits), sum(named), len(limits) - len(named))


def _limit(step: Step) -> int | None:
    """The limit of the output tokens that a step costs; None without a limit, or with a large one."""
    body = step.request.get("body")
    limit = token_limit(body) if isinstance(body, dict) and step.upstream is None else 0
    return limit if limit is None or limit < LARGE else None
