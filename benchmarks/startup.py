"""Measures what the installed suite costs other projects: the CPU time of `pytest` with and without the plugin."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LIMIT = 0.05
"""Seconds of CPU time that the plugin may cost at the start."""

_WITHOUT = ("-p", "no:conformance.plugin")


def lines(rounds: int) -> Iterator[str]:
    """Runs the tests of a project that does not use the suite; the best of `rounds` counts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_own.py").write_text("def test_own():\n    pass\n", "utf-8")
        _cpu(folder)  # Python compiles the modules once
        pairs = [(_cpu(folder), _cpu(folder, *_WITHOUT)) for _ in range(rounds)]
    beside, alone = (min(found) for found in zip(*pairs, strict=True))
    more = beside - alone
    yield f"pytest in another project: {beside:.3f} s of CPU time with the plugin, {alone:.3f} s without it"
    yield f"ratio {beside / alone:.2f}, difference {more * 1000:.0f} ms"
    yield f"target: at most {LIMIT * 1000:.0f} ms: {'met' if more <= LIMIT else 'missed'}"


def _cpu(folder: Path, *arguments: str) -> float:
    """The CPU time of one process of pytest, in seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHON"))}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - pytest
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "pytest failed"
    return used.ru_utime + used.ru_stime
