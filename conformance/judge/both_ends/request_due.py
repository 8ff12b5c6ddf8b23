"""A request goes up if it is due: it names a model, and the client gets the answer that was paid for.

A gateway may pass a mistake of the client up and hand the upstream's refusal down.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import failure
from conformance.judge.both_ends.pairs import pairs
from conformance.judge.expectations.context import shown_answer

MODEL = "upstream.request.model"
REFUSED = "upstream.request.refused-client"
RULES = (MODEL, REFUSED)


def due(ends: Ends) -> Iterator[Breach]:
    """The model of each request, and that the client was not refused although its request was answered."""
    for pair in pairs(ends):
        if not isinstance(pair.up.model, str) or not pair.up.model.strip():
            yield Breach(MODEL, "the name of a model", f"model: {pair.up.model!a}")
            break
    status = ends.front.exchange.status
    if status is None or not 400 <= status < 500 or ends.last is None:
        return
    if ends.last.exchange.ended == "complete" and not failure(ends.last):
        yield Breach(REFUSED, "no request to the upstream for a client that is refused", shown_answer(ends.front))
