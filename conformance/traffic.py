"""Recorded traffic, from any file that we can read, against the contract."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conformance import contract, har, recording, replay, rulebook
from conformance.model import JSON, Exchange, Finding
from conformance.recording import RecordingError


@dataclass(slots=True)
class Tally:
    """What judging a pile of exchanges came to: how many there were, and for each broken rule how often and where."""

    exchanges: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, Finding]] = field(default_factory=dict)

    def add(self, name: str, findings: Iterable[Finding]) -> None:
        """One more exchange; the first example of each rule is kept."""
        self.exchanges += 1
        for finding in findings:
            self.counts[finding.rule] += 1
            self.examples.setdefault(finding.rule, (name, finding))

    def rules(self, *levels: str) -> list[str]:
        """The broken rules of these levels, the most frequent first."""
        book = rulebook.rules()
        return [rule for rule, _ in self.counts.most_common() if book[rule].level in levels]


def judge(paths: Iterable[Path]) -> Tally:
    """Every exchange of the files against the contract. Raises RecordingError."""
    tally = Tally()
    for path in paths:
        for name, exchange in read(path):
            tally.add(name, contract.findings(exchange))
    return tally


def read(path: Path) -> Iterator[tuple[str, Exchange]]:
    """(id, exchange) from a HAR file, an earlier run.json, or JSON lines. Raises RecordingError."""
    if path.suffix == ".har":
        yield from har.read(path)
    elif path.suffix == ".json":
        yield from _run(path)
    else:
        yield from recording.read(path)


def _run(path: Path) -> Iterator[tuple[str, Exchange]]:
    try:
        document: JSON = json.loads(path.read_text("utf-8"))
        yield from replay.exchanges(document)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{path}: this is no run.json ({error!r})") from error
