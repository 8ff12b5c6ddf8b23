"""SIGTERM during a run, and after it. tests/run/test_resume.py sends it to whole runs."""

from __future__ import annotations

import contextlib
import dis
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType, TracebackType

import pytest

from conformance.plugin.termination import as_interrupt, drop_frames_without_lines


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


def test_another_thread_changes_nothing() -> None:
    thread = threading.Thread(target=lambda: as_interrupt()())
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
    assert between.tb_lineno is None
    trace = TracebackType(between, sys._getframe(), 0, 1)
    excinfo = pytest.ExceptionInfo.from_exc_info((KeyboardInterrupt, KeyboardInterrupt(), trace))
    with pytest.raises(TypeError):
        excinfo.getrepr()
    drop_frames_without_lines(excinfo)
    assert len(excinfo.traceback) == 1
    assert "KeyboardInterrupt" in str(excinfo.getrepr())
