"""The requests that the gateway sends up: how many, in which family, and with which key."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.core import pointer, redaction
from conformance.core.model import Breach, Where
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import failure
from conformance.protocol.family import UNREACHABLE
from conformance.protocol.outage import RETRYABLE_STATUSES
from conformance.protocol.schema_check import show

_MISSING = object()

_MOST = 9
"""Requests: a gateway with two retries whose SDK makes two of its own for each sends nine."""


_REFUSED = 400


def arrived(ends: Ends) -> Iterator[Breach]:
    """An answer with status 2xx is that of the upstream."""
    if ends.is_answered and not ends.behind and ends.upstream != UNREACHABLE:
        yield Breach("upstream.arrived", "a request to the upstream", "an answer, and no request to the upstream")


def lane(ends: Ends) -> Iterator[Breach]:
    """The request arrives in the family that the profile states."""
    if ends.last is None or not ends.profile.upstreams:
        return
    if ends.last.exchange.family != ends.upstream:
        got = f"{ends.last.exchange.request.method} {ends.last.exchange.request.url}"
        yield Breach("upstream.family", f"a request in the family {ends.upstream}, as the profile's upstreams say", got)


def once(ends: Ends) -> Iterator[Breach]:
    """One request goes up for one of the client, unless the upstream failed in a way that may pass.

    A gateway may repair a request that the upstream refused, and send another one: nothing was done for the first.
    """
    for number, (reading, following) in enumerate(pairwise(ends.behind), 1):
        status = reading.exchange.status
        is_refused = status is not None and status >= _REFUSED
        if is_refused and following.exchange.request.body != reading.exchange.request.body:
            continue
        if status is not None and status not in RETRYABLE_STATUSES and not (failure(reading) and status < 400):
            got = f"{len(ends.behind)} requests, although the upstream answered number {number} with {status}"
            yield Breach("upstream.once", "one request to the upstream", got)
            return


def storm(ends: Ends) -> Iterator[Breach]:
    """A failing upstream is asked again a few times at most."""
    if len(ends.behind) > _MOST:
        yield Breach("upstream.storm", f"at most {_MOST} requests to the upstream", str(len(ends.behind)))


def own_key(ends: Ends) -> Iterator[Breach]:
    """The client's key does not go up."""
    for reading in ends.behind:
        request = reading.exchange.request
        for name, value in request.headers:
            if redaction.OWN in value:
                yield Breach("upstream.credential", "only the upstream's own key", f"the client's key, in {name}")
                return
        if redaction.OWN.encode() in request.body or redaction.OWN in request.url:
            yield Breach(
                "upstream.credential", "only the upstream's own key", "the client's key, in the body or the URL"
            )
            return


def expected(ends: Ends) -> Iterator[Breach]:
    """The values that the case expects in what goes up."""
    want = ends.step.expect.get("upstream")
    if want is None:
        return
    if "requests" in want and len(ends.behind) != want["requests"]:
        yield Breach("upstream.requests", f"{want['requests']} requests to the upstream", str(len(ends.behind)))
    if ends.last is None:
        return
    body = ends.last.sent
    for at, value in want.get("equal", {}).items():
        found = _at(body, at)
        if found is _MISSING or found != value:
            got = "nothing" if found is _MISSING else show(found)
            yield Breach("upstream.value", f"{show(value)} at {at}", got, Where(at))
    for at in want.get("present", ()):
        if _at(body, at) in (_MISSING, None):
            yield Breach("upstream.value", f"a value at {at}", "nothing", Where(at))
    for at in want.get("absent", ()):
        found = _at(body, at)
        if found not in (_MISSING, None):
            yield Breach("upstream.value", f"nothing at {at}", show(found), Where(at))
    for name, text in want.get("headers", {}).items():
        values = [value for key, value in ends.last.exchange.request.headers if key.lower() == name.lower()]
        if values != ([] if text is None else [text]):
            wanted = f"no header {name}" if text is None else f"{name}: {text}, once"
            yield Breach("upstream.header", wanted, ", ".join(values) or "no such header")


def _at(document: object, at: str) -> object:
    return next((value for _, value in pointer.each(document, at)), _MISSING)
