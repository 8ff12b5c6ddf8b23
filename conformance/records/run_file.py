"""Reads run.json, and answers simple questions about a verdict in it.

A run may come from someone else, so it is validated against schemas/report.schema.json before it is used.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from conformance.core import data_files, schema_validator
from conformance.core.case_id import case_id
from conformance.core.model import Level, Outcome
from conformance.core.reasons import BY_PROFILE
from conformance.core.yaml_input import InputError, display
from conformance.protocol.schema_outline import SchemaOutline, build_outline
from conformance.records.run_format import FindingEntry, OverRunEntry, RunDocument, VerdictEntry
from conformance.target.target import model_for

FAILING_LEVELS: tuple[Level, ...] = ("must", "should")
"""Levels that can make a case fail."""

CONCLUSIVE: frozenset[Outcome] = frozenset({"passed", "failed", "warned", "known"})
"""Outcomes that say something about the gateway."""

CONFORMANT: frozenset[Outcome] = frozenset({"passed", "warned"})
"""Outcomes in which no `must` rule was broken."""

MAX_BYTES = 1 << 30
"""The largest run that is read, in bytes after decompression."""

_Validator = schema_validator.validator_class()


def read_run(path: Path, exchanges: bool = True) -> RunDocument:
    """A run.json or run.json.gz; without `exchanges`, the exchanges of its verdicts are dropped. Raises InputError."""
    file = display(path)
    try:
        document: object = json.loads(_bytes(path))
    except FileNotFoundError as error:
        raise InputError(f"{file}: the file does not exist; check the path") from error
    except OSError as error:
        raise InputError(f"{file}: the file cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError, EOFError, zlib.error) as error:
        raise InputError(f"{file}: not valid JSON ({error}); give a run.json") from error
    if not exchanges:
        _drop_exchanges(document)
    mistake = _violation(document)
    if mistake is not None:
        place = "/".join(str(token) for token in mistake.absolute_path) or "the document"
        raise InputError(f"{file}: not a valid run.json (format 1): {place}: {mistake.message[:200]}")
    return cast(RunDocument, document)


def _violation(document: object) -> ValidationError | None:
    """The most relevant violation of the schema."""
    validator = _Validator(data_files.schema("report.schema.json"))
    if best_match(validator.iter_errors(_without_similar_exchanges(document))) is None:
        return None
    mistake: ValidationError | None = best_match(validator.iter_errors(document))
    return mistake


def _without_similar_exchanges(document: object) -> object:
    """A copy with one exchange for each signature, which saves most of the time: a run has thousands of exchanges.

    Exchanges with equal signatures are all valid, or all invalid. The document may still have any form.
    """
    outline = _exchange_outline()
    verdicts = document.get("verdicts") if isinstance(document, dict) else None
    if outline is None or not isinstance(document, dict) or not isinstance(verdicts, list):
        return document
    seen: set[Hashable] = set()

    def is_new(exchange: object) -> bool:
        try:
            signature = outline.signature(exchange)
        except RecursionError:
            return True
        known = signature in seen
        seen.add(signature)
        return not known

    def reduced(entry: object) -> object:
        if not isinstance(entry, dict):
            return entry
        changed = dict(entry)
        if isinstance(entry.get("exchanges"), list):
            changed["exchanges"] = [exchange for exchange in entry["exchanges"] if is_new(exchange)]
        if "upstream" in entry:
            changed["upstream"] = reduced(entry["upstream"])
        return changed

    return {**document, "verdicts": [reduced(entry) for entry in verdicts]}


@cache
def _exchange_outline() -> SchemaOutline | None:
    definitions = data_files.schema("report.schema.json")["$defs"]
    return build_outline(definitions[name] for name in ("exchange", "headers", "bytes"))


def _bytes(path: Path) -> bytes:
    """A file, decompressed where its name ends in .gz. Raises OSError, EOFError, zlib.error or ValueError."""
    if path.suffix != ".gz":
        return path.read_bytes()
    with gzip.open(path) as packed:
        data = packed.read(MAX_BYTES + 1)
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


def streamed(entry: VerdictEntry) -> bool:
    """Whether a request of the verdict asks for a stream; if nothing was sent, the id decides."""
    if not entry["exchanges"]:
        return "stream=true" in entry["id"]
    return any(_asks_for_stream(exchange["request"]["body"].get("text", "")) for exchange in entry["exchanges"])


def _asks_for_stream(body: str) -> bool:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(parsed, dict) and parsed.get("stream") is True


def endpoints(document: RunDocument) -> Iterator[str]:
    """The endpoints of a run's verdicts: the three main ones first, then the others by name."""
    present = {entry["endpoint"] for entry in document["verdicts"]}
    yield from (name for name in _MAIN_ENDPOINTS if name in present)
    yield from sorted(present.difference(_MAIN_ENDPOINTS))


_MAIN_ENDPOINTS = ("chat_completions", "responses", "messages")
