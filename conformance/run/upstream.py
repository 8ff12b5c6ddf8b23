"""Who takes part in a run: the gateway, by each of its routes, and its upstream where that is asked as well."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.core.model import Case, Verdict
from conformance.judge.blame import blamed
from conformance.run.case_runner import CaseRun, CaseRunner


@dataclass(frozen=True, slots=True)
class RunPair:
    """What running a case came to at the gateway and, where something broke there, at the upstream."""

    gateway: CaseRun
    upstream: CaseRun | None = None


class UpstreamComparison:
    """`routes` are by the name that cases carry; without an `upstream` all blame is the gateway's."""

    def __init__(self, routes: Mapping[str, CaseRunner], upstream: CaseRunner | None = None) -> None:
        self._routes = routes
        self._upstream = upstream

    async def run(self, case: Case) -> RunPair:
        """Sends what a case needs sent; the upstream is only asked what the gateway did not do right."""
        route = self._routes[case.route]
        course = await route.run_case(case)
        if self._upstream is None or not await asyncio.to_thread(_broke, route, course):
            return RunPair(course)
        return RunPair(course, await self._upstream.run_case(case))

    def verdict(self, hearing: RunPair) -> Verdict:
        """The verdict on what was exchanged; sends nothing, and may be asked on any thread."""
        verdict = self._routes[hearing.gateway.case.route].verdict(hearing.gateway)
        if self._upstream is None or hearing.upstream is None:
            return verdict
        return blamed(verdict, self._upstream.verdict(hearing.upstream))


def _broke(runner: CaseRunner, course: CaseRun) -> bool:
    return any(finding.level in ("must", "should") for finding in runner.verdict(course).findings)
