"""Whether the times in a report are possible: exchanges are sent during the run, one step after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from conformance.analysis.authentic.run import CheckedRun, Part
from conformance.analysis.authentic.selection import WHOLE
from conformance.analysis.rejudge import Difference
from conformance.core.model import Exchange
from conformance.suite.resolve import step_groups

CLOCK = timedelta(minutes=2)
"""How far the clock of a machine may be set back or forward during a run."""
ASLEEP = timedelta(days=1)
"""How long a machine may sleep during a run: the duration of a run does not count that."""
_ROUNDED = 0.001
"""Seconds. The times in a report are rounded."""


def findings(run: CheckedRun, now: datetime | None = None) -> Iterator[Difference]:
    """The times that cannot be; `now` is the time of the check."""
    started = _moment(run.document["started"])
    latest = (now or datetime.now(UTC)) + ASLEEP
    if started is None or started > latest:
        yield Difference(WHOLE, f"it began at {run.document['started']}, which is not a time in the past")
        return
    ended = started + timedelta(seconds=min(run.document["seconds"], _LONGEST))
    for part in run.parts:
        if found := next(_impossible(run, part, started, min(ended + ASLEEP, latest)), ""):
            yield Difference(part.entry["id"], found)


_LONGEST = 10.0**8
"""Seconds, more than any run takes."""


def _impossible(run: CheckedRun, part: Part, started: datetime, latest: datetime) -> Iterator[str]:
    dates = [_moment(exchange.date) for exchange in part.exchanges]
    for index, (exchange, date) in enumerate(zip(part.exchanges, dates, strict=True), 1):
        if date is None:
            yield f"step {index} was sent at {exchange.date!r}, which is not a time"
            continue
        is_early = date < started - CLOCK and not run.is_resumed
        if is_early or (date > latest and run.shards == 1):
            yield f"step {index} was sent at {exchange.date}, but the run began at {run.document['started']}"
        yield from (f"step {index}: {problem}" for problem in _of_exchange(exchange))
        if exchange.seconds > run.document["seconds"] + 1 and not run.is_resumed:
            yield f"step {index} took longer than the run"
    yield from _order(part, [date for date in dates if date])


def _of_exchange(exchange: Exchange) -> Iterator[str]:
    times = [chunk.at for chunk in exchange.chunks]
    if exchange.seconds < 0 or times != sorted(times) or any(at < 0 for at in times):
        yield "its answer has pieces that are older than those before them"
    elif times and times[-1] > exchange.seconds + _ROUNDED:
        yield "its answer has a piece that is later than its end"


def _order(part: Part, dates: Sequence[datetime]) -> Iterator[str]:
    """A step that was sent before the one before it had its answer."""
    if len(dates) != len(part.exchanges):
        return
    groups = [[index for index in group if index < len(dates)] for group in step_groups(part.case.steps)]
    for before, after in pairwise(groups):
        if not before or not after:
            return
        ended = max(dates[index] + timedelta(seconds=part.exchanges[index].seconds) for index in before)
        if min(dates[index] for index in after) < ended - CLOCK:
            yield f"step {after[0] + 1} was sent before the answer to step {before[-1] + 1}"


def _moment(text: str) -> datetime | None:
    """A time in ISO 8601 with a time zone; None if it is not one."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
