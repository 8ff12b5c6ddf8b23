"""How many requests and output tokens a run is going to ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.core.model import Case
from conformance.protocol.token_limit import token_limit


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
    bodies = (step.request.get("body") for case in cases for step in case.steps)
    limits = [token_limit(body) if isinstance(body, dict) else 0 for body in bodies]
    named = [limit for limit in limits if limit is not None]
    return Estimate(len(limits), sum(named), len(limits) - len(named))
