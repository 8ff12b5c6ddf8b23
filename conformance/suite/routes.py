"""Several routes to one gateway, such as a global and a regional URL: each case is run by each route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.core.case_id import full_id
from conformance.core.model import Case
from conformance.core.yaml_input import InputError


def names(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the routes: the shortest parts of their URLs that differ, starting with the host.

    A single route has the name "". Raises InputError if a URL is given twice.
    """
    if len(urls) == 1:
        return ("",)
    for url in urls:
        if urls.count(url) > 1:
            raise InputError(f"--gateway-url {url}: this URL is given twice; give each route once")
    candidates = (tuple(map(naming, urls)) for naming in _NAMINGS)
    return next(names for names in candidates if len(set(names)) == len(names))


_NAMINGS: tuple[Callable[[str], str], ...] = (
    lambda url: _without_brackets(urlsplit(url).hostname or ""),
    lambda url: _without_brackets(urlsplit(url).netloc),
    lambda url: _without_brackets(urlsplit(url).netloc) + urlsplit(url).path,
    lambda url: url,
)
"""URL -> name, from the shortest form to the whole URL."""


def _without_brackets(host: str) -> str:
    """Remove the brackets of an IPv6 address: pytest writes parameters of tests in brackets."""
    return host.replace("[", "").replace("]", "")


def routed(cases: Iterable[Case], routes: Sequence[str]) -> tuple[Case, ...]:
    """Return each case once for each route; unchanged if the only route has no name."""
    if routes == ("",):
        return tuple(cases)
    return tuple(replace(case, id=full_id(case.id, route), route=route) for case in cases for route in routes)
