"""A request goes up if it is due: it names a model, its limits fit each other, and the client gets the answer.

A gateway may pass a mistake of the client up and hand the upstream's refusal down.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.core.pointer import get
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import failure
from conformance.judge.both_ends.pairs import pairs
from conformance.judge.expectations.context import shown_answer

MODEL = "upstream.request.model"
REFUSED = "upstream.request.refused-client"
BUDGET = "upstream.request.thinking-budget"
RULES = (MODEL, REFUSED, BUDGET)

_LEAST_BUDGET = 1024
"""Tokens. Anthropic's guide to extended thinking: a budget is at least this, and below `max_tokens`."""
_LIMITS = ("/max_completion_tokens", "/max_tokens", "/max_output_tokens")


def due(ends: Ends) -> Iterator[Breach]:
    """The model and the budget of each request, and that the client was not refused although it was answered."""
    yield from _budget(ends)
    for pair in pairs(ends):
        if not isinstance(pair.up.model, str) or not pair.up.model.strip():
            yield Breach(MODEL, "the name of a model", f"model: {pair.up.model!a}")
            break
    status = ends.front.exchange.status
    if status is None or not 400 <= status < 500 or ends.last is None:
        return
    if ends.last.exchange.ended == "complete" and not failure(ends.last):
        yield Breach(REFUSED, "no request to the upstream for a client that is refused", shown_answer(ends.front))


def _budget(ends: Ends) -> Iterator[Breach]:
    """The budget of thinking that a gateway chooses, if the client leaves room for one."""
    limits = [limit for at in _LIMITS if (limit := get(ends.front.sent, at, int)) is not None]
    if ends.endpoint == "messages" or any(limit <= _LEAST_BUDGET for limit in limits):
        return
    for reading in ends.behind:
        budget, limit = (get(reading.sent, at, int) for at in ("/thinking/budget_tokens", "/max_tokens"))
        if reading.exchange.family != "messages" or budget is None or limit is None:
            continue
        if not _LEAST_BUDGET <= budget < limit:
            yield Breach(BUDGET, f"a budget from {_LEAST_BUDGET} to {limit - 1} tokens", f"{budget} tokens")
            return
