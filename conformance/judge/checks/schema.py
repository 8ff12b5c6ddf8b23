"""Checks bodies and events against the JSON Schemas of their family. The schemas name the rules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.checks import check
from conformance.protocol import schema_check
from conformance.protocol.reading import Reading

HEADERS_TOO_LONG = 431
"""The status for request headers that are too long."""


@check(on="json")
def body(reading: Reading) -> Iterator[Breach]:
    """A JSON answer is valid under the family's response schema."""
    if reading.family.response and not reading.parsed[1]:
        yield from schema_check.breaches(reading.family.response, reading.json)


@check(on="error")
def error(reading: Reading) -> Iterator[Breach]:
    """The body of an error is valid under the family's error schema, unless the server did not read the path."""
    if not reading.parsed[1] and reading.exchange.status != HEADERS_TOO_LONG:
        yield from schema_check.breaches(reading.family.error, reading.json)


@check(on="stream")
def events(reading: Reading) -> Iterator[Breach]:
    """Every JSON event of a stream is valid under the family's event schema."""
    if reading.family.event:
        documents = ((parsed.event.number, parsed.json) for parsed in reading.events if not parsed.problem)
        yield from schema_check.breaches_of_events(reading.family.event, documents)
