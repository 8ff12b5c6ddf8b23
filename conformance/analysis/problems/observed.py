"""Adds the facts and the rules that could break to the verdicts of an older run, which lack them."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core import data_files
from conformance.core.case_format import Expectation
from conformance.core.model import Case, Step
from conformance.judge.facts import facts
from conformance.judge.held import held
from conformance.protocol.reading import Reading
from conformance.records import replay, run_file
from conformance.records.run_format import ObservedEntry, RunDocument, VerdictEntry
from conformance.suite.load import load_cases


def with_observed(document: RunDocument) -> RunDocument:
    """The run with `observed` in each verdict. Raises RecordingError if an exchange cannot be read."""
    if all("observed" in entry or not entry["exchanges"] for entry in document["verdicts"]):
        return document
    known = {case.id: case for case in load_cases(data_files.folder("cases"))}
    return {**document, "verdicts": [_observed(entry, known) for entry in document["verdicts"]]}


def _observed(entry: VerdictEntry, known: Mapping[str, Case]) -> VerdictEntry:
    if "observed" in entry or not entry["exchanges"]:
        return entry
    case = _case(entry, known)
    readings = [Reading(exchange) for exchange in replay.of_verdict(entry)]
    seen: list[ObservedEntry] = [
        {"facts": [*facts(case, index, reading)], "held": [*held(case.steps[index], reading)]}
        for index, reading in enumerate(readings)
    ]
    return {**entry, "observed": seen}


_ANY: Expectation = {"outcome": "either"}


def _case(entry: VerdictEntry, known: Mapping[str, Case]) -> Case:
    """The case of a verdict, as this version has it; steps that it no longer has expect any answer."""
    count = len(entry["exchanges"])
    name = run_file.entry_case_id(entry)
    steps = known[name].steps[:count] if name in known else ()
    more = (Step({}, _ANY),) * (count - len(steps))
    return Case(
        id=name,
        title=entry["title"],
        family=entry["family"],
        area=entry["area"],
        endpoint=entry["endpoint"],
        level=entry["level"],
        source=entry["source"],
        needs=(),
        steps=(*steps, *more),
        file=entry["file"],
        line=entry["line"],
        route=entry.get("route", ""),
    )
