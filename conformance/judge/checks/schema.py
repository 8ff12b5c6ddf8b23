"""Bodies and events against the JSON Schemas of their family; the schemas name the rules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.checks import check
from conformance.protocol import schema_check
from conformance.protocol.reading import Reading

HEADERS_TOO_LONG = 431
"""What servers say to a request's headers that they do not read to the end."""


@check(on="json")
def body(reading: Reading) -> Iterator[Breach]:
    """An unstreamed answer against the family's response schema."""
    if reading.family.response and not reading.parsed[1]:
        yield from schema_check.breaches(reading.family.response, reading.json)


@check(on="error")
def error(reading: Reading) -> Iterator[Breach]:
    """An error's body against the family's envelope, which nobody knows before the request's path is read."""
    if not reading.parsed[1] and reading.exchange.status != HEADERS_TOO_LONG:
        yield from schema_check.breaches(reading.family.error, reading.json)


@check(on="stream")
def events(reading: Reading) -> Iterator[Breach]:
    """Every JSON event of a stream against the family's event schema."""
    if reading.family.event:
        documents = ((parsed.event.number, parsed.json) for parsed in reading.events if not parsed.problem)
        yield from schema_check.breaches_of_events(reading.family.event, documents)
