"""Exchanges run ahead of the tests: how many at once, in which order, and what is sent when a run is stopped."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance.core.model import Case, Step
from conformance.plugin.xdist_scheduler import QUEUED
from conformance.run.ordering import LONG, ordered
from conformance.run.worker_share import WorkerShare, worker_share
from conformance.suite.order import Order, Place
from tests.support.counting import counting_gateway
from tests.support.paths import ROOT
from tests.support.servers import Said, json_answer, raw
from tests.support.suite import case, command, environment, library, part, report, run


def made(name: str, steps: int = 1, marks: tuple[str, ...] = ()) -> Case:
    step = Step({}, {"outcome": "success"})
    return Case(name, "", "messages", "", "messages", "must", "", (), (step,) * steps, "", 1, marks=marks)


def in_order(*items: Any, expected: dict[str, float] | None = None, order: Order | None = None) -> list[Any]:
    return ordered(items, lambda item: item if isinstance(item, Case) else None, expected or {}, order or Order())


def test_long_cases_come_first_and_solitary_ones_last() -> None:
    alone, short, long = made("a", marks=("exclusive",)), made("b"), made("c", steps=3)
    talkative = made("d", marks=("slow",))
    assert in_order(alone, "other", short, long, talkative) == [talkative, "other", long, short, alone]
    assert in_order(short, long, expected={"b": 9.0, "c": 1.0}) == [short, long]


def test_cases_that_tell_most_come_first() -> None:
    order = Order({name: Place(number, 1) for number, name in enumerate("fedcba")})
    a, b, c, unknown = made("a"), made("b"), made("c", marks=("slow",)), made("x", steps=3)
    alone, long = made("f", marks=("exclusive",)), made("d", steps=LONG)
    assert in_order(a, b, c, unknown, alone, order=order) == [c, b, a, unknown, alone]
    assert in_order(a, b, expected={"a": 2.0, "b": 1.0}, order=order) == [a, b]
    assert in_order(made("e"), b, long, made("a", steps=LONG), order=order) == [
        made("e"),
        long,
        made("a", steps=LONG),
        b,
    ]


@pytest.mark.parametrize(("limit", "workers"), [(16, 4), (7, 3), (2, 4), (1, 8)])
def test_the_parts_of_a_limit_add_up_to_it(limit: int, workers: int) -> None:
    hands = [worker_share(f"gw{number}", workers, limit) for number in range(workers)]
    assert sum(one.part(limit) for one in hands) == limit
    assert sorted(item for one in hands for item in one.select(range(20))) == list(range(20))
    assert all(one.part(limit) > 0 for one in hands if one.select(range(20)))
    assert worker_share(f"gw{workers}", workers, limit).select(range(20)) == ()
    assert WorkerShare().part(limit) == limit


@pytest.mark.socket
def test_one_process_keeps_to_the_limit_and_uses_it(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(40)))
    with counting_gateway(0.2) as counted:
        result = run(f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "--concurrency=8")
    assert result.returncode == 0, result.stdout
    assert counted.peak == 8
    controls = [body for body, _ in counted.asked if b"Reply with exactly" not in body]
    assert len(counted.asked) == 40 + 1, controls


def with_solitary(number: int) -> list[str]:
    """As many usual cases, and among them three that have to run alone."""
    cases = [case(f"c{index}") for index in range(number)]
    cases[3:3] = [case(f"alone{index}", "Say solitary.", marks="exclusive") for index in range(3)]
    return cases


@pytest.mark.e2e
def test_workers_share_the_limit_and_run_exclusive_cases_alone(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *with_solitary(64))
    with counting_gateway(0.2) as counted:
        result = run(
            f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "-n2", "--concurrency=16"
        )
    assert result.returncode == 0, result.stdout
    assert 14 <= counted.peak <= 16
    assert [others for _, others in counted.about("solitary")] == [1, 1, 1]
    assert len(report(tmp_path)["verdicts"]) == 67  # type: ignore[arg-type]


@pytest.mark.e2e
def test_a_limit_below_the_number_of_workers(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(12)))
    with counting_gateway(0.05) as counted:
        result = run(
            f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "-n2", "--concurrency=1"
        )
    assert result.returncode == 0, result.stdout
    assert counted.peak == 1
    assert len(report(tmp_path)["verdicts"]) == 12  # type: ignore[arg-type]


@pytest.mark.socket
def test_exclusive_cases_run_alone(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *with_solitary(12))
    with counting_gateway(0.05) as counted:
        result = run(f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}")
    assert result.returncode == 0, result.stdout
    assert [others for _, others in counted.about("solitary")] == [1, 1, 1]
    assert counted.peak > 1


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("option", "fails", "workers"), [("-x", 1, "0"), ("--maxfail=3", 3, "0"), ("--maxfail=3", 3, "2")]
)
def test_a_stopped_run_has_sent_at_most_one_window_more(option: str, fails: int, workers: str, tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}", outcome="refusal") for number in range(60)))
    with counting_gateway(0.05) as counted:
        result = run(
            f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "--concurrency=4", option,
            f"-n{workers}",
        )  # fmt: skip
    assert result.returncode in (1, 2), result.stdout  # xdist calls it an interrupt
    ran = len(report(tmp_path)["verdicts"])  # type: ignore[arg-type]
    told = 2 * int(workers) * QUEUED  # a worker still runs its queued tests
    assert fails <= ran <= fails + told
    assert len(counted.asked) <= ran + told + 5 + max(1, int(workers))  # the window, and the controls


@pytest.mark.socket
def test_only_what_is_selected_is_sent(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", case("one", "Say apple."), case("two", "Say pear."))
    with counting_gateway() as counted:
        run(f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "-k", "two")
    assert counted.about("pear")
    assert not counted.about("apple")


@pytest.mark.socket
def test_with_last_failed_only_those_cases_are_sent(tmp_path: Path) -> None:
    """`--lf` selects tests, and thereby requests."""
    folder = library(tmp_path / "cases", case("one", "Say apple."), case("two", "Say pear.", outcome="refusal"))
    with counting_gateway() as counted:
        arguments = [f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}"]
        remembering = [*arguments, "-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'cache'}"]
        run(*remembering)
        assert [len(counted.about(word)) for word in ("apple", "pear")] == [1, 1]
        run(*remembering, "--lf")
    assert [len(counted.about(word)) for word in ("apple", "pear")] == [1, 2]


@pytest.mark.e2e
def test_an_interrupt_stops_and_leaves_a_report(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(200)))
    with counting_gateway(0.1) as counted:
        arguments = (f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "-v")
        with subprocess.Popen(
            command(*arguments), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            next(line for line in process.stdout if "PASSED" in line)
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=30)
    assert process.returncode == 2, rest
    ran = len(report(tmp_path)["verdicts"])  # type: ignore[arg-type]
    assert 0 < ran < 200
    assert len(counted.asked) <= ran + 10 + 1 + 1  # the window, the control, and the test that was interrupted


@pytest.mark.socket
def test_steps_come_one_after_the_other_and_controls_once(tmp_path: Path) -> None:
    families = ("chat_completions", "responses", "messages")
    texts = part(tmp_path / "cases", *(f"{family}/text.yaml" for family in families))
    with counting_gateway(0.02) as counted:
        run(
            f"--gateway-url={counted.url}", f"--cases={texts}", f"--report-dir={tmp_path}",
            "-k", "replayed-answer or recall",
        )  # fmt: skip
    entries: Any = report(tmp_path)["verdicts"]
    assert entries
    for entry in entries:
        dates = [exchange["date"] for exchange in entry["exchanges"]]
        assert dates == sorted(dates)
    bodies = Counter(body for body, _ in counted.asked)
    spent: Any = report(tmp_path)["spent"]
    assert sum(family["requests"] for family in spent.values()) == bodies.total()
    exchanged = sum(len(entry["exchanges"]) for entry in entries)
    recall = 1  # once for the run: the control request about earlier turns
    assert bodies.total() == exchanged + len({entry["endpoint"] for entry in entries}) + recall


@pytest.mark.e2e
def test_cases_around_other_tests_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """The second of two groups of cases is answered while the first one still waits."""
    listing = json_answer({"data": [{"id": "m"}]})
    error = {"type": "invalid_request_error", "message": "This says no."}
    refusal = json_answer({"type": "error", "error": error, "request_id": "r"}, 400)

    def late_for_pears(connection: socket.socket, said: Said) -> None:
        asked = said.requests[-1]
        if b"pear" in asked:
            said.ended.wait(1.5)
        connection.sendall(listing if asked.startswith(b"GET") else refusal)

    cases = case("a", "Say pear.", outcome="refusal"), case("b", "Say apple.", outcome="refusal")
    folder = library(tmp_path / "cases", *cases)
    first, second = (f"conformance/test_gateway.py::test_gateway[messages/probe/{name}]" for name in ("a", "b"))
    other = "tests/core/test_case_id.py"
    with raw(late_for_pears) as said:
        options = (f"--gateway-url={said.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path}", "--retries=0")
        result = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", first, other, second, *options],
            cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    entries: Any = report(tmp_path)["verdicts"]
    assert [entry["id"] for entry in entries] == ["messages/probe/a", "messages/probe/b"], result.stdout
    assert result.returncode == 0, result.stdout
