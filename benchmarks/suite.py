"""Measures full runs: wall time compared with its lower bound, CPU time, memory, and the collection of cases.

The gateway runs in a separate process, so that its work is not counted.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import bound, where
from benchmarks.processes import PROFILE, Run, judge, pytest
from benchmarks.slow import gateway
from conformance.core.credential import key_headers
from conformance.core.model import Case, Request
from conformance.records import replay
from conformance.reference import DEFAULT_KEY

MAX_OVER_BOUND = 1.15
MAX_CPU_RATIO = 4.0
MAX_COLLECTING = 5.0
MAX_MEGABYTES = 300.0
JUDGED_CONCURRENCY = 32
JUDGED = (300, JUDGED_CONCURRENCY, 1)
"""The run that has a target: latency in milliseconds, concurrency, and all cases (1/1)."""
ROUNDS = 3
"""Repetitions of measurements that have a target. The best counts, because a shared machine has slow phases."""
LONGEST_ROW = 100.0
"""The maximum total latency in seconds. If all cases would exceed it, only one shard of them is run."""


@dataclass(frozen=True, slots=True)
class Wall:
    """One row of the table of wall times: `latency` in ms, `bound` in seconds, and a run of 1/of of the cases."""

    latency: int
    concurrency: int
    of: int
    run: Run
    bound: float

    @property
    def over(self) -> float:
        """The duration of the run as a multiple of the bound."""
        return self.run.seconds / self.bound

    @property
    def judged(self) -> bool:
        """Whether this row has a target."""
        return (self.latency, self.concurrency, self.of) == JUDGED


def walls(latencies: Sequence[int], concurrencies: Sequence[int], alone: Run) -> Iterator[Wall]:
    """Runs each latency with each concurrency. `alone` is a run at concurrency 1 without latency.

    If all cases would take too long at concurrency 1, the same shard is run with every concurrency, and all cases only
    with the highest. The row that has a target is the best of several runs.
    """
    known = bound.cases(PROFILE)
    for latency in latencies:
        of = max(1, math.ceil(latency / 1000 * alone.exchanges / LONGEST_ROW))
        rows = [(concurrency, of) for concurrency in concurrencies]
        with gateway(latency) as url:
            for concurrency, share in rows if of == 1 else [*rows, (max(concurrencies), 1)]:
                wanted = (latency, concurrency, share) == JUDGED
                runs = [judge(url, concurrency, f"--gateway-shard=1/{share}") for _ in range(ROUNDS if wanted else 1)]
                run = min(runs, key=lambda run: run.seconds)
                yield Wall(latency, concurrency, share, run, _bound(run, alone, known, latency / 1000, concurrency))


def _bound(run: Run, alone: Run, known: Mapping[str, Case], latency: float, concurrency: int) -> float:
    ran = {entry["id"] for entry in run.document["verdicts"]}
    return bound.seconds(ran, alone.document, known, latency, concurrency)


def bare(run: Run, concurrency: int) -> float:
    """CPU seconds per exchange when plain httpx sends the requests of a run."""
    requests = [exchange.request for _, exchange in replay.exchanges(run.document)]
    began = time.process_time()
    asyncio.run(_send(requests, concurrency))
    return (time.process_time() - began) / len(requests)


async def _send(requests: Sequence[Request], concurrency: int) -> None:
    waiting = iter(requests)

    async def work(client: httpx.AsyncClient) -> None:
        for request in waiting:
            pairs = (*request.headers, *key_headers(dict.fromkeys(request.auth, DEFAULT_KEY)))
            headers = [(name.encode(), value.encode()) for name, value in pairs]
            async with client.stream(request.method, request.url, headers=headers, content=request.body) as response:
                async for _ in response.aiter_bytes():
                    pass

    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        await asyncio.gather(*(work(client) for _ in range(concurrency)))


def collecting(number: int) -> Run:
    """Collects the given number of generated cases, without sending anything."""
    with tempfile.TemporaryDirectory() as folder:
        for file in range(number // 100):
            Path(folder, f"area-{file}.yaml").write_text(_generated(file), "utf-8")
        return pytest("--collect-only", f"--gateway-cases={folder}")


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
    """All measurements as lines of text, as soon as they are made, with the targets at the end."""
    with gateway(0) as url:
        alone = judge(url, 1)
        busy = [judge(url, JUDGED_CONCURRENCY) for _ in range(ROUNDS)]
        bare_cpu = min(bare(busy[0], JUDGED_CONCURRENCY) for _ in range(ROUNDS))
        told = judge(url, JUDGED_CONCURRENCY, "-p", where.__name__)
    yield _HEAD
    found = []
    for wall in walls(latencies, concurrencies, alone):
        found.append(wall)
        yield _row(wall)
    idle = min(pytest("--collect-only").cpu for _ in range(ROUNDS))
    cpu = (min(run.cpu for run in busy) - idle) / busy[0].exchanges
    yield ""
    yield f"share: if all cases would take over {LONGEST_ROW:g} s, only one shard is run (--gateway-shard=1/N)"
    yield ""
    yield from _where(told.parts, busy[0].exchanges, cpu, bare_cpu, idle)
    many = min((collecting(generated) for _ in range(ROUNDS)), key=lambda run: run.cpu)
    yield f"{generated} generated cases collected and validated: {many.wall:.2f} s, {many.cpu:.2f} s of CPU time"
    yield ""
    for wall in found:
        if wall.judged:
            yield _target("wall time / lower bound, at 300 ms and concurrency 32", wall.over, MAX_OVER_BOUND)
    yield _target("CPU time per exchange / httpx alone", cpu / bare_cpu, MAX_CPU_RATIO)
    yield _target("CPU seconds to collect and validate the generated cases", many.cpu, MAX_COLLECTING)
    yield _target("peak memory of a full run in MB", told.megabytes, MAX_MEGABYTES)


_HEAD = (
    f"{'latency':>8}{'conc.':>9}{'cases':>7}{'share':>7}{'process s':>11}{'run s':>8}{'bound s':>9}{'run/bound':>11}"
)


def _row(wall: Wall) -> str:
    cases = len(wall.run.document["verdicts"])
    share = "all" if wall.of == 1 else f"1/{wall.of}"
    return (
        f"{wall.latency:>8}{wall.concurrency:>9}{cases:>7}{share:>7}{wall.run.wall:>11.2f}{wall.run.seconds:>8.2f}"
        f"{wall.bound:>9.2f}{wall.over:>11.2f}"
    )


def _where(parts: Mapping[str, float], exchanges: int, cpu: float, bare_cpu: float, idle: float) -> Iterator[str]:
    """The CPU time per exchange, and its parts, measured in a further run."""
    yield f"CPU time per exchange: {cpu * 1000:.2f} ms; httpx alone: {bare_cpu * 1000:.2f} ms; the parts:"
    whole = sum(parts.values())
    for name, seconds in parts.items():
        yield f"  {name:<10}{seconds / exchanges * 1000:>6.2f} ms {seconds / whole:>5.0%}"
    yield f"startup and collection, not included: {idle:.2f} s of CPU time"


def _target(name: str, found: float, most: float) -> str:
    return f"{'met   ' if found <= most else 'missed'}  {name}: {found:.2f}, at most {most:g}"
