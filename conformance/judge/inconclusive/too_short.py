"""Detects answers that are too short to show whether a gateway passes a stream on or collects it first."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.model import Step
from conformance.judge import timing_limits
from conformance.protocol.reading import Reading

TOO_SHORT = "the long answers have too few events to show whether the stream is passed on or collected first"


def to_be_timed(steps: Sequence[Step], readings: Sequence[Reading]) -> str:
    """Return the reason if a case with `incremental` got no long answer, in the second step of each pair, else ""."""
    timed = any(step.expect.get("incremental") for step in steps)
    long = (len(reading.events) >= timing_limits.BURST_EVENTS for reading in readings[1::2])
    return TOO_SHORT if timed and not any(long) else ""
