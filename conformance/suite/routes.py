"""One gateway by several routes, a global and a regional one: each case by each of them, and where they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.core.case_id import full_id
from conformance.core.model import Case
from conformance.core.yaml_input import InputError


def names(urls: Sequence[str]) -> tuple[str, ...]:
    """What the routes are called: their hosts, or as much more of the URLs as tells them apart; "" for a single one.

    Raises InputError where a URL is given twice.
    """
    if len(urls) == 1:
        return ("",)
    for url in urls:
        if urls.count(url) > 1:
            raise InputError(f"--gateway-url {url}: it is given twice; give each route once")
    found = (tuple(map(called, urls)) for called in _CALLED)
    return next(names for names in found if len(set(names)) == len(names))


_CALLED: tuple[Callable[[str], str], ...] = (
    lambda url: _bare(urlsplit(url).hostname or ""),
    lambda url: _bare(urlsplit(url).netloc),
    lambda url: _bare(urlsplit(url).netloc) + urlsplit(url).path,
    lambda url: url,
)


def _bare(host: str) -> str:
    """Without the brackets of an IPv6 address, which end a test's name."""
    return host.replace("[", "").replace("]", "")


def routed(cases: Iterable[Case], routes: Sequence[str]) -> tuple[Case, ...]:
    """Every case once by each route; as they are where the only route has no name."""
    if routes == ("",):
        return tuple(cases)
    return tuple(replace(case, id=full_id(case.id, route), route=route) for case in cases for route in routes)
