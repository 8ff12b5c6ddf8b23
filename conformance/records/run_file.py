"""run.json, read back: what the comparing and reporting modules ask of a run, and of one verdict in it.

The format is schemas/report.schema.json. A run may come from a stranger, so it is validated before it is used.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, get_args

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from conformance.core import data_files
from conformance.core.case_id import case_id
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError, display
from conformance.target.profile import Profile
from conformance.target.target import Target

FAILING_LEVELS = ("must", "should")
"""Levels that a verdict can turn on."""

FailOn = Literal["regression", "must", "should"]
FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)
"""What an exit code may speak of instead of failing tests."""

CONCLUSIVE = frozenset({"passed", "failed", "warned", "known"})
"""Outcomes that say something about the gateway."""

CONFORMANT = frozenset({"passed", "warned"})
"""Outcomes in which no `must` was broken."""

MAX_BYTES = 1 << 30
"""Bytes of a run that are read; a packed one from a stranger may unpack to anything."""

NAMES = {"chat_completions": "chat"}
"""Endpoints that people call by a shorter name."""


def read_run(path: Path, exchanges: bool = True) -> JSON:
    """A run.json or run.json.gz; without its exchanges where nobody asks for them. Raises InputError."""
    file = display(path)
    try:
        document = json.loads(_bytes(path))
    except FileNotFoundError as error:
        raise InputError(f"{file}: there is no such file; check the path") from error
    except OSError as error:
        raise InputError(f"{file}: the file cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError, EOFError, zlib.error) as error:
        raise InputError(f"{file}: this is no JSON ({error}); give a run.json") from error
    if not exchanges:
        _strip(document)
    mistake = best_match(Draft202012Validator(data_files.schema("report.schema.json")).iter_errors(document))
    if mistake is not None:
        place = "/".join(str(token) for token in mistake.absolute_path) or "the document"
        raise InputError(f"{file}: this is no run.json of a format known here: {place}: {mistake.message[:200]}")
    return document


def _bytes(path: Path) -> bytes:
    """A file, unpacked where its name ends in .gz. Raises OSError, EOFError, zlib.error or ValueError."""
    if path.suffix != ".gz":
        return path.read_bytes()
    with gzip.open(path) as packed:
        data = packed.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes")
    return data


def _strip(document: JSON) -> None:
    entries = document.get("verdicts") if isinstance(document, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and "exchanges" in entry:
            entry["exchanges"] = []
            entry.pop("upstream", None)


def entry_case_id(entry: JSON) -> str:
    """The id of the case that a verdict is on, whichever time it was and by whichever route."""
    return case_id(entry["id"], entry.get("route", ""))


def findings(entry: JSON, *levels: str) -> list[JSON]:
    """The findings of a verdict at these levels, the gravest first; not those for which the upstream is to blame."""
    own = [finding for finding in entry["findings"] if finding.get("blame") != "upstream"]
    return [finding for level in levels for finding in own if finding["level"] == level]


def rules(entry: JSON, *levels: str) -> set[str]:
    """The rules of these levels that a verdict found broken."""
    return {finding["rule"] for finding in findings(entry, *levels)}


def fails(entry: JSON, strict: bool) -> bool:
    """Whether the test of a verdict does not pass; `strict` is held against the gateway for a `should`, too."""
    if entry["outcome"] == "warned":
        return strict and bool(findings(entry, "should"))
    return entry["outcome"] in ("failed", "unverified")


def model(document: JSON, entry: JSON) -> str:
    """The model that a verdict is about."""
    return str(entry.get("model") or asked(document["gateway"]["models"])(entry["endpoint"]))


def asked(models: JSON) -> Callable[[str], str]:
    """Endpoint -> the model that is asked there, by the models of a run."""
    return Target("", Profile(), "", models).model


def streamed(entry: JSON) -> bool:
    """Whether any request of a verdict asks for a stream; what was never sent is known by its id."""
    bodies = (exchange["request"]["body"].get("text", "") for exchange in entry["exchanges"])
    if any(_asks_to_stream(body) for body in bodies):
        return True
    return not entry["exchanges"] and "stream=true" in entry["id"]


def _asks_to_stream(body: str) -> bool:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(parsed, dict) and parsed.get("stream") is True


def endpoints(document: JSON) -> Iterator[str]:
    """The endpoints that a run has verdicts on, in the order in which the suite lists them, then any others."""
    present = {entry["endpoint"] for entry in document["verdicts"]}
    yield from (name for name in _PROMINENT if name in present)
    yield from sorted(name for name in present - set(_PROMINENT))


_PROMINENT = ("chat_completions", "responses", "messages")
