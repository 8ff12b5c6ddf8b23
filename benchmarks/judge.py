"""Measures the judging of streams, by family and length, and compares the results with the targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import measure, streams
from conformance.core.model import Exchange
from conformance.judge import contract
from conformance.protocol import sse

MAX_RATIO = 11.0
MAX_MICROSECONDS = 150.0
MAX_MEMORY = 4.0
LEAST_SPEED = 30.0
_SHORT = 3
"""Shorter streams are judged this many times more often, because their best time varies more."""


@dataclass(frozen=True, slots=True)
class Row:
    """The measurements of one stream.

    `ratio` is the CPU time relative to the next shorter stream, scaled to ten times the events. `memory` and `whole`
    are multiples of the body's size: the peak memory of judging, without and with the exchange itself, in which every
    event is a separate chunk. `speed` is the speed of the SSE reader alone, in MB/s.
    """

    family: str
    events: int
    seconds: float
    ratio: float | None
    memory: float
    whole: float
    speed: float

    @property
    def microseconds(self) -> float:
        """Microseconds of CPU time per event, on average."""
        return self.seconds / self.events * 1e6


def rows(counts: Sequence[int], rounds: int) -> list[Row]:
    """Judges one stream for each family and number of deltas. `counts` is in ascending order."""
    _warm_up()
    built = {(family, count): build(count) for count in counts for family, build in streams.FAMILIES.items()}
    judging = _best(built, rounds, max(counts))
    reading = measure.seconds({key: partial(sse.read, exchange.chunks) for key, exchange in built.items()}, rounds)
    return [
        _row(family, count, judging[family, count], _ratio(family, count, counts, judging), reading[family, count])
        for family in streams.FAMILIES
        for count in counts
    ]


def table(found: Sequence[Row]) -> Iterator[str]:
    """The rows as a text table."""
    yield f"{'family':18}{'events':>8}{'ms':>9}{'µs/event':>10}{'x10':>7}{'memory':>8}{'whole':>7}{'MB/s':>6}"
    for row in found:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        yield (
            f"{row.family:18}{row.events:>8}{row.seconds * 1e3:>9.1f}{row.microseconds:>10.1f}{ratio:>7}"
            f"{row.memory:>8.2f}{row.whole:>7.2f}{row.speed:>6.0f}"
        )


def targets(found: Sequence[Row]) -> Iterator[str]:
    """One line per target, with the worst value of all rows and whether it meets the target."""
    ratio = max((row.ratio for row in found if row.ratio is not None), default=0.0)
    yield _target("x10: CPU time of ten times the events", f"at most {MAX_RATIO:g}", ratio, ratio <= MAX_RATIO)
    time = max(row.microseconds for row in found)
    yield _target("µs per event, on average", f"under {MAX_MICROSECONDS:g}", time, time < MAX_MICROSECONDS)
    memory = max(row.memory for row in found)
    yield _target("memory, as a multiple of the body", f"under {MAX_MEMORY:g}", memory, memory < MAX_MEMORY)
    speed = min(row.speed for row in found)
    yield _target("MB/s of the SSE reader alone", f"over {LEAST_SPEED:g}", speed, speed > LEAST_SPEED)


def _target(what: str, limit: str, worst: float, met: bool) -> str:
    return f"{'met   ' if met else 'MISSED'} {what}: {limit}, worst {worst:.1f}"


def _warm_up() -> None:
    """Loads schemas and rules, which happens once per process."""
    for build in streams.FAMILIES.values():
        contract.findings(build(1))


def _best(built: dict[tuple[str, int], Exchange], rounds: int, most: int) -> dict[tuple[str, int], float]:
    works = {key: partial(contract.findings, exchange) for key, exchange in built.items()}
    best = measure.seconds(works, rounds)
    short = {key: work for key, work in works.items() if key[1] < most}
    again = measure.seconds(short, rounds * _SHORT)
    return {key: min(taken, again.get(key, taken)) for key, taken in best.items()}


def _ratio(family: str, count: int, counts: Sequence[int], taken: dict[tuple[str, int], float]) -> float | None:
    place = counts.index(count)
    if place == 0:
        return None
    before = counts[place - 1]
    return 10 * (taken[family, count] / count) / (taken[family, before] / before)


def _row(family: str, count: int, judging: float, ratio: float | None, reading: float) -> Row:
    used = measure.memory(partial(streams.FAMILIES[family], count), contract.findings)
    size = len(streams.body(streams.FAMILIES[family](count)))
    whole = (used.held + used.added) / size
    return Row(family, count, judging, ratio, used.added / size, whole, size / reading / 1e6)
