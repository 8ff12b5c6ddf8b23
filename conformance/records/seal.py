"""The digests in run.json: of its exchanges, of the rest of the report, and of the suite that made it.

`verify` computes them again. They show that a report was changed after the run, unless they were changed as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from conformance.core import data_files
from conformance.core.model import JSON
from conformance.records.exchange_store import digest
from conformance.records.run_format import RunDocument, UpstreamEntry, VerdictEntry

_APART = ("exchanges", "stored")
"""The members of a verdict that hold its exchanges, or refer to them: a run may be written in one file or in two."""


def sealed(document: RunDocument) -> RunDocument:
    """The run with its digests; the argument is not changed."""
    return {
        **document,
        "digests": {"suite": suite(), "exchanges": exchanges(document), "report": report(document)},
    }


def exchanges(document: RunDocument) -> str:
    """The digest of all exchanges of a run, in the order of the verdicts and steps, and of its control requests.

    It is the digest of a list with the id and the digests of the exchanges of each verdict.
    """
    return digest(
        [
            [[entry["id"], [*_names(entry)], [*_names(entry.get("upstream"))]] for entry in document["verdicts"]],
            [digest(one) for one in document.get("controls", ())],
        ]
    )


def _names(part: VerdictEntry | UpstreamEntry | None) -> Iterator[str]:
    if part is not None:
        yield from (reference["digest"] for reference in part.get("stored", ()))
        yield from (digest(exchange) for exchange in part["exchanges"])


def report(document: RunDocument) -> str:
    """The digest of everything else in a run."""
    apart = {name: value for name, value in document.items() if name not in ("digests", "controls", "verdicts")}
    return digest([apart, [_without_exchanges(entry) for entry in document["verdicts"]]])


def _without_exchanges(entry: VerdictEntry) -> dict[str, JSON]:
    own: dict[str, JSON] = {name: value for name, value in entry.items() if name not in _APART}
    if "upstream" in entry:
        own["upstream"] = {name: value for name, value in entry["upstream"].items() if name not in _APART}
    return own


@cache
def suite() -> str:
    """The digest of the suite's own code and data, by which a run tells whether another suite judges it the same."""
    package = Path(__file__).parent.parent
    data = [(folder, "*") for _, folder in data_files.DATA_FOLDERS]
    found = hashlib.sha256()
    for folder, pattern in [(package, "*.py"), *data]:
        for path in sorted(folder.rglob(pattern)):
            if path.is_file() and path.suffix in _KINDS:
                content = path.read_bytes()
                found.update(f"\n{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
                found.update(content)
    return found.hexdigest()


_KINDS = (".py", ".yaml", ".json", ".tsv")
"""The suffixes of the files that decide what is sent and how it is judged."""
