"""Rules of the contract that an answer breaks only because its upstream failed; `upstream.failure` reports that."""

from __future__ import annotations

from collections.abc import Callable

from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import Failure
from conformance.judge.both_ends.failures_told import hidden, is_broken_off, last_failure
from conformance.protocol.reading import Reading

_KEPT = ("http.secret", "http.leak", "http.status.error-in-success")
"""The start of rules that no failure excuses: an answer that lacks its end may still leak, or be an error."""


def excused(ends: Ends) -> Callable[[str], bool]:
    """Whether a rule is broken only because the upstream failed.

    Nothing can be said about the form of an answer that hides the failure or lacks its end: the gateway had nothing to
    make it of, and `upstream.failure` reports that. An error that is told is held to the whole contract.
    """
    failed = last_failure(ends)
    if failed is None:
        return lambda _rule: False
    if hidden(ends.front) or is_broken_off(ends.front):
        return lambda rule: not rule.startswith(_KEPT)
    own = _upstreams_own(ends, failed)
    return lambda rule: rule in own


def _upstreams_own(ends: Ends, failed: Failure) -> frozenset[str]:
    """Rules that the upstream broke itself: a gateway is not at fault if it keeps a status, or knows of no wait."""
    rules = set[str]()
    status = ends.front.exchange.status
    if status == failed.status == 422:
        rules.add("error.status.validation")
    if status == failed.status == 429:  # whether a wait of the upstream is kept, `upstream.failure.wait` says
        rules.add("error.status.wait")
    if ends.last is not None and ends.last.kind == "stream" and ends.last.errors and _first_is_error(ends.last):
        rules |= {"messages.stream.error-first", "responses.stream.error-first"}
    return frozenset(rules)


def _first_is_error(last: Reading) -> bool:
    """Whether a stream has no event before its error, apart from signs of life."""
    before = [event for event in last.stream.events if event.number < (last.errors[0].event or 0)]
    return all(event.name == "ping" for event in before)
