"""Checks streams against the state machines of their family. stream.yaml names the rules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.checks import check
from conformance.protocol import stream_grammar
from conformance.protocol.reading import Reading


@check(on="stream")
def order(reading: Reading) -> Iterator[Breach]:
    """The events are in the right order, and the stream is complete. A resumed stream lacks its beginning."""
    if reading.resumed_after is None and reading.family.stream is not None and reading.events:
        yield from stream_grammar.walk(reading.family.stream, reading.events)
