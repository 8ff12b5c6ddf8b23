"""The progress line: its text, and that only a terminal gets it."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import threading
from pathlib import Path

import pytest

from conformance.records import journal
from conformance.run.progress import Progress, continuation, line
from tests.support.counting import counting_gateway
from tests.support.paths import ROOT
from tests.support.suite import OPTIONS, case, library, run, run_into


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Progress(0, 10, 0, 0.0, 1, 4, 5, 0), "0/10, 4 in flight, 5 requests, 0 tokens"),
        (Progress(5, 10, 0, 11.0, 1, 4, 9, 70), "5/10, 4 in flight, 9 requests, 70 tokens, about 9 s left"),
        (Progress(23, 1731, 1, 9.0, 8, 8), "23/1731, 1 failed, 8 in flight"),
        (Progress(28, 128, 1, 64.0, 8, 8), "28/128, 1 failed, 8 in flight, about 3 min 12 s left"),
        (
            Progress(24, 1731, 0, 20.0, 8, 8, 208, 9, 2108),
            "24/1731, 8 in flight, 208 requests, 9 tokens, about 3 min 07 s left",
        ),
        (
            Progress(28, 128, 0, 64.0, 8, 8, 300, 9, 290),
            "28/128, 8 in flight, 300 requests, 9 tokens, about 3 min 12 s left",
        ),
        (Progress(5, 10, 2, 5.5), "5/10, 2 failed, about 4 s left"),
        (Progress(10, 10, 0, 5.0, 1, 0, 10, 90), "10/10, 0 in flight, 10 requests, 90 tokens"),
    ],
)
def test_the_line(now: Progress, said: str) -> None:
    assert line(now, 200) == said
    assert len(line(now, 12)) == min(11, len(said))


@pytest.mark.parametrize(
    ("resumed", "how"),
    [(False, "with --gateway-resume"), (True, "again")],
)
def test_an_interrupted_run_says_how_to_continue(resumed: bool, how: str) -> None:
    said = f"interrupted after 1,200 of 1,731 cases; to continue, run the same command {how}"
    assert continuation(1200, 1731, resumed) == said


def on_a_terminal(*arguments: str, code: int = 0, **variables: str) -> str:
    """The terminal output of a run that ends with this exit code."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        with contextlib.suppress(OSError):  # the terminal has no writer left
            while got := os.read(ours, 65536):
                shown.append(got)

    reader = threading.Thread(target=read)
    reader.start()
    usual = {"TERM": "xterm", "COLUMNS": "80", "CI": None}
    with os.fdopen(theirs, "w", encoding="utf-8") as output:
        ended = run_into(output, output, (*OPTIONS, *arguments), ROOT, {**usual, **variables})
    reader.join()
    os.close(ours)
    said = b"".join(shown).decode()
    assert ended == code, said
    return said


@pytest.mark.socket
def test_a_terminal_gets_it_and_nothing_else_does(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(6)))
    with counting_gateway(0.05) as counted:
        arguments = (f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "--concurrency=2")
        shown = on_a_terminal(*arguments)
        in_ci = on_a_terminal(*arguments, CI="true")
        piped = run(*arguments).stdout
    assert "in flight" in shown
    assert "6/6" in shown
    assert "left" in shown
    assert "in flight" not in in_ci + piped
    assert "......" in piped


@pytest.mark.socket
def test_a_terminal_gets_the_word_failed(tmp_path: Path) -> None:
    """The case expects an error, and the gateway answers."""
    folder = library(tmp_path / "cases", case("c0"), case("c1", outcome="refusal"))
    with counting_gateway() as counted:
        shown = on_a_terminal(
            f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "-rf", code=1
        )
    colourless = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "FAILED conformance/test_gateway.py::test_gateway[messages/probe/c1]" in colourless
    assert "2/2, 1 failed" in colourless


@pytest.mark.socket
def test_a_resumed_run_counts_its_own_requests(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(6)))
    with counting_gateway() as counted:
        arguments = (f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}")
        run(*arguments)
        path = tmp_path / journal.NAME
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
        shown = on_a_terminal(*arguments, "--resume")
    assert "1/2, " in shown
    assert "2/2, " in shown
    assert not re.search(r"\b6/\d", shown)
