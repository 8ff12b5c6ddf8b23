"""Headers that change what the upstream does go up once and unchanged.

`anthropic-version` names the version of the API, `anthropic-beta` the features that the client turns on. A gateway may
write several `anthropic-beta` lines as one list (RFC 9110, section 5.3), and may turn on more of them. In crossed
lanes, they mean nothing to the upstream. Source: https://docs.anthropic.com/en/api/beta-headers
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach, Exchange
from conformance.judge.both_ends.ends import Ends

VERSION = "upstream.request.anthropic-version"
BETA = "upstream.request.anthropic-beta"
RULES = (VERSION, BETA)


def kept(ends: Ends) -> Iterator[Breach]:
    """Both headers, in the native lane of Messages."""
    if ends.endpoint != "messages":
        return
    for reading in ends.behind:
        if reading.exchange.family == "messages":
            found = [*_version(ends.front.exchange, reading.exchange), *_beta(ends.front.exchange, reading.exchange)]
            yield from found
            if found:
                return


def _version(sent: Exchange, up: Exchange) -> Iterator[Breach]:
    ours, theirs = _values(sent, "anthropic-version"), _values(up, "anthropic-version")
    if len(ours) == 1 and ours != theirs:
        yield Breach(VERSION, f"anthropic-version: {ours[0]}, once", ", ".join(theirs) or "no such header")


def _beta(sent: Exchange, up: Exchange) -> Iterator[Breach]:
    ours, theirs = _listed(sent, "anthropic-beta"), _listed(up, "anthropic-beta")
    if any(theirs.count(name) != 1 for name in ours):
        wanted = f"anthropic-beta: {', '.join(dict.fromkeys(ours))}, each once"
        yield Breach(BETA, wanted, ", ".join(theirs) or "no such header")


def _values(exchange: Exchange, name: str) -> list[str]:
    return [value.strip() for key, value in exchange.request.headers if key.lower() == name]


def _listed(exchange: Exchange, name: str) -> list[str]:
    return [each.strip() for value in _values(exchange, name) for each in value.split(",") if each.strip()]
