"""The progress line: its text, and that only a terminal gets it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from conformance.records import journal
from conformance.run.progress import Progress, line
from tests.support.counting import counting_gateway
from tests.support.paths import ROOT
from tests.support.suite import case, command, environment, library, run


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Progress(0, 10, 0, 0.0, 4, 5, 0), "0/10, 4 in flight, 5 requests, 0 tokens"),
        (Progress(5, 10, 0, 10.0, 4, 9, 70), "5/10, 4 in flight, 9 requests, 70 tokens, about 10 s left"),
        (
            Progress(1, 101, 1, 2.0, 1, 2, 3),
            "1/101, 1 failed, 1 in flight, 2 requests, 3 tokens, about 3 min 20 s left",
        ),
        (Progress(5, 10, 2, 5.0), "5/10, 2 failed, about 5 s left"),
        (Progress(10, 10, 0, 5.0, 0, 10, 90), "10/10, 0 in flight, 10 requests, 90 tokens"),
    ],
)
def test_the_line(now: Progress, said: str) -> None:
    assert line(now, 200) == said
    assert len(line(now, 12)) == 11


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """The terminal output of a run."""
    ours, theirs = pty.openpty()
    outside = {name: value for name, value in environment(TERM="xterm").items() if name != "CI"}
    with subprocess.Popen(
        command(*arguments), cwd=ROOT, env={**outside, **variables}, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while got := os.read(ours, 65536):
                said += got
        except OSError:  # the terminal has no writer left
            pass
        os.close(ours)
    assert process.returncode == 0, said
    return said.decode()


@pytest.mark.e2e
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


@pytest.mark.e2e
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
