"""What a run of the suite costs: wall time against what is possible, CPU, memory, and how fast cases are collected.

The gateway runs in a process of its own, so that its work is not counted. The bound is what no scheduling can beat:
the cases that run alone, one after the other, and for the rest the longest case, or all of them evenly spread over N.
How long a case takes is measured one at a time, without added latency, which is then added for each exchange.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.slow import gateway
from conformance import data, library, replay
from conformance.credential import carried
from conformance.engine import ALONE
from conformance.model import Request
from conformance.reference import DEFAULT_KEY

MOST_OVER_BOUND = 1.15
MOST_CPU_RATIO = 4.0
MOST_COLLECTING = 5.0
MOST_MEGABYTES = 300.0
JUDGED_LATENCY, JUDGED_CONCURRENCY = 300, 32
_ROOT = Path(__file__).parent.parent
_PROFILE = _ROOT / "conformance" / "reference" / "profile.yaml"
_SLOWEST = 1000
"""From so many milliseconds on, one at a time takes longer than anybody waits: a selection runs."""
_SELECTION = "text"


@dataclass(frozen=True, slots=True)
class Run:
    """A process of pytest: seconds from start to end, and of CPU; megabytes at most; its report, if it wrote one."""

    wall: float
    cpu: float
    megabytes: float
    document: Any

    @property
    def exchanges(self) -> int:
        """How many were sent, controls and all."""
        return sum(family["requests"] for family in self.document["spent"].values())

    @property
    def sending(self) -> float:
        """Seconds from when the gateway was reached to the last verdict."""
        return float(self.document["seconds"])


@dataclass(frozen=True, slots=True)
class Wall:
    """One line of the table of wall times: seconds, but for latency in milliseconds."""

    latency: int
    concurrency: int
    cases: int
    run: Run
    bound: float

    @property
    def over(self) -> float:
        """How many times the bound the whole process took, less what it takes to start and to collect."""
        return self.run.sending / self.bound


def pytest(*arguments: str) -> Run:
    """Runs pytest to its end, and measures it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--report-dir={folder}", *arguments]
        environment = {**os.environ, "GATEWAY_API_KEY": DEFAULT_KEY}
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - pytest
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = 0
        written = Path(folder, "run.json")
        document = json.loads(written.read_text("utf-8")) if written.exists() else None
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, document)


def judge(url: str, concurrency: int, *more: str) -> Run:
    """A run against a gateway that makes the claims of the reference gateway."""
    return pytest(f"--gateway-url={url}", f"--gateway-profile={_PROFILE}", f"--concurrency={concurrency}", *more)


def walls(latencies: Sequence[int], concurrencies: Sequence[int], alone: Run) -> Iterator[Wall]:
    """Each latency with each concurrency; `alone` is a run one at a time without latency."""
    solitary = {case.id for case in library.load(data.folder("cases")) if ALONE in case.marks}
    for latency in latencies:
        with gateway(latency) as url:
            for concurrency in concurrencies:
                more = (
                    ("-k", _SELECTION)
                    if latency * len(alone.document["verdicts"]) > _SLOWEST * 200 * concurrency
                    else ()
                )
                run = judge(url, concurrency, *more)
                yield _wall(latency, concurrency, run, alone, solitary)


def _wall(latency: int, concurrency: int, run: Run, alone: Run, solitary: set[str]) -> Wall:
    ran = {entry["id"] for entry in run.document["verdicts"]}
    seconds = {
        entry["id"]: entry["seconds"] + latency / 1000 * len(entry["exchanges"])
        for entry in alone.document["verdicts"]
        if entry["id"] in ran
    }
    together = [took for name, took in seconds.items() if name not in solitary]
    bound = sum(took for name, took in seconds.items() if name in solitary)
    bound += max(max(together), sum(together) / concurrency)
    return Wall(latency, concurrency, len(ran), run, bound)


def bare(run: Run, concurrency: int) -> float:
    """CPU seconds of an exchange when nothing but httpx sends the requests of a run."""
    requests = [exchange.request for _, exchange in replay.exchanges(run.document)]
    began = time.process_time()
    asyncio.run(_send(requests, concurrency))
    return (time.process_time() - began) / len(requests)


async def _send(requests: Sequence[Request], concurrency: int) -> None:
    waiting = iter(requests)

    async def work(client: httpx.AsyncClient) -> None:
        for request in waiting:
            pairs = (*request.headers, *carried(dict.fromkeys(request.auth, DEFAULT_KEY)))
            headers = [(name.encode(), value.encode()) for name, value in pairs]
            async with client.stream(request.method, request.url, headers=headers, content=request.body) as response:
                async for _ in response.aiter_bytes():
                    pass

    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        await asyncio.gather(*(work(client) for _ in range(concurrency)))


def collecting(number: int) -> Run:
    """Collects so many generated cases, and sends nothing."""
    with tempfile.TemporaryDirectory() as folder:
        for file in range(number // 100):
            Path(folder, f"area-{file}.yaml").write_text(_generated(file), "utf-8")
        return pytest("--collect-only", f"--cases={folder}")


def _generated(file: int) -> str:
    head = f"family: messages\narea: area-{file}\nsource: https://docs.anthropic.com/en/api/messages\ncases:\n"
    return head + "".join(_CASE.format(number=number, file=file) for number in range(100))


_CASE = """\
  - id: case-{number}
    title: The generated case {number} of file {file} gets an answer
    request:
      body:
        model: $model
        max_tokens: 64
        messages: [{{role: user, content: "Reply with exactly: $canary {number}"}}]
    expect:
      outcome: success
      answer: {{contains: $canary}}
"""


def report(latencies: Sequence[int], concurrencies: Sequence[int], generated: int) -> Iterator[str]:
    """Everything, as lines of text, as it is found; the targets at the end."""
    with gateway(0) as url:
        alone = judge(url, 1)
        busy = judge(url, JUDGED_CONCURRENCY)
        bare_cpu = min(bare(busy, JUDGED_CONCURRENCY) for _ in range(3))
    idle = pytest("--collect-only")
    yield f"{'latency':>8}{'at once':>9}{'cases':>7}{'process s':>11}{'run s':>8}{'bound s':>9}{'run/bound':>11}"
    judged = None
    for wall in walls(latencies, concurrencies, alone):
        yield (
            f"{wall.latency:>8}{wall.concurrency:>9}{wall.cases:>7}{wall.run.wall:>11.2f}{wall.run.sending:>8.2f}"
            f"{wall.bound:>9.2f}{wall.over:>11.2f}"
        )
        if (wall.latency, wall.concurrency) == (JUDGED_LATENCY, JUDGED_CONCURRENCY):
            judged = wall
    yield ""
    cpu = (busy.cpu - idle.cpu) / busy.exchanges
    yield f"starting and collecting: {idle.wall:.2f} s, {idle.cpu:.2f} s of CPU"
    yield f"CPU of an exchange, sent, judged and reported: {cpu * 1000:.2f} ms; httpx alone: {bare_cpu * 1000:.2f} ms"
    many = collecting(generated)
    yield f"{generated} generated cases collected: {many.wall:.2f} s, {many.cpu:.2f} s of CPU"
    yield ""
    if judged:
        yield _target("wall time over the bound at 300 ms, 32 at once", judged.over, MOST_OVER_BOUND)
    yield _target("CPU of an exchange, times httpx alone", cpu / bare_cpu, MOST_CPU_RATIO)
    yield _target("seconds of CPU to collect the generated cases", many.cpu, MOST_COLLECTING)
    yield _target("megabytes of memory of a full run", busy.megabytes, MOST_MEGABYTES)


def _target(name: str, found: float, most: float) -> str:
    return f"{'met   ' if found <= most else 'missed'}  {name}: {found:.2f}, at most {most:g}"
