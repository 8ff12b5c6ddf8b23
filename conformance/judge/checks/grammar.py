"""Checks streams against the state machines of their family. stream.yaml names the rules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.checks import check
from conformance.protocol import stream_grammar
from conformance.protocol.reading import Reading


@check(on="stream")
def order(reading: Reading) -> Iterator[Breach]:
    """The events are in the right order, and the stream is complete. A resumed stream lacks its beginning.

    A WebSocket has no status for an error before the first event, so that the error is the first message.
    """
    if reading.resumed_after is None and reading.family.stream is not None and reading.events:
        for found in stream_grammar.walk(reading.family.stream, reading.events):
            if not (reading.is_web_socket and found.rule.endswith(".error-first")):
                yield found
