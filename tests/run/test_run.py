"""One run in one process, without pytest: what is opened, sent and judged, and how often."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import pytest

from conformance.client.http import Client
from conformance.client.provider import ProviderAddress
from conformance.client.retry import NO_LIMITS
from conformance.core.model import Case, Finding, Step, Verdict
from conformance.plugin.xdist_scheduler import exclusive_node_ids
from conformance.run.case_runner import CaseRun, CaseRunner
from conformance.run.config import Settings
from conformance.run.connect import Options
from conformance.run.ordering import execution_order
from conformance.run.run import Run
from conformance.run.scheduler import Scheduler
from conformance.run.upstream import UpstreamComparison
from conformance.run.worker_share import WorkerShare
from tests.support.servers import json_answer, raw, says


def made(name: str, *marks: str) -> Case:
    step = Step({}, {"outcome": "success"})
    return Case(name, "", "messages", "", "messages", "must", "", (), (step,), "", 1, marks=marks)


@pytest.mark.socket
def test_the_preflight_and_the_cases_use_one_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened: list[Client] = []
    original = Options.client

    def client(self: Options, provider: ProviderAddress | None = None) -> Client:
        opened.append(original(self, provider))
        return opened[-1]

    monkeypatch.setattr(Options, "client", client)
    monkeypatch.setenv("GATEWAY_API_KEY", "k")
    with raw(says(json_answer({"data": [{"id": "m"}]}))) as server:
        run = Run(Options((f"{server.origin}/v1",)), Settings(8, NO_LIMITS, folder=tmp_path), (made("a"),))
        run.start(run.reached(), WorkerShare())
        assert run.reached().first.models == {"default": "m"}
        run.close()
    assert len(opened) == 1


class FakeRunner:
    """Counts how often a case is run and judged; its verdict has a finding of the given level, if any."""

    def __init__(self, *levels: Any) -> None:
        self.calls: Counter[str] = Counter()
        self._findings = tuple(Finding("rule", level, "", "") for level in levels)

    async def run_case(self, case: Case) -> CaseRun:
        self.calls["run"] += 1
        return CaseRun(case)

    def verdict(self, case_run: CaseRun) -> Verdict:
        self.calls["judged"] += 1
        return Verdict(case_run.case, "failed" if self._findings else "passed", self._findings)


@pytest.mark.parametrize(
    ("levels", "with_upstream", "upstream_calls"),
    [(["must"], False, {}), ([], True, {}), (["info"], True, {}), (["should"], True, {"run": 1, "judged": 1})],
)
def test_every_exchange_is_judged_once(
    levels: Sequence[str], with_upstream: bool, upstream_calls: dict[str, int]
) -> None:
    gateway, upstream = FakeRunner(*levels), FakeRunner(*levels)
    comparison = UpstreamComparison(
        {"": cast("CaseRunner", gateway)}, cast("CaseRunner", upstream) if with_upstream else None
    )
    verdict = comparison.verdict(asyncio.run(comparison.run(made("a"))))
    assert gateway.calls == {"run": 1, "judged": 1}
    assert upstream.calls == upstream_calls
    assert [finding.blame for finding in verdict.findings] == ["upstream" if upstream_calls else "" for _ in levels]


def test_exclusive_tests_are_found_among_node_ids() -> None:
    cases = [made("http/a/one[x=1]", "exclusive"), made("http/a/one[x=10]"), made("http/a/two", "slow")]
    node_ids = [f"conformance/test_gateway.py::test_gateway[{case.id}]" for case in cases]
    others = ["tests/test_x.py::test_gateway", "tests/test_x.py::test_other[http/a/one[x=1]]"]
    assert exclusive_node_ids([*node_ids, *others], cases) == {node_ids[0]}
    assert exclusive_node_ids(node_ids, cases[1:]) == frozenset()


def test_exclusive_tests_are_found_by_the_id_that_pytest_gives_them() -> None:
    case = made('http/a/three[key="schlüssel"]', "exclusive")
    node_id = r'conformance/test_gateway.py::test_gateway[http/a/three[key="schl\xfcssel"]]'
    assert exclusive_node_ids([node_id], [case]) == {node_id}


class FakeScheduler:
    def __init__(self, *ended: str) -> None:
        self._ended: SimpleQueue[str] = SimpleQueue()
        for id_ in ended:
            self._ended.put(id_)

    def wait_any(self) -> str:
        return self._ended.get_nowait()


def test_cases_run_in_the_order_in_which_their_exchanges_end_and_other_tests_in_their_own() -> None:
    a, b, c, d = made("a"), made("b"), made("c"), made("d")
    alone, alone_too = made("e", "exclusive"), made("f", "exclusive")
    items = [a, b, "other", c, d, alone, alone_too, "last"]
    scheduler = cast("Scheduler", FakeScheduler("d", "b", "c", "a"))
    order = list(execution_order(items, lambda item: item if isinstance(item, Case) else None, scheduler))
    assert [item for item, _ in order] == [b, a, "other", d, c, alone, alone_too, "last"]
    assert [following for _, following in order] == [a, "other", c, c, alone, alone_too, "last", None]
