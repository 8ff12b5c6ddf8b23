"""The layout of a run on disk: run.json, and `exchanges.jsonl.gz` beside it. In memory, a run is whole.

The exchanges of cases that passed or do not apply are most of a run, and few readers need them. They are in the second
file, one to a line, and their verdicts refer to them by digest (`stored`). The exchanges of all other cases stay in
run.json. A run.json with all of its exchanges, as `render --to json` writes it, is complete without a second file.

A line is `{"digest": …, "exchange": …}`, or `{"digest": …, "text": …}` for a long text, which is written once: in an
exchange, `{"digest": …}` stands for it. The digest of an exchange is the SHA-256 of its JSON with sorted keys, without
spaces, in ASCII, and with its texts in place. Equal runs make equal files.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from conformance.core.bounded_json import read_object
from conformance.core.model import JSON, Outcome
from conformance.core.plural import counted
from conformance.core.yaml_input import InputError, display
from conformance.records.jsonl import UNREADABLE
from conformance.records.run_format import ExchangeEntry, RunDocument, StoredEntry, UpstreamEntry, VerdictEntry

NAME = "exchanges.jsonl.gz"

STORED: frozenset[Outcome] = frozenset({"passed", "not_applicable"})
"""Outcomes of the cases whose exchanges are in the second file."""

SHARED = 1024
"""Characters from which a text of an exchange has a line of its own."""

MAX_BYTES = 1 << 30
"""The largest file that is read, in bytes after decompression."""
MAX_LINE = 1 << 27
"""The longest line that is read, in bytes: twice the longest answer that is recorded by default."""

_KEEP = "--gateway-keep"
_TEXTS = ("text", "base64")

_Part = TypeVar("_Part", VerdictEntry, UpstreamEntry)


# Writing


def beside(run: Path) -> Path:
    """The file with the exchanges of a run.json; the file of `NAME.json` has its name in front."""
    return _candidates(run)[0]


def split(document: RunDocument) -> tuple[RunDocument, dict[str, ExchangeEntry]]:
    """The document as run.json holds it, and digest -> exchange for the second file. The argument is not changed."""
    stored: dict[str, ExchangeEntry] = {}
    return {**document, "verdicts": [_split(entry, stored) for entry in document["verdicts"]]}, stored


def _split(entry: VerdictEntry, stored: dict[str, ExchangeEntry]) -> VerdictEntry:
    if entry["outcome"] not in STORED:
        return entry
    moved = _moved(entry, stored)
    return {**moved, "upstream": _moved(moved["upstream"], stored)} if "upstream" in moved else moved


def _moved(part: _Part, stored: dict[str, ExchangeEntry]) -> _Part:
    """A verdict, or its part about the upstream, with references instead of exchanges."""
    if not part["exchanges"]:
        return part
    references = [_reference(exchange) for exchange in part["exchanges"]]
    stored.update({reference["digest"]: found for reference, found in zip(references, part["exchanges"], strict=True)})
    return {**part, "exchanges": [], "stored": references}


def _reference(exchange: ExchangeEntry) -> StoredEntry:
    found: StoredEntry = {
        "digest": digest(exchange),
        "status": exchange["status"],
        "first_byte": first_byte(exchange),
    }
    return {**found, "streamed": True} if asks_for_stream(exchange) else found


def asks_for_stream(exchange: ExchangeEntry) -> bool:
    """Whether a request asks for a stream."""
    asked = read_object(exchange["request"]["body"].get("text", "")) or {}
    return asked.get("stream") is True


def first_byte(exchange: ExchangeEntry) -> float | None:
    """Seconds until the first byte of the answer's body; None without a body."""
    chunks = exchange["chunks"]
    return float(chunks[0].get("at", 0.0)) if chunks else None


def digest(value: object) -> str:
    """The SHA-256 of a JSON value, in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def lines(stored: Mapping[str, ExchangeEntry]) -> Iterator[str]:
    """The lines of the second file; a text precedes the first exchange that has it."""
    written: set[str] = set()
    for name, exchange in stored.items():
        texts: dict[str, str] = {}
        packed = _packed(exchange, texts)
        yield from (_line({"digest": own, "text": texts[own]}) for own in texts if own not in written)
        yield _line({"digest": name, "exchange": packed})
        written.update(texts)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _packed(exchange: ExchangeEntry, texts: dict[str, str]) -> JSON:
    """The exchange with references instead of long texts, which are added to `texts`."""

    def short(text: str) -> JSON:
        if len(text) <= SHARED:
            return text
        name = digest(text)
        texts[name] = text
        return {"digest": name}

    return _replaced(exchange, short)


def _replaced(exchange: Any, change: Any) -> JSON:
    """The exchange with every text that may be long changed."""

    def changed(data: Any) -> JSON:
        return {name: change(value) if name in _TEXTS else value for name, value in data.items()}

    request = exchange["request"]
    return {
        **exchange,
        "request": {**request, "body": changed(request["body"])},
        "curl": change(exchange["curl"]),
        "chunks": [changed(chunk) for chunk in exchange["chunks"]],
    }


# Reading


def join(document: object, run: Path) -> None:
    """Puts the stored exchanges into a document that was read from `run`, which may have any form. Raises InputError.

    The exchanges of a run with `--gateway-keep=failed` were not written: its verdicts keep their references.
    """
    if not isinstance(document, dict) or not isinstance(document.get("verdicts"), list):
        return
    if not is_partial(document) or any(path.exists() for path in _candidates(run)):
        join_entries(document["verdicts"], run)


def join_entries(entries: Iterable[object], run: Path) -> None:
    """Puts the stored exchanges into these verdicts of `run`, which may have any form. Raises InputError."""
    parts = [part for entry in entries for part in _referring(entry)]
    if not parts:
        return
    wanted = {reference["digest"] for part in parts for reference in part["stored"]}
    path = next((path for path in _candidates(run) if path.exists()), None)
    if path is None:
        places = " and ".join(display(path) for path in _candidates(run))
        verb = "does not exist" if len(_candidates(run)) == 1 else "do not exist"
        raise InputError(
            f"{places} {verb}, but {display(run)} has {counted(len(parts), 'verdict')} whose exchanges are there; "
            "copy the file that was written with the run into the same folder"
        )
    found = _read(path, wanted)
    for part in parts:
        names = [reference["digest"] for reference in part["stored"]]
        if lost := next((name for name in names if name not in found), ""):
            raise InputError(
                f"{display(path)}: the exchange {lost[:12]}… is missing, which {display(run)} refers to in "
                f"{part.get('id', 'a verdict')}; use the file that was written with the run"
            )
        part["exchanges"] = [found[name] for name in names]
        del part["stored"]


def is_partial(document: Mapping[str, Any]) -> bool:
    """Whether a run was made with `--gateway-keep=failed`: the exchanges to which it refers were not written."""
    options = document.get("options")
    return isinstance(options, dict) and options.get(_KEEP) == "failed"


def _referring(entry: object) -> Iterator[dict[str, Any]]:
    """The parts of a verdict that refer to stored exchanges, if they have the right form."""
    for part in (entry, entry.get("upstream")) if isinstance(entry, dict) else ():
        if not isinstance(part, dict) or part.get("exchanges") != []:
            continue
        stored = part.get("stored")
        if isinstance(stored, list) and all(_is_reference(one) for one in stored):
            yield part


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("digest"), str)


def _candidates(run: Path) -> tuple[Path, ...]:
    """The files in which the exchanges of a run may be, the likeliest first."""
    stem = run.name.removesuffix(".gz").removesuffix(".json")
    names = [NAME] if stem == "run" else [f"{stem}.{NAME}", NAME]
    return tuple(run.with_name(name) for name in names)


def _read(path: Path, wanted: Collection[str]) -> dict[str, ExchangeEntry]:
    """The wanted exchanges of a file, by digest. Raises InputError."""
    texts: dict[str, str] = {}
    found: dict[str, ExchangeEntry] = {}
    for number, line in _numbered(path):
        try:
            row = json.loads(line)
            name = row["digest"]
            if "text" in row:
                texts[name] = row["text"]
                continue
            if name not in wanted:
                continue
            exchange = _unpacked(row["exchange"], texts)
            is_same = digest(exchange) == name
        except UNREADABLE as error:
            raise InputError(
                f"{display(path)}:{number}: no exchange can be read from this line ({error!r}); "
                "use the file that was written with the run"
            ) from error
        if not is_same:
            raise InputError(
                f"{display(path)}:{number}: this exchange was changed after the run, its digest is another one; "
                "use the file that was written with the run"
            )
        found[name] = exchange
    return found


def _unpacked(packed: JSON, texts: Mapping[str, str]) -> ExchangeEntry:
    def whole(text: Any) -> JSON:
        return texts[text["digest"]] if isinstance(text, dict) else text

    return cast(ExchangeEntry, _replaced(packed, whole))


def _numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a packed file, with their numbers from 1. Raises InputError, also for a file that is too large."""
    left, number = MAX_BYTES, 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(min(left, MAX_LINE) + 1):
                left, number = left - len(line), number + 1
                if left < 0 or len(line) > MAX_LINE:
                    raise InputError(
                        f"{display(path)}:{number}: the file has more than {MAX_BYTES} bytes, or this line more than "
                        f"{MAX_LINE}; use the file that was written with the run"
                    )
                yield number, line
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{display(path)}: the file cannot be read ({error}); use the file that was written with the run"
        ) from error
