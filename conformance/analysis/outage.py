"""Outages: a gateway that stopped answering during a run, or an endpoint that did not answer at all.

Cases that were not sent, or that got a 5xx or no answer when the gateway was down, say nothing about its conformance.
Comparisons set them aside: an outage is reported once, and not as a regression in each case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.core.reasons import NOT_SENT, STOPPED
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry

_NO_ANSWER = "case.answered"
"""The rule that a request without an answer breaks."""


@dataclass(frozen=True, slots=True)
class Outage:
    """The outage of a run. `unsent` cases were not sent, no case of the `silent` endpoints was answered.

    `cases` is verdict id -> reason, for all cases that say nothing because of the outage.
    """

    unsent: int = 0
    silent: tuple[str, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict)


def find(document: RunDocument) -> Outage:
    """The outage of a run; empty if the gateway answered until the end. A spent budget is not an outage."""
    verdicts = document["verdicts"]
    stopped = [entry for entry in verdicts if is_unsent(entry)]
    silent = tuple(_silent(document))
    cases = {entry["id"]: _silence(entry) for entry in verdicts if entry["endpoint"] in silent and _is_open(entry)}
    if stopped:
        reason = stopped[0]["reason"].removeprefix(NOT_SENT)
        cases |= {entry["id"]: reason for entry in verdicts if is_unsent(entry) or _was_down(entry)}
    return Outage(len(stopped), silent, cases)


def set_aside(document: RunDocument, outage: Outage) -> RunDocument:
    """The run, in which the cases of the outage are unverified."""
    if not outage.cases:
        return document
    verdicts: list[VerdictEntry] = [
        {**entry, "outcome": "unverified", "reason": outage.cases[entry["id"]], "findings": []}
        if entry["id"] in outage.cases
        else entry
        for entry in document["verdicts"]
    ]
    return {**document, "verdicts": verdicts}


def is_unsent(entry: VerdictEntry) -> bool:
    """Whether a case was not sent because the gateway had stopped answering."""
    return _is_open(entry) and entry["reason"].startswith(STOPPED)


def _is_open(entry: VerdictEntry) -> bool:
    return entry["outcome"] == "unverified"


def _silence(entry: VerdictEntry) -> str:
    return f"the {entry['endpoint'].replace('_', ' ')} endpoint does not answer"


def _silent(document: RunDocument) -> Iterator[str]:
    """The endpoints whose cases are all unverified, and that did not answer the plain control request either."""
    sent: dict[str, list[VerdictEntry]] = {}
    for entry in document["verdicts"]:
        if entry["outcome"] != "not_applicable" and not entry["reason"].startswith(NOT_SENT):
            sent.setdefault(entry["endpoint"], []).append(entry)
    for endpoint, entries in sent.items():
        if all(map(_is_open, entries)) and any("answers" in entry.get("lacks", ()) for entry in entries):
            yield endpoint


def _was_down(entry: VerdictEntry) -> bool:
    """Whether a case says nothing because the gateway was down: all that is wrong is a 5xx, or a missing answer."""
    if _is_open(entry):
        return _is_server_error(entry, max(len(entry["exchanges"]), len(entry.get("observed", ()))))
    found = run_file.findings(entry, *run_file.FAILING_LEVELS)
    return bool(found) and all(
        finding["rule"] == _NO_ANSWER or _is_server_error(entry, finding["step"]) for finding in found
    )


def _is_server_error(entry: VerdictEntry, step: int) -> bool:
    """Whether the answer to a step was a 5xx or did not begin; the facts say so where the exchanges are left out."""
    if 0 < step <= len(entry["exchanges"]):
        status = entry["exchanges"][step - 1]["status"]
        return status is None or status >= _SERVER_ERROR
    observed = entry.get("observed", ())
    return 0 < step <= len(observed) and any(
        re.fullmatch(r"status=5\d\d", fact) for fact in observed[step - 1]["facts"]
    )


_SERVER_ERROR = 500
