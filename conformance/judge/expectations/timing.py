"""Keywords about time: `within`, and `incremental`, which requires that a stream is passed on as it is generated.

The speed of the model is unknown. But a gateway that collects a stream sends its first event after the model's last,
so a long answer begins later than a short one and then arrives all at once. Network noise can look like this once;
the case sends short and long requests in turn, and all pairs must show it.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.judge import timing_limits
from conformance.judge.expectations.context import Context
from conformance.protocol.reading import Reading


def incremental(_want: JSON, reading: Reading, context: Context) -> Iterator[Breach]:
    """The last step of a case whose steps are pairs: a short answer and a long one of the same kind."""
    readings = [*context.earlier, reading]
    pairs = list(zip(readings[::2], readings[1::2], strict=False))
    if pairs and all(_collected(short, long) for short, long in pairs):
        long = pairs[-1][1]
        first, last = _span(long)
        got = f"{len(long.events)} events within {last - first:.3f} s, after {first:.2f} s of silence"
        yield Breach("case.incremental", "the first event long before the last", got)


def within(want: float, reading: Reading, _context: Context) -> Iterator[Breach]:
    """The seconds within which the whole answer must have arrived."""
    seconds = reading.exchange.seconds
    if seconds > want:
        yield Breach("case.in-time", f"a complete response within {want:g} s", f"{seconds:.2f} s")


def _collected(short: Reading, long: Reading) -> bool:
    if len(long.events) < timing_limits.BURST_EVENTS or not short.events:
        return False
    first, last = _span(long)
    wait = first - _span(short)[0]
    return last - first <= timing_limits.COLLECTED_SHARE * first and wait >= max(
        timing_limits.COLLECTED_WAIT_SECONDS, first / 2
    )


def _span(reading: Reading) -> tuple[float, float]:
    """Return the arrival times of the first and the last event."""
    return reading.events[0].event.at, reading.events[-1].event.at
