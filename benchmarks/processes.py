"""Runs pytest in a separate process and measures time, CPU time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import where
from conformance.records.run_file import read_run
from conformance.reference import DEFAULT_KEY

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "conformance" / "reference" / "profile.yaml"


@dataclass(frozen=True, slots=True)
class Run:
    """A finished pytest process: `wall` and `cpu` in seconds, and its report, if it wrote one.

    `parts` and `megabytes` come from the plugin `where`, if it was loaded.
    """

    wall: float
    cpu: float
    document: Any
    parts: Mapping[str, float]
    megabytes: float

    @property
    def exchanges(self) -> int:
        """The number of exchanges, including control requests."""
        return sum(family["requests"] for family in self.document["spent"].values())

    @property
    def seconds(self) -> float:
        """Seconds from the loaded cases to the last verdict: pytest's collection and all exchanges."""
        return float(self.document["seconds"])


def pytest(*arguments: str) -> Run:
    """Runs pytest to its end and measures it."""
    with tempfile.TemporaryDirectory() as folder:
        own = ("-q", "-p", "no:cacheprovider", f"--gateway-report-dir={folder}")
        command = [sys.executable, "-m", "pytest", *own, *arguments]
        environment = {**os.environ, "GATEWAY_API_KEY": DEFAULT_KEY, where.VARIABLE: str(Path(folder, "told.json"))}
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - pytest
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = 0
        run = Path(folder, "run.json")
        document, told = read_run(run) if run.exists() else {}, _read(Path(folder, "told.json")) or {}
    return Run(wall, used.ru_utime + used.ru_stime, document, told.get("parts", {}), told.get("megabytes", 0.0))


def judge(url: str, concurrency: int, *more: str) -> Run:
    """Tests a gateway with the profile of the reference gateway."""
    return pytest(f"--gateway-url={url}", f"--gateway-profile={PROFILE}", f"--gateway-concurrency={concurrency}", *more)


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
