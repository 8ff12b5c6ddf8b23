"""Reads run.json, and answers simple questions about a verdict in it.

A run may come from someone else, so it is validated against schemas/report.schema.json before it is used.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from conformance.core.case_id import case_id
from conformance.core.model import Level, Outcome
from conformance.core.reasons import BY_PROFILE
from conformance.core.yaml_input import InputError, display
from conformance.protocol import family
from conformance.records import exchange_store, observed_names, run_schema
from conformance.records.run_document import FORMAT
from conformance.records.run_format import FindingEntry, OverRunEntry, ProblemEntry, RunDocument, VerdictEntry
from conformance.target.target import model_for

FAILING_LEVELS: tuple[Level, ...] = ("must", "should")
"""Levels that can make a case fail."""

CONCLUSIVE: frozenset[Outcome] = frozenset({"passed", "failed", "warned", "known"})
"""Outcomes that say something about the gateway."""

CONFORMANT: frozenset[Outcome] = frozenset({"passed", "warned"})
"""Outcomes in which no `must` rule was broken."""

MAX_BYTES = 1 << 28
"""The largest run.json that is read, in bytes after decompression; reading takes several times the memory."""


def read_run(path: Path, exchanges: bool = True) -> RunDocument:
    """A whole run, from a run.json or run.json.gz and the exchanges beside it. Raises InputError.

    Without `exchanges`, those of its verdicts are dropped, which saves time. Only a run with `--gateway-keep=failed` is
    read without the exchanges that it did not keep (`unkept`).
    """
    document = _parsed(path)
    if exchanges:
        exchange_store.join(document, path)
    else:
        _drop_exchanges(document)
    return _valid(document, path)


def read_report(path: Path) -> RunDocument:
    """The verdicts of a run, with only the exchanges that run.json itself contains. Raises InputError."""
    return _valid(_parsed(path), path)


def _parsed(path: Path) -> object:
    """The JSON of a file. Raises InputError."""
    file = display(path)
    try:
        document: object = json.loads(_bytes(path))
    except FileNotFoundError as error:
        raise InputError(f"{file}: the file does not exist; check the path") from error
    except OSError as error:
        raise InputError(f"{file}: the file cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError, EOFError, zlib.error) as error:
        raise InputError(f"{file}: not valid JSON ({error}); give a run.json") from error
    check_format(document, path)
    try:
        observed_names.restore(document)
    except observed_names.UnknownNameError as error:
        raise InputError(f"{file}: not a valid run.json: {error}") from error
    return document


def check_format(document: object, path: Path) -> None:
    """Refuses the run.json of a later version of the suite. Raises InputError."""
    found = document.get("format") if isinstance(document, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise InputError(
            f"{display(path)}: it has format {found}, and this version of the suite reads formats up to {FORMAT}; "
            "use the version that made the run"
        )


def _valid(document: object, path: Path) -> RunDocument:
    """The document, if it is a run. Raises InputError."""
    mistake = run_schema.violation(document)
    if mistake is not None:
        place = "/".join(str(token) for token in mistake.absolute_path) or "the document"
        raise InputError(f"{display(path)}: not a valid run.json: {place}: {mistake.message[:200]}")
    run = cast(RunDocument, document)
    for index, problem in enumerate(run.get("problems", [])):
        if problem["rule"] not in run["rules"]:
            place = f"problems/{index}/rule"
            raise InputError(f"{display(path)}: not a valid run.json: {place}: {problem['rule']!r} is not in its rules")
    return run


def _bytes(path: Path) -> bytes:
    """A file, decompressed where its name ends in .gz. Raises OSError, EOFError, zlib.error or ValueError."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return data


def _drop_exchanges(document: object) -> None:
    """Empties the exchanges before validation, which saves time; the document may still have any form."""
    entries = document.get("verdicts") if isinstance(document, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and "exchanges" in entry:
            entry["exchanges"] = []
            entry.pop("upstream", None)
            entry.pop("stored", None)


def entry_case_id(entry: VerdictEntry) -> str:
    """The id of the verdict's case, without route and repetition."""
    return case_id(entry["id"], entry.get("route", ""))


def is_declared(entry: VerdictEntry) -> bool:
    """Whether a case does not apply because the profile says so, and not because of the gateway's answers."""
    return entry["outcome"] == "not_applicable" and entry["reason"].startswith(BY_PROFILE)


def is_found(entry: VerdictEntry) -> bool:
    """Whether a case does not apply because of the gateway's answers."""
    return entry["outcome"] == "not_applicable" and not is_declared(entry)


def findings(entry: VerdictEntry, *levels: Level) -> list[FindingEntry]:
    """The findings of a verdict at these levels, in the order of `levels`, without those blamed on the upstream."""
    own = [finding for finding in entry["findings"] if finding.get("blame") != "upstream"]
    return [finding for level in levels for finding in own if finding["level"] == level]


def broken_rules(entry: VerdictEntry, *levels: Level) -> set[str]:
    """The rules of these levels that a verdict found broken."""
    return {finding["rule"] for finding in findings(entry, *levels)}


def over_run_outcome(entry: OverRunEntry) -> Outcome:
    """The outcome of a finding over the run, as if it were a case."""
    if "known" in entry:
        return "known"
    return "failed" if entry["level"] == "must" else "warned"


def model_of(models: Mapping[str, str], entry: VerdictEntry) -> str:
    """The model of a verdict: its own, or the one that the run used at its endpoint."""
    return entry.get("model") or model_for(models, entry["endpoint"])


def is_sent(entry: VerdictEntry) -> bool:
    """Whether a request of the verdict was sent."""
    return bool(entry["exchanges"] or entry.get("stored"))


def unkept(document: RunDocument) -> list[VerdictEntry]:
    """The verdicts whose exchanges are not in the document."""
    return [entry for entry in document["verdicts"] if "stored" in entry or "stored" in entry.get("upstream", {})]


def statuses(entry: VerdictEntry) -> list[int | None]:
    """The status of each answer of the verdict; None if no answer began."""
    recorded = [exchange["status"] for exchange in entry["exchanges"]]
    return recorded or [reference["status"] for reference in entry.get("stored", [])]


def first_byte(entry: VerdictEntry) -> float | None:
    """Seconds until the first byte of the last answer's body; None without a body."""
    if entry["exchanges"]:
        return exchange_store.first_byte(entry["exchanges"][-1])
    stored = entry.get("stored")
    return stored[-1]["first_byte"] if stored else None


def can_fail(problem: ProblemEntry) -> bool:
    """Whether the level of a problem can make a case fail."""
    return problem["level"] in FAILING_LEVELS


def streamed(entry: VerdictEntry) -> bool:
    """Whether a request of the verdict asks for a stream; if nothing was sent, the id decides."""
    if not is_sent(entry):
        return "stream=true" in entry["id"]
    is_recorded = any(exchange_store.asks_for_stream(exchange) for exchange in entry["exchanges"])
    return is_recorded or any(reference.get("streamed", False) for reference in entry.get("stored", []))


def endpoints(document: RunDocument) -> Iterator[str]:
    """The endpoints of a run's verdicts: the three main ones first, then the others by name."""
    present = {entry["endpoint"] for entry in document["verdicts"]}
    yield from (name for name in family.MAIN if name in present)
    yield from sorted(present.difference(family.MAIN))
