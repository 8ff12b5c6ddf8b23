"""How many requests and output tokens a run is going to ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.core.model import Case
from conformance.protocol.token_limit import token_limit


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of some cases: their requests, the output tokens that they allow, and the requests without a limit."""

    requests: int
    output_tokens: int
    unlimited: int

    def __str__(self) -> str:
        """One line for people."""
        open_end = f", and {self.unlimited} that name no limit" if self.unlimited else ""
        return f"to be sent: about {self.requests} requests, for {self.output_tokens} output tokens at most{open_end}"


def estimate(cases: Iterable[Case]) -> Estimate:
    """The estimated cost of some cases, if every step is sent."""
    bodies = (step.request.get("body") for case in cases for step in case.steps)
    limits = [token_limit(body) if isinstance(body, dict) else 0 for body in bodies]
    named = [limit for limit in limits if limit is not None]
    return Estimate(len(limits), sum(named), len(limits) - len(named))
