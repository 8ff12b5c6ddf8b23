"""Shortens the time limit where requests of a kind hang one after the other, so that a run ends in time."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from conformance.core.model import Exchange, Request
from conformance.protocol.reading import parse

HANGS = 3
"""After this many requests of a kind in a row that ran into the timeout, the others of that kind get less time."""

SHARE = 0.1
"""The part of the timeout that they get: a gateway that answers again is noticed, and its answer is judged."""

RECHECK = 10
"""Of this many, one still gets the whole timeout: a slow answer may need it. If it arrives, all get it again."""

_ERROR = 400


class Kind(NamedTuple):
    """A kind of request: its family, and whether it asks for a stream."""

    family: str
    streamed: bool

    def __str__(self) -> str:
        return f"{self.family} {'streams' if self.streamed else 'requests without a stream'}"


def kind_of(family: str, request: Request) -> Kind:
    """Return the kind of a request."""
    body = parse(request.body)[0] if b'"stream"' in request.body else None
    return Kind(family, isinstance(body, dict) and body.get("stream") is True)


class Patience:
    """Counts the requests of each kind that hung since the last one that was answered. For use on one event loop."""

    def __init__(self, timeout: float) -> None:
        """`timeout` is the whole time limit of an exchange in seconds."""
        self.timeout = timeout
        self._hung: Counter[Kind] = Counter()
        self._asked: Counter[Kind] = Counter()

    def seconds(self, kind: Kind) -> float:
        """Return the time limit of the next request of a kind."""
        if self._hung[kind] < HANGS:
            return self.timeout
        self._asked[kind] += 1
        return self.timeout if self._asked[kind] % RECHECK == 0 else self.timeout * SHARE

    def record(self, kind: Kind, exchange: Exchange) -> None:
        """Count an exchange. An error does not show that answers arrive, so it changes nothing."""
        if exchange.ended == "timeout":
            self._hung[kind] += 1
        elif exchange.status is not None and exchange.status < _ERROR:
            self._hung[kind] = self._asked[kind] = 0
