"""Arrival times in a stream: whether it is passed on as it is generated, or collected first.

Limits and their reasons are in `conformance/judge/timing_limits.py`. Recordings without times are not judged.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from conformance.core.model import Breach
from conformance.judge import timing_limits
from conformance.judge.checks import breach, check
from conformance.judge.silence import longest
from conformance.protocol.reading import Reading

_TIMING = ("timing",)


@check("timing.stream.buffered", "timing.stream.burst", on="stream", needs=_TIMING)
def buffered(reading: Reading) -> Iterator[Breach]:
    """A stream is not buffered: a long one does not arrive all at once after a long wait."""
    times = array("d", (event.at for event in reading.stream.events if event.name != "ping"))
    if len(times) < timing_limits.BURST_EVENTS:
        return
    wait, spread = times[0], times[-1] - times[0]
    if wait < timing_limits.BURST_AFTER_SECONDS or spread > timing_limits.BURST_SECONDS:
        return
    proven = (
        len(times) >= timing_limits.BUFFERED_EVENTS
        and wait >= timing_limits.BUFFERED_AFTER_SECONDS
        and spread <= timing_limits.BUFFERED_SHARE * wait
    )
    rule = "timing.stream.buffered" if proven else "timing.stream.burst"
    got = f"{len(times)} events within {spread * 1000:.0f} ms, {wait:.1f} s after the request"
    first = next(event.number for event in reading.stream.events if event.name != "ping")
    yield breach(rule, "events sent as the model writes them", got, event=first)


@check("timing.stream.silence", on="stream", needs=_TIMING)
def silence(reading: Reading) -> Iterator[Breach]:
    """Pings or comments keep the connection alive during long pauses."""
    seconds, offset = longest(reading)
    if seconds > timing_limits.SILENCE_SECONDS:
        got = f"{seconds:.0f} s of silence"
        yield breach(
            "timing.stream.silence", f"bytes at least every {timing_limits.SILENCE_SECONDS:.0f} s", got, offset=offset
        )


@check("timing.stream.abort", families=("messages",), on="stream", needs=_TIMING)
def abort(reading: Reading) -> Iterator[Breach]:
    """No pause is so long that known clients give up."""
    seconds, offset = longest(reading)
    if seconds > timing_limits.ABORT_SECONDS:
        got = f"{seconds:.0f} s of silence"
        yield breach(
            "timing.stream.abort", f"bytes at least every {timing_limits.ABORT_SECONDS:.0f} s", got, offset=offset
        )


@check("timing.stream.lingers", on="stream", needs=_TIMING)
def lingers(reading: Reading) -> Iterator[Breach]:
    """The connection ends soon after the last event."""
    exchange = reading.exchange
    if not reading.stream.events or exchange.ended not in ("complete", "timeout"):
        return
    rest = exchange.seconds - exchange.chunks[-1].at
    if rest > timing_limits.LINGER_SECONDS:
        yield breach("timing.stream.lingers", "the end of the body right after the last event", f"{rest:.0f} s later")


@check("timing.stream.first-byte", on="stream", needs=_TIMING)
def first_byte(reading: Reading) -> Iterator[Breach]:
    """The first byte arrives before users and proxies give up."""
    chunks = reading.exchange.chunks
    if chunks and chunks[0].at > timing_limits.FIRST_BYTE_SECONDS:
        expected = f"a first byte within {timing_limits.FIRST_BYTE_SECONDS:.0f} s"
        yield breach("timing.stream.first-byte", expected, f"after {chunks[0].at:.0f} s", offset=0)


@check("timing.event.held-back", on="stream", needs=(*_TIMING, "bytes"))
def held_back(reading: Reading) -> Iterator[Breach]:
    """The blank line of an event arrives with it, not with the next event: clients need it to see the event."""
    chunks = reading.exchange.chunks
    ends = array("Q", accumulate(len(chunk.data) for chunk in chunks))
    late = []
    for event in reading.stream.events:
        begun = chunks[bisect_right(ends, event.offset)].at
        if event.at - begun > timing_limits.HELD_BACK_SECONDS:
            late.append(event)
    if len(late) >= timing_limits.HELD_BACK_EVENTS:
        got = f"{len(late)} events whose end came more than {timing_limits.HELD_BACK_SECONDS:.0f} s after their start"
        yield breach("timing.event.held-back", "every event sent in one piece", got, event=late[0].number)
