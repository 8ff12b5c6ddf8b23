"""The exit code with `--gateway-fail-on`; a run without any judged case never passes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conformance.reference import reference_gateway
from conformance.reference.switch import misbehaviour
from tests.support.servers import Said, json_answer, raw, resets, says, stalls
from tests.support.suite import case, library, report, run, run_process

ON_REGRESSION = ("--fail-on=regression", "--baseline=none")

STUMBLES = """
import os

import pytest


@pytest.fixture(autouse=True)
def stumbling(request):
    how = os.environ["STUMBLES"]
    if "[messages/probe/two]" in request.node.nodeid and how == "before":
        raise RuntimeError("before the case")
    yield
    if "[messages/probe/two]" in request.node.nodeid and how == "after":
        raise RuntimeError("after the case")


def pytest_runtest_call(item):
    if "[messages/probe/two]" in item.nodeid and os.environ["STUMBLES"] == "crash":
        os._exit(3)


def pytest_pyfunc_call(pyfuncitem):
    if "[messages/probe/two]" in pyfuncitem.nodeid and os.environ["STUMBLES"] == "in our code":
        raise RuntimeError("a mistake in the suite")
"""


@pytest.mark.e2e
@pytest.mark.parametrize("how", ["nowhere", "before", "in our code", "after", "crash"])
def test_a_case_without_a_verdict_fails_the_run(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = library(tmp_path / "cases", case("one"), case("two"), case("three"))
    (tmp_path / "stumbles.py").write_text(STUMBLES, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    more = ["-n1"] if how == "crash" else []  # a second worker replaces the first one
    result = run(
        "-p", "stumbles", f"--cases={folder}", f"--report-dir={tmp_path}", *ON_REGRESSION, *more,
        PYTHONPATH=str(tmp_path), STUMBLES=how,
    )  # fmt: skip
    judged = {entry["id"] for entry in report(tmp_path)["verdicts"]}  # type: ignore[attr-defined]
    assert judged >= {"messages/probe/one", "messages/probe/three"}
    assert result.returncode == (0 if how == "nowhere" else 1), result.stdout


@pytest.mark.e2e
def test_a_connection_that_is_reset_inside_a_body_is_a_verdict(tmp_path: Path) -> None:
    """In a process of its own, in which warnings are errors, with all details and the libraries' logs."""
    listing = json_answer({"object": "list", "data": [{"id": "m"}]})
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n"
    folder = library(tmp_path / "cases", case("one"), case("two"))
    with raw(says(listing), resets(head, b"{")) as said:
        result = run_process(
            f"--gateway-url={said.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path}", "-v",
            "--log-level=DEBUG", "--gateway-retries=1",
        )  # fmt: skip
    output = result.stdout + result.stderr
    assert result.returncode == 1, output
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    entries: Any = report(tmp_path)["verdicts"]
    assert [entry["outcome"] for entry in entries] == ["failed", "failed"]  # after one retry and two confirmations
    assert all("http.connection.cut" in {finding["rule"] for finding in entry["findings"]} for entry in entries)
    assert [[tried["ended"] for tried in entry["attempts"]] for entry in entries] == [["cut"] * 3] * 2


@pytest.mark.socket
@pytest.mark.parametrize("fail_on", ["regression", "must", "should"])
def test_a_gateway_that_stopped_answering_fails_the_run(fail_on: str, tmp_path: Path) -> None:
    """It answers the preflight, and is gone before the first case is answered."""
    listing = json_answer({"object": "list", "data": [{"id": "m"}]})
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(20)))
    with ExitStack() as stack, ThreadPoolExecutor(1) as beside:
        said = stack.enter_context(raw(says(listing), stalls()))
        leaving = beside.submit(lambda: (wait_for_a_case(said), stack.close()))
        result = run(
            f"--gateway-url={said.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path}", "--concurrency=2",
            f"--fail-on={fail_on}", "--baseline=none",
        )  # fmt: skip
        leaving.result()
    output = result.stdout + result.stderr
    entries: Any = report(tmp_path)["verdicts"]
    assert {entry["outcome"] for entry in entries} == {"unverified"}
    assert result.returncode == 1, output
    unsent = sum("has stopped answering" in entry["reason"] for entry in entries)
    told = output.partition("= gateway conformance =")[2].splitlines()[1]
    assert told.startswith("outage: the gateway has stopped answering (")
    assert told.endswith(f"): {unsent} of 20 cases were not sent")


def wait_for_a_case(said: Said) -> None:
    end = time.monotonic() + 30
    while len(said.requests) < 2:
        assert time.monotonic() < end
        said.ended.wait(0.02)


@pytest.mark.socket
def test_a_budget_that_ends_is_the_users_own_choice(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(20)))
    result = run(f"--cases={folder}", f"--report-dir={tmp_path}", "--max-requests=8", *ON_REGRESSION)
    entries: Any = report(tmp_path)["verdicts"]
    assert "unverified" in {entry["outcome"] for entry in entries}
    assert result.returncode == 0, result.stdout
    assert "failed: " not in result.stdout


@pytest.mark.e2e
def test_a_rule_that_only_the_whole_run_breaks_fails_it(tmp_path: Path) -> None:
    """Every case passes, and all messages have one id."""
    folder = library(tmp_path / "cases", case("one"), case("two"))
    with reference_gateway(around=misbehaviour(["messages-id-always-the-same"]), pace=0) as running:
        result = run(f"--gateway-url={running.base_url}", f"--cases={folder}", f"--report-dir={tmp_path}")
    assert result.returncode == 1
    assert "2 passed" in result.stdout
    assert '"msg_1" in the answers to 2 different requests' in result.stdout
    assert [entry["rule"] for entry in report(tmp_path)["over_run"]] == ["run.answer-id"]  # type: ignore[attr-defined]
