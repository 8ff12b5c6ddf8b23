"""Checks bodies and events against the JSON Schemas of their family. The schemas name the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.core.model import Breach
from conformance.judge.checks import check
from conformance.protocol import schema_check, vendor_endpoints
from conformance.protocol.family import ELSEWHERE
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
        for found in schema_check.breaches(reading.family.error, reading.json):
            lowered = found.rule == "elsewhere.error-object" and is_elsewhere(reading)
            yield replace(found, rule="elsewhere.error-json") if lowered else found


def is_elsewhere(reading: Reading) -> bool:
    """Whether an error is that of a path or method that no vendor's API has: clients then need its status only."""
    request = reading.exchange.request
    return (
        reading.kind == "error"
        and reading.family.name == ELSEWHERE
        and not vendor_endpoints.is_defined(request.method, request.url)
    )


@check(on="stream")
def events(reading: Reading) -> Iterator[Breach]:
    """Every JSON event of a stream is valid under the family's event schema."""
    if reading.family.event:
        documents = ((parsed.event.number, parsed.json) for parsed in reading.events if not parsed.problem)
        yield from schema_check.breaches_of_events(reading.family.event, documents)
