"""Recorded traffic, from any file that we can read, against the contract."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.core.model import JSON, Exchange, Finding
from conformance.judge import contract
from conformance.protocol import rulebook
from conformance.records import har, jsonl, replay
from conformance.records.jsonl import UNREADABLE, RecordingError, read_jsonl


@dataclass(slots=True)
class CheckSummary:
    """What judging a pile of exchanges came to: how many there were, and for each broken rule how often and where.

    `unjudged` counts the exchanges besides that have no answer, or whose answer's body was not recorded; `stumbles`
    are those that the suite itself cannot judge, by name, with the reason.
    """

    exchanges: int = 0
    unjudged: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, Finding]] = field(default_factory=dict)
    stumbles: dict[str, str] = field(default_factory=dict)

    def judge(self, name: str, exchange: Exchange) -> None:
        """One more exchange; where the suite stumbles over it, the others are judged all the same."""
        try:
            found = contract.findings(exchange)
        except Exception as error:
            self.stumbles[name] = contract.internal_error(error)
        else:
            self.add(name, found)

    def add(self, name: str, findings: Iterable[Finding]) -> None:
        """The findings of one more exchange; the first example of each rule is kept."""
        self.exchanges += 1
        for finding in findings:
            self.counts[finding.rule] += 1
            self.examples.setdefault(finding.rule, (name, finding))

    def rules(self, *levels: str) -> list[str]:
        """The broken rules of these levels, the most frequent first."""
        book = rulebook.rules()
        return [rule for rule, _ in self.counts.most_common() if book[rule].level in levels]


def check_files(paths: Sequence[Path]) -> CheckSummary:
    """Every exchange of the files against the contract. Raises RecordingError, also where none can be judged."""
    tally = CheckSummary()
    for path in paths:
        for name, exchange in read_recording(path):
            if exchange.status is None or exchange.ended == "not_recorded":
                tally.unjudged += 1
            else:
                tally.judge(name, exchange)
    if not tally.exchanges and not tally.stumbles:
        what = f"{tally.unjudged} answers without their bodies" if tally.unjudged else "no exchange of a known endpoint"
        raise RecordingError(f"{', '.join(map(str, paths))}: nothing can be judged: there is {what}; record it anew")
    return tally


def read_recording(path: Path) -> Iterator[tuple[str, Exchange]]:
    """(name, exchange) from a HAR file or an earlier run.json, else from JSON lines. Raises RecordingError."""
    if path.name.removesuffix(".gz").endswith((".har", ".json")):
        yield from _document(path)
    else:
        yield from read_jsonl(path)


def _document(path: Path) -> Iterator[tuple[str, Exchange]]:
    """From a file that is one JSON document, whose members tell what it is."""
    document = _parsed(path)
    found = har.exchanges if "log" in document else replay.exchanges
    try:
        for name, exchange in found(document):
            yield f"{path.name}#{name}", exchange
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except UNREADABLE as error:
        raise RecordingError(f"{path}: this is no HAR file and no run.json ({error!r})") from error


def _parsed(path: Path) -> JSON:
    text = "".join(line for _, line in jsonl.lines(path))
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordingError(f"{path}:{error.lineno}: this is no JSON ({error.msg})") from error
    except UNREADABLE as error:
        raise RecordingError(f"{path}: this is no JSON that can be read ({error!r})") from error
    if not isinstance(document, dict):
        raise RecordingError(f"{path}: this is no HAR file and no run.json, but another JSON document")
    return document
