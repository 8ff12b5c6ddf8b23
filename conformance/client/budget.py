"""What a run may cost, what it is going to ask for, and what it has spent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from conformance.core.model import JSON, Exchange
from conformance.core.reasons import NOT_SENT
from conformance.protocol import usage


class BudgetSpentError(Exception):
    """The budget is spent; the message is the reason why a case is not judged."""


@dataclass(slots=True)
class Spent:
    """What one family cost: requests, every try counted, and the tokens that its answers told of."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Budget:
    """Counts what is spent by family, against the most that may be. None is no limit.

    What was spent may be asked for by another thread than the one that spends.
    """

    def __init__(self, requests: int | None = None, tokens: int | None = None) -> None:
        self._requests = requests
        self._tokens = tokens
        self.spent: dict[str, Spent] = defaultdict(Spent)

    def take(self, family: str) -> None:
        """Allows one request. Raises BudgetSpentError."""
        if self._requests is not None and self.requests >= self._requests:
            raise BudgetSpentError(f"{NOT_SENT}the budget of --max-requests is spent")
        if self._tokens is not None and self.tokens >= self._tokens:
            raise BudgetSpentError(f"{NOT_SENT}the budget of --max-tokens-total is spent")
        self.spent[family].requests += 1

    def count(self, family: str, exchange: Exchange) -> None:
        """Adds the tokens that an answer tells of."""
        used = usage.tokens(b"".join(chunk.data for chunk in exchange.chunks))
        self.spent[family].input_tokens += used[0]
        self.spent[family].output_tokens += used[1]

    @property
    def requests(self) -> int:
        """All requests so far."""
        return sum(spent.requests for spent in tuple(self.spent.values()))

    @property
    def tokens(self) -> int:
        """All tokens so far, in and out."""
        return sum(spent.input_tokens + spent.output_tokens for spent in tuple(self.spent.values()))

    def document(self) -> dict[str, JSON]:
        """What was spent, family by family, as plain JSON."""
        return {
            name: {
                "requests": spent.requests,
                "input_tokens": spent.input_tokens,
                "output_tokens": spent.output_tokens,
            }
            for name, spent in sorted(self.spent.items())
        }
