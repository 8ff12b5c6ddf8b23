"""Runs a case on the gateway, by the case's route, and again on the gateway's upstream if it broke a rule."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.core.model import Case, Verdict
from conformance.judge.blame import blamed
from conformance.records import run_document
from conformance.records.run_format import ControlEntry
from conformance.run.case_runner import CaseRun, CaseRunner


@dataclass(frozen=True, slots=True)
class RunPair:
    """A case that was run on the gateway and maybe on its upstream; `verdict` is the gateway's, if judged already."""

    gateway: CaseRun
    verdict: Verdict | None = None
    upstream: CaseRun | None = None


class UpstreamComparison:
    """Runs and judges cases; `routes` are by the name that cases have. Without `upstream` only the gateway is used."""

    def __init__(self, routes: Mapping[str, CaseRunner], upstream: CaseRunner | None = None) -> None:
        self._routes = routes
        self._upstream = upstream

    async def run(self, case: Case) -> RunPair:
        """Sends what a case needs. With an upstream, judges the gateway's exchanges to see if it has to run too."""
        route = self._routes[case.route]
        gateway = await route.run_case(case)
        if self._upstream is None:
            return RunPair(gateway)
        verdict = await asyncio.to_thread(route.verdict, gateway)
        if not _breaks_a_rule(verdict):
            return RunPair(gateway, verdict)
        return RunPair(gateway, verdict, await self._upstream.run_case(case))

    def take_controls(self) -> Iterator[ControlEntry]:
        """Yields the control requests since the last call, as entries of run.json; may be called on any thread."""
        for route, runner in self._routes.items():
            for one in runner.take_controls():
                yield run_document.control(one.name, one.endpoint, one.exchange, route, case=one.case)
        for one in self._upstream.take_controls() if self._upstream else ():
            yield run_document.control(one.name, one.endpoint, one.exchange, upstream=True, case=one.case)

    def verdict(self, pair: RunPair) -> Verdict:
        """The verdict on the gateway, with each finding's blame; sends nothing, and may be called on any thread."""
        verdict = pair.verdict or self._routes[pair.gateway.case.route].verdict(pair.gateway)
        if self._upstream is None or pair.upstream is None:
            return verdict
        return blamed(verdict, self._upstream.verdict(pair.upstream))


def _breaks_a_rule(verdict: Verdict) -> bool:
    return any(finding.level in ("must", "should") for finding in verdict.findings)
