"""The budget of a run: the requests and tokens it may use, and those it has used."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from conformance.core.model import JSON, Exchange
from conformance.core.reasons import NOT_SENT
from conformance.protocol import usage


class BudgetSpentError(Exception):
    """The budget is used up. The message is the reason why a case is not judged."""


@dataclass(slots=True)
class Spent:
    """The use of one family: requests including retries, and the tokens that the answers report."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class Budget:
    """Counts requests and tokens by family and enforces the limits of the run.

    Requests are counted on one thread; other threads may read the counts at the same time.
    """

    def __init__(self, requests: int | None = None, tokens: int | None = None) -> None:
        """`requests` and `tokens` (input and output) are the limits; None means no limit."""
        self._requests = requests
        self._tokens = tokens
        self.spent: dict[str, Spent] = defaultdict(Spent)

    def take(self, family: str) -> None:
        """Count one more request. Raises BudgetSpentError, and counts nothing, if the budget is used up."""
        if self._requests is not None and self.requests >= self._requests:
            raise BudgetSpentError(f"{NOT_SENT}the budget of --gateway-max-requests is spent")
        if self._tokens is not None and self.tokens >= self._tokens:
            raise BudgetSpentError(f"{NOT_SENT}the budget of --gateway-max-tokens-total is spent")
        self.spent[family].requests += 1

    def count(self, family: str, exchange: Exchange) -> None:
        """Add the tokens that an answer reports."""
        used = usage.tokens(b"".join(chunk.data for chunk in exchange.chunks))
        self.spent[family].input_tokens += used[0]
        self.spent[family].output_tokens += used[1]

    @property
    def requests(self) -> int:
        """The number of requests so far, of all families."""
        return sum(spent.requests for spent in tuple(self.spent.values()))

    @property
    def tokens(self) -> int:
        """The number of tokens so far, input and output, of all families."""
        return sum(spent.input_tokens + spent.output_tokens for spent in tuple(self.spent.values()))

    def document(self) -> dict[str, JSON]:
        """Return the counts by family as JSON, for run.json."""
        return {
            name: {
                "requests": spent.requests,
                "input_tokens": spent.input_tokens,
                "output_tokens": spent.output_tokens,
            }
            for name, spent in sorted(self.spent.items())
        }
