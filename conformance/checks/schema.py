"""Bodies and events against the JSON Schemas of their family; the schemas name the rules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance import shape
from conformance.checks import check
from conformance.model import Breach
from conformance.reading import Reading

HEADERS_TOO_LONG = 431
"""What servers say to a request's headers that they do not read to the end."""


@check(on="json")
def body(reading: Reading) -> Iterator[Breach]:
    """An unstreamed answer against the family's response schema."""
    if reading.family.response and not reading.parsed[1]:
        yield from shape.breaches(reading.family.response, reading.json)


@check(on="error")
def error(reading: Reading) -> Iterator[Breach]:
    """An error's body against the family's envelope, which nobody knows before the request's path is read."""
    if not reading.parsed[1] and reading.exchange.status != HEADERS_TOO_LONG:
        yield from shape.breaches(reading.family.error, reading.json)


@check(on="stream")
def events(reading: Reading) -> Iterator[Breach]:
    """Every JSON event of a stream against the family's event schema."""
    if reading.family.event:
        documents = ((parsed.event.number, parsed.json) for parsed in reading.events if not parsed.problem)
        yield from shape.breaches_of_events(reading.family.event, documents)
