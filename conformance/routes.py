"""One gateway by several routes, a global and a regional one: each case by each of them, and where they differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from conformance import runs
from conformance.model import JSON, Case
from conformance.naming import ROUTE, named
from conformance.yamls import InputError


@dataclass(frozen=True, slots=True)
class Difference:
    """A case that does not end alike on all routes: for each one the outcome, and the rules that it alone broke."""

    id: str
    outcomes: Mapping[str, str]
    rules: Mapping[str, tuple[str, ...]]

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.id}: " + "; ".join(self._told(route) for route in self.outcomes)

    def _told(self, route: str) -> str:
        broken = f" ({', '.join(self.rules[route])})" if self.rules[route] else ""
        return f"{route} {self.outcomes[route].replace('_', ' ')}{broken}"


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
    return tuple(replace(case, id=named(case.id, route), route=route) for case in cases for route in routes)


def differences(verdicts: Iterable[JSON]) -> Iterator[Difference]:
    """The cases of a run that the routes do not answer alike, in the order of their ids."""
    cases: dict[str, dict[str, JSON]] = defaultdict(dict)
    for entry in verdicts:
        if "route" in entry:
            cases[_without_route(entry)][entry["route"]] = entry
    for name, entries in sorted(cases.items()):
        broken = {route: runs.rules(entry, *runs.GRAVE) for route, entry in entries.items()}
        if len({(entry["outcome"], frozenset(broken[route])) for route, entry in entries.items()}) > 1:
            shared = frozenset.intersection(*map(frozenset, broken.values()))
            outcomes = {route: entry["outcome"] for route, entry in entries.items()}
            yield Difference(name, outcomes, {route: tuple(sorted(broken[route] - shared)) for route in entries})


def _without_route(entry: JSON) -> str:
    head, separator, tail = str(entry["id"]).rpartition(f"{ROUTE}{entry['route']}")
    return head + tail if separator else tail
