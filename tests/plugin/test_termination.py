"""SIGTERM during a run, and after it. tests/run/test_resume.py sends it to whole runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from conformance.plugin.termination import as_interrupt


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
