"""Streams against the state machines of their family; the tables name the rules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.checks import check
from conformance.protocol import stream_grammar
from conformance.protocol.reading import Reading


@check(on="stream")
def order(reading: Reading) -> Iterator[Breach]:
    """The order of events, and that the stream is complete when it ends."""
    if reading.family.stream is not None and reading.events:
        yield from stream_grammar.walk(reading.family.stream, reading.events)
