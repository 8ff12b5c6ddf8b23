"""What a run of the suite costs: wall time against what is possible, CPU, memory, and how fast cases are collected.

The gateway runs in a process of its own, so that its work is not counted.
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
"""The line that has a target: latency, concurrency, and all of the cases."""
ROUNDS = 3
"""So often is done what has a target; the best counts, for a shared machine is slow for a while."""
LONGEST_ROW = 100.0
"""Seconds of latency, one after the other, that anybody waits for: beyond, a share of the cases stands for all."""


@dataclass(frozen=True, slots=True)
class Wall:
    """One line of the table of wall times: seconds, but for latency in milliseconds; the share of the cases is 1/of."""

    latency: int
    concurrency: int
    of: int
    run: Run
    bound: float

    @property
    def over(self) -> float:
        """How many times the bound the run took."""
        return self.run.seconds / self.bound

    @property
    def judged(self) -> bool:
        """Whether there is a target for it."""
        return (self.latency, self.concurrency, self.of) == JUDGED


def walls(latencies: Sequence[int], concurrencies: Sequence[int], alone: Run) -> Iterator[Wall]:
    """Each latency with each concurrency; `alone` is a run one at a time without latency.

    Where all cases take too long one at a time, the same share of them runs with every concurrency, and all of them
    with the highest. Of the line that has a target, the best of several runs.
    """
    known = bound.cases(PROFILE)
    for latency in latencies:
        of = max(1, math.ceil(latency / 1000 * alone.exchanges / LONGEST_ROW))
        rows = [(concurrency, of) for concurrency in concurrencies]
        with gateway(latency) as url:
            for concurrency, share in rows if of == 1 else [*rows, (max(concurrencies), 1)]:
                wanted = (latency, concurrency, share) == JUDGED
                runs = [judge(url, concurrency, f"--shard=1/{share}") for _ in range(ROUNDS if wanted else 1)]
                run = min(runs, key=lambda run: run.seconds)
                yield Wall(latency, concurrency, share, run, _bound(run, alone, known, latency / 1000, concurrency))


def _bound(run: Run, alone: Run, known: Mapping[str, Case], latency: float, concurrency: int) -> float:
    ran = {entry["id"] for entry in run.document["verdicts"]}
    return bound.seconds(ran, alone.document, known, latency, concurrency)


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
            pairs = (*request.headers, *key_headers(dict.fromkeys(request.auth, DEFAULT_KEY)))
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
    yield f"share: the same 1/N of the cases (--shard=1/N) stands for all where they take over {LONGEST_ROW:g} s"
    yield ""
    yield from _where(told.parts, busy[0].exchanges, cpu, bare_cpu, idle)
    many = min((collecting(generated) for _ in range(ROUNDS)), key=lambda run: run.cpu)
    yield f"{generated} generated cases collected and validated: {many.wall:.2f} s, {many.cpu:.2f} s of CPU"
    yield ""
    for wall in found:
        if wall.judged:
            yield _target("wall time over the bound at 300 ms, 32 at once", wall.over, MAX_OVER_BOUND)
    yield _target("CPU of an exchange, times httpx alone", cpu / bare_cpu, MAX_CPU_RATIO)
    yield _target("seconds of CPU to collect and validate the generated cases", many.cpu, MAX_COLLECTING)
    yield _target("megabytes of memory of a full run", told.megabytes, MAX_MEGABYTES)


_HEAD = (
    f"{'latency':>8}{'at once':>9}{'cases':>7}{'share':>7}{'process s':>11}{'run s':>8}{'bound s':>9}{'run/bound':>11}"
)


def _row(wall: Wall) -> str:
    cases = len(wall.run.document["verdicts"])
    share = "all" if wall.of == 1 else f"1/{wall.of}"
    return (
        f"{wall.latency:>8}{wall.concurrency:>9}{cases:>7}{share:>7}{wall.run.wall:>11.2f}{wall.run.seconds:>8.2f}"
        f"{wall.bound:>9.2f}{wall.over:>11.2f}"
    )


def _where(parts: Mapping[str, float], exchanges: int, cpu: float, bare_cpu: float, idle: float) -> Iterator[str]:
    """The CPU of an exchange, and what it goes into, measured in another run."""
    yield f"CPU of an exchange: {cpu * 1000:.2f} ms; httpx alone: {bare_cpu * 1000:.2f} ms; where it goes:"
    whole = sum(parts.values())
    for name, seconds in parts.items():
        yield f"  {name:<10}{seconds / exchanges * 1000:>6.2f} ms {seconds / whole:>5.0%}"
    yield f"starting and collecting, not counted there: {idle:.2f} s of CPU"


def _target(name: str, found: float, most: float) -> str:
    return f"{'met   ' if found <= most else 'missed'}  {name}: {found:.2f}, at most {most:g}"
