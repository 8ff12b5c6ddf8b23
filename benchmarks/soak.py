"""The memory of the suite during a soak of the reference gateway, which runs in processes of its own."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.client.http import Client
from conformance.client.provider import ProviderAddress
from conformance.reference.apart import apart
from conformance.report.soak import text as soak_text
from conformance.run.soak import soaked
from conformance.run.soak_plan import Plan
from conformance.target.profile import Profile
from conformance.target.target import Target

TOLERANCE = 0.05
WARM_UP = 60.0
"""Seconds. By then all connections are open and all code is imported; growth is measured from there."""
_EVERY = 1.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


def lines(minutes: float, at_once: int) -> Iterator[str]:
    """The result of the soak, and the resident memory of this process at its start, after a minute, and at its end."""
    with apart(is_scripted=True) as running, Client(60) as client, _watched() as memory:
        address = ProviderAddress(running.provider_url.removesuffix("/v1"), running.key, running.key)
        target = Target(running.gateway_url, Profile(), running.key, {"default": running.model})
        found = soaked(Plan(minutes * 60, at_once), target, client, address)
    yield from soak_text.lines(found)
    settled = [size for at, size in memory if at >= WARM_UP]
    said = ", ".join(f"{size:.1f} MB after {at:.0f} s" for at, size in (memory[0], *memory[60::60], memory[-1]))
    yield f"resident memory: {said}"
    if not settled:
        yield f"memory not judged: the soak is shorter than {WARM_UP:.0f} s"
        return
    off = max(abs(size / settled[0] - 1) for size in settled)
    verdict = "met" if off <= TOLERANCE else "MISSED"
    yield f"{verdict}: at most {off:.1%} off the {settled[0]:.1f} MB after {WARM_UP:.0f} s (target: {TOLERANCE:.0%})"


@contextmanager
def _watched() -> Iterator[list[tuple[float, float]]]:
    """Collects (seconds, megabytes of this process) once a second until the block ends, and prints each minute's."""
    begun, stop = time.monotonic(), threading.Event()
    found = [(0.0, _megabytes())]

    def watch() -> None:
        while not stop.wait(_EVERY):
            found.append((time.monotonic() - begun, _megabytes()))
            if len(found) % 60 == 1:
                print("{:.0f} s: {:.2f} MB".format(*found[-1]), file=sys.stderr, flush=True)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()
        found.append((time.monotonic() - begun, _megabytes()))


def _megabytes() -> float:
    """The resident memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * _PAGE / 1e6
