"""The cost of judging streams, by family and length, and whether it keeps to its targets."""

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
"""The shorter streams are judged more often, for their best is as much a matter of luck as of length."""


@dataclass(frozen=True, slots=True)
class Row:
    """What judging one stream cost. `ratio` is the cost of ten times as many events as in the stream before it.

    `memory` and `whole` are multiples of the body: the peak of what judging takes, and that with the exchange itself,
    of which every event is a part of its own. `speed` is the SSE reader's alone, in MB/s.
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
        """For each event, on average."""
        return self.seconds / self.events * 1e6


def rows(counts: Sequence[int], rounds: int) -> list[Row]:
    """Judges a stream of each family with each count of deltas, in ascending order."""
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
    """The rows as lines of text."""
    yield f"{'family':18}{'events':>8}{'ms':>9}{'µs/event':>10}{'x10':>7}{'memory':>8}{'whole':>7}{'MB/s':>6}"
    for row in found:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        yield (
            f"{row.family:18}{row.events:>8}{row.seconds * 1e3:>9.1f}{row.microseconds:>10.1f}{ratio:>7}"
            f"{row.memory:>8.2f}{row.whole:>7.2f}{row.speed:>6.0f}"
        )


def targets(found: Sequence[Row]) -> Iterator[str]:
    """Each target, the worst figure of the rows, and whether that meets it."""
    ratio = max((row.ratio for row in found if row.ratio is not None), default=0.0)
    yield _target("x10: the cost of ten times the events", f"at most {MAX_RATIO:g}", ratio, ratio <= MAX_RATIO)
    time = max(row.microseconds for row in found)
    yield _target("µs for an event, on average", f"under {MAX_MICROSECONDS:g}", time, time < MAX_MICROSECONDS)
    memory = max(row.memory for row in found)
    yield _target("memory, in bodies", f"under {MAX_MEMORY:g}", memory, memory < MAX_MEMORY)
    speed = min(row.speed for row in found)
    yield _target("MB/s of the SSE reader alone", f"over {LEAST_SPEED:g}", speed, speed > LEAST_SPEED)


def _target(what: str, limit: str, worst: float, met: bool) -> str:
    return f"{'met   ' if met else 'MISSED'} {what}: {limit}, at worst {worst:.1f}"


def _warm_up() -> None:
    """Schemas and rules are read once in a process, whatever is judged."""
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
