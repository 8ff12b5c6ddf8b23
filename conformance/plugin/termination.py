"""SIGTERM ends a run as Ctrl-C does: with the reports on the cases that were judged, and exit code 2.

Containers and CI systems stop a process with SIGTERM, which ends Python at once by default. A run that is interrupted
before its first verdict writes no report, which could replace that of a whole run; it says so on standard error.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from conformance.core.yaml_input import display


def as_interrupt() -> Callable[[], None]:
    """Makes SIGTERM raise KeyboardInterrupt once. Returns a function that restores the handler.

    Does nothing where SIGTERM has a handler already, and outside the main thread, which alone can set one.
    """
    if threading.current_thread() is not threading.main_thread():
        return _nothing
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return _nothing
    signal.signal(signal.SIGTERM, _interrupt)
    return _restore


@contextmanager
def deferred() -> Iterator[None]:
    """Lets SIGINT and SIGTERM wait for the end of the block, so that an interrupt leaves nothing half done.

    Does nothing outside the main thread, in which alone Python runs the handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    own = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in own:
        signal.signal(number, lambda number, _frame: held.append(number))
    try:
        yield
    finally:
        for number, handler in own.items():
            signal.signal(number, handler)
    for one in held:
        signal.raise_signal(one)


@contextmanager
def before_session(folder: Path) -> Iterator[None]:
    """Ends pytest with a sentence if it is interrupted before it has a session, in which it would report that itself.

    `folder` is that of the reports.
    """
    try:
        yield
    except KeyboardInterrupt:
        pytest.exit(nothing_judged(folder), pytest.ExitCode.INTERRUPTED)


def nothing_judged(folder: Path) -> str:
    """A sentence for a run that was interrupted before its first verdict."""
    sentence = "gateway-conformance: the run was interrupted before any case was judged; no report was written"
    return f"{sentence}, and {display(folder)} is of an earlier run" if (folder / "run.json").exists() else sentence


def drop_frames_without_lines(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Leaves out frames that a signal interrupted at an instruction without a line number.

    pytest's report of an interrupt fails on them, and so it would end the run with a traceback and exit code 1.
    """

    def has_line(entry: Any) -> bool:
        return entry._rawentry.tb_lineno is not None

    excinfo.traceback = excinfo.traceback.filter(has_line)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not interrupt the reports
    raise KeyboardInterrupt


def _nothing() -> None:
    """There is nothing to restore."""


def _restore() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
