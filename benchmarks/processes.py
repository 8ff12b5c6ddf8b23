"""Runs of pytest in processes of their own, and what they take: time, CPU and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import where
from conformance.reference import DEFAULT_KEY

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "conformance" / "reference" / "profile.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """A process of pytest: seconds from start to end, and of CPU; megabytes at most; its report, if it wrote one.

    `parts` are seconds of CPU by what they went into, where that was asked.
    """

    wall: float
    cpu: float
    megabytes: float
    document: Any
    parts: dict[str, float]

    @property
    def exchanges(self) -> int:
        """How many were sent, controls and all."""
        return sum(family["requests"] for family in self.document["spent"].values())

    @property
    def sending(self) -> float:
        """Seconds from when the gateway was reached to the last verdict."""
        return float(self.document["seconds"])


def pytest(*arguments: str) -> Run:
    """Runs pytest to its end, and measures it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--report-dir={folder}", *arguments]
        environment = {**os.environ, "GATEWAY_API_KEY": DEFAULT_KEY, where.VARIABLE: str(Path(folder, "parts.json"))}
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - pytest
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = 0
        document, parts = (_read(Path(folder, name)) for name in ("run.json", "parts.json"))
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, document, parts or {})


def judge(url: str, concurrency: int, *more: str) -> Run:
    """A run against a gateway that makes the claims of the reference gateway."""
    return pytest(f"--gateway-url={url}", f"--gateway-profile={PROFILE}", f"--concurrency={concurrency}", *more)


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
