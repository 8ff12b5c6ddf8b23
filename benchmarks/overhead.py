"""Measures the time that gateways add: the reference gateway, and another one if the options name it.

With another gateway, both are in front of the same provider, and their requests are sent in one run and in random
order, so that a slow phase of the machine affects both.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis import overhead as analysis
from conformance.analysis.overhead import Row, Sample
from conformance.analysis.quantiles import Difference
from conformance.cli.overhead import announce, measured, plan_of, sides_of
from conformance.core.yaml_input import InputError
from conformance.reference import apart
from conformance.report import overhead_text
from conformance.run.overhead import Server, measure

_REFERENCE = "reference gateway"


def lines(chosen: argparse.Namespace) -> Iterator[str]:
    """A table for each gateway. Ends the process with one sentence if an option or a server is wrong."""
    try:
        yield from _both(chosen) if chosen.gateway_url or chosen.provider_url else measured(chosen)
    except InputError as error:
        raise SystemExit(f"python -m benchmarks overhead: {error}") from error


def _both(chosen: argparse.Namespace) -> Iterator[str]:
    plan = plan_of(chosen)
    with sides_of(chosen) as sides, apart.in_front(sides["provider"].base_url, sides["provider"].key) as (url, key):
        own = Server(url, sides["provider"].model, key)
        samples = measure(plan, {**sides, _REFERENCE: own}, announce)
    for name, server in ((_REFERENCE, own), ("gateway", sides["gateway"])):
        yield f"{server.base_url} in front of {sides['provider'].base_url}, {plan.family}"
        yield from overhead_text.lines(list(analysis.rows(samples, name)), analysis.failures(samples, name))
        yield ""
    yield from _ratios(samples)


def _ratios(samples: Sequence[Sample]) -> Iterator[str]:
    """The added time of the gateway, divided by that of the reference gateway, for each median."""
    yield "added by the gateway, as a multiple of the reference gateway's (p50, p95)"
    own = {_setting(row): row for row in analysis.rows(samples, _REFERENCE)}
    for row in analysis.rows(samples):
        found = [_ratio(row.added, own[_setting(row)].added, name) for name in ("p50", "p95")]
        form = "streamed" if row.streamed else "unstreamed"
        yield f"  {row.at_once} at once, {form}, {row.until}: {', '.join(found)}"


def _setting(row: Row) -> tuple[int, bool, str]:
    return row.at_once, row.streamed, row.until


def _ratio(added: Mapping[str, Difference], own: Mapping[str, Difference], name: str) -> str:
    """The quotient of two added times; "-" where one is missing or within noise."""
    if name not in added or name not in own or own[name].is_noise:
        return "-"
    return f"{added[name].value / own[name].value:.1f}"
