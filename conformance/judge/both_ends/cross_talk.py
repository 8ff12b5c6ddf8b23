"""Nothing of another client's request goes up or comes down.

The prompt of every two-sided step has a token of its own (`core.canary.TOKEN`), so that a foreign one shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core.canary import TOKEN
from conformance.core.model import Breach
from conformance.judge.both_ends.ends import Ends

UP = "upstream.cross-talk.up"
DOWN = "upstream.cross-talk.down"
RULES = (UP, DOWN)

_TOKEN = re.compile(TOKEN.encode())


def absent(ends: Ends) -> Iterator[Breach]:
    """The tokens in both bodies are those that the client sent, or that the upstream answered."""
    known = set(_TOKEN.findall(ends.front.exchange.request.body))
    for reading in ends.behind:
        if foreign := set(_TOKEN.findall(reading.exchange.request.body)) - known:
            yield Breach(UP, "only the client's own request", f"text of another request ({_named(foreign)})")
            break
    if foreign := set(_TOKEN.findall(ends.front.body)) - known:
        yield Breach(DOWN, "the answer to the client's own request", f"text of another answer ({_named(foreign)})")


def _named(tokens: set[bytes]) -> str:
    return ", ".join(sorted(token.decode() for token in tokens))
