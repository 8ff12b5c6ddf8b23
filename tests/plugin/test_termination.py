"""SIGTERM during a run, and after it. tests/run/test_resume.py sends it to whole runs."""

from __future__ import annotations

import contextlib
import dis
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pytest

from conformance.plugin import hooks
from conformance.plugin.termination import as_interrupt, deferred, drop_frames_without_lines
from conformance.records.journal import Journal
from tests.support import suite
from tests.support.servers import Said, raw

NOTHING = "gateway-conformance: the run was interrupted before any case was judged; no report was written"


@pytest.fixture(autouse=True)
def _default() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_first_signal_interrupts_and_the_second_does_not() -> None:
    restore = as_interrupt()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    restore()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_handler_of_another_program_stays() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    as_interrupt()()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_deferred_interrupt_comes_after_the_block(number: signal.Signals) -> None:
    restore, before, done = as_interrupt(), signal.getsignal(signal.SIGINT), []

    def interrupted() -> None:
        with deferred():
            signal.raise_signal(number)
            done.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done
    assert signal.getsignal(signal.SIGINT) is before
    restore()


def test_a_signal_that_is_ignored_stays_ignored_after_the_block() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with deferred():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_another_thread_changes_nothing() -> None:
    def change() -> None:
        as_interrupt()()
        with deferred():
            pass

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def frame() -> FrameType:
    with contextlib.suppress(ValueError):
        return sys._getframe()
    raise AssertionError


def test_an_interrupt_between_two_lines_can_be_reported() -> None:
    inside = frame()
    without = next(
        instruction.offset
        for instruction in dis.get_instructions(inside.f_code)
        if instruction.opname == "RERAISE" and instruction.positions and instruction.positions.lineno is None
    )
    between = TracebackType(None, inside, without, -1)
    if between.tb_lineno is not None:
        pytest.skip("early versions of Python 3.11 have the line -1 there, and pytest's report shows it")
    trace = TracebackType(between, sys._getframe(), 0, 1)
    excinfo = pytest.ExceptionInfo.from_exc_info((KeyboardInterrupt, KeyboardInterrupt(), trace))
    with pytest.raises(TypeError):
        excinfo.getrepr()
    drop_frames_without_lines(excinfo)
    assert len(excinfo.traceback) == 1
    assert "KeyboardInterrupt" in str(excinfo.getrepr())


@pytest.mark.parametrize("earlier", [False, True])
def test_an_interrupt_while_the_cases_are_loaded_is_told(
    earlier: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(hooks, "load_cases", interrupted)
    if earlier:
        (tmp_path / "run.json").write_text("{}", "utf-8")
    result = suite.run(f"--gateway-report-dir={tmp_path}")
    assert result.returncode == 2
    assert f"{NOTHING}{f', and {tmp_path} is of an earlier run' if earlier else ''}\n" in result.stderr
    assert [path.read_text("utf-8") for path in tmp_path.iterdir()] == ["{}"] * earlier
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.socket
def test_an_interrupt_before_the_first_verdict_is_told(tmp_path: Path) -> None:
    """The signal arrives during the preflight."""

    def terminates(_connection: socket.socket, said: Said) -> None:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL  # else it would end these tests
        os.kill(os.getpid(), signal.SIGTERM)
        said.ended.wait()

    folder = suite.library(tmp_path / "cases", suite.case("one"))
    with raw(terminates) as server:
        result = suite.run(
            f"--gateway-url={server.origin}/v1", f"--gateway-cases={folder}", f"--gateway-report-dir={tmp_path / 'r'}"
        )
    assert result.returncode == 2, result.stdout
    assert f"{NOTHING}\n" in result.stderr
    assert not (tmp_path / "r").exists()


@pytest.mark.socket
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_a_verdict_is_kept_leaves_it_in_the_report_and_the_journal(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Journal.add

    def interrupted(*arguments: Any) -> None:
        signal.raise_signal(number)
        add(*arguments)

    monkeypatch.setattr(Journal, "add", interrupted)
    folder = suite.library(tmp_path / "cases", suite.case("one"), suite.case("two"))
    result = suite.run(f"--gateway-cases={folder}", f"--gateway-report-dir={tmp_path / 'r'}")
    assert result.returncode == 2, result.stdout
    assert "interrupted after 1 of 2 cases; to continue" in result.stdout
    [entry] = suite.report(tmp_path / "r")["verdicts"]  # type: ignore[misc,attr-defined]
    lines = (tmp_path / "r" / "verdicts.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines[1:]] == [entry["id"]]
