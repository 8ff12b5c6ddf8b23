"""The content of the client's request beside that of each request that went up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.judge.both_ends.ends import Ends
from conformance.protocol.asked import Asked, asked


@dataclass(frozen=True)
class Pair:
    """`sent` is the client's request, `up` one that went up, in the family `family`."""

    sent: Asked
    up: Asked
    family: str
    is_native: bool


def pairs(ends: Ends) -> Iterator[Pair]:
    """A pair for each request that went up, without repetitions; none if a body cannot be read."""
    sent = asked(ends.endpoint, ends.front.sent)
    seen = set[bytes]()
    for reading in ends.behind:
        family, body = reading.exchange.family, reading.exchange.request.body
        up = asked(family, reading.sent)
        if sent is not None and up is not None and body not in seen:
            seen.add(body)
            yield Pair(sent, up, family, family == ends.endpoint)
