"""What a run may cost, what it is going to ask for, and what it has spent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.model import JSON, Case, Exchange

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""How the families name the most tokens that an answer may have."""

NOT_SENT = "not sent: "
"""How each reason begins why a run ended before a case did."""

_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_COUNTED = re.compile(rb'"(prompt|input|completion|output)_tokens"\s*:\s*(\d{1,12})')


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
        used = tokens(b"".join(chunk.data for chunk in exchange.chunks))
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


def tokens(body: bytes) -> tuple[int, int]:
    """Tokens in and out, from a usage object anywhere in a body: a stream's last word counts; (0, 0) without one."""
    last: dict[bytes, int] = {}
    for usage in _USAGE.split(body):
        # What follows may count something else, such as the tokens of tools: the first of each kind is its own.
        last |= {name: int(number) for name, number in reversed(_COUNTED.findall(usage))}
    if not last.keys() & {b"completion", b"output"}:
        return 0, 0
    return last.get(b"prompt", last.get(b"input", 0)), last.get(b"completion", last.get(b"output", 0))


def added(documents: Iterable[Mapping[str, JSON]]) -> dict[str, JSON]:
    """What several processes or shards spent together."""
    total: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for document in documents:
        for family, spent in document.items():
            for name, number in spent.items():
                total[family][name] += number
    return {family: dict(spent) for family, spent in sorted(total.items())}


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
