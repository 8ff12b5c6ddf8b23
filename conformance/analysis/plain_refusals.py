"""Endpoints that refuse a plain request: many failing cases of a run then have this one cause.

The plain request is the control request of the endpoint. A case rests on its refusal if a finding quotes the same
error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.judge.control import same_error
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry


@dataclass(frozen=True, slots=True)
class PlainRefusal:
    """An endpoint, the error that it answers to a plain request, and the number of cases that rest on it."""

    endpoint: str
    error: str
    cases: int


def plain_refusals(document: RunDocument) -> Iterator[PlainRefusal]:
    """The refusals of a run, in the order of the endpoints."""
    for endpoint in run_file.endpoints(document):
        own = [entry for entry in document["verdicts"] if entry["endpoint"] == endpoint and entry.get("plain_error")]
        if own:
            error = own[0].get("plain_error", "")
            yield PlainRefusal(endpoint, error, sum(_rests_on(entry, error) for entry in own))


def _rests_on(entry: VerdictEntry, error: str) -> bool:
    found = run_file.findings(entry, *run_file.FAILING_LEVELS)
    return any(same_error(error, finding["got"]) for finding in found)
