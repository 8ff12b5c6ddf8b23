"""Checks recorded traffic, from any file that the suite can read, against the rules of the contract."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from conformance.analysis import over_run
from conformance.core.model import Exchange, Finding
from conformance.core.plural import counted
from conformance.judge import contract, over_a_run
from conformance.protocol import rulebook
from conformance.records import exchange_store, har, jsonl, replay, run_file
from conformance.records.har import HarDocument
from conformance.records.jsonl import UNREADABLE, RecordingError, read_jsonl
from conformance.records.run_format import RunDocument


@dataclass(slots=True)
class CheckSummary:
    """The result of checking exchanges: their number, and for each broken rule a count and the first example.

    `unjudged` is the number of exchanges without an answer, or whose answer was recorded without its body.
    `internal_errors` is name -> message, for exchanges on which a check of the suite failed.
    """

    exchanges: int = 0
    unjudged: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[str, Finding]] = field(default_factory=dict)
    internal_errors: dict[str, str] = field(default_factory=dict)

    def judge(self, name: str, exchange: Exchange) -> None:
        """Checks one more exchange; an internal error is kept and does not stop the others."""
        try:
            found = contract.findings(exchange)
        except Exception as error:
            self.internal_errors[name] = contract.internal_error(error)
        else:
            self.add(name, found)

    def judge_together(self, exchanges: Iterable[tuple[str, Exchange]]) -> None:
        """Checks the rules over all exchanges of a session."""
        for found in over_a_run.findings(over_run.identities(exchanges), {}):
            self.counts[found.rule] += 1
            finding = Finding(found.rule, found.level, found.expected, found.got)
            self.examples.setdefault(found.rule, (found.names[0], finding))

    def add(self, name: str, findings: Iterable[Finding]) -> None:
        """Adds the findings of one more exchange."""
        self.exchanges += 1
        for finding in findings:
            self.counts[finding.rule] += 1
            self.examples.setdefault(finding.rule, (name, finding))

    def rules(self, *levels: str) -> list[str]:
        """The broken rules of these levels, the most frequent first."""
        book = rulebook.rules()
        return [rule for rule, _ in self.counts.most_common() if book[rule].level in levels]


def check_files(paths: Sequence[Path], *, framing: bool = False) -> CheckSummary:
    """Checks every exchange of the files. Raises RecordingError, also if no exchange can be judged.

    With `framing`, the headers about the length of a body are judged in every file.
    """
    result = CheckSummary()
    for path in paths:
        judged = []
        for name, exchange in read_recording(path):
            if exchange.status is None or exchange.ended == "not_recorded":
                result.unjudged += 1
            else:
                shown = _with_framing(exchange) if framing else exchange
                result.judge(name, shown)
                judged.append((name, shown))
        if _is_session(path):
            result.judge_together(judged)
    if not result.exchanges and not result.internal_errors:
        names = ", ".join(map(str, paths))
        found = (
            f"{counted(result.unjudged, 'answer')} without body"
            if result.unjudged
            else "no exchange of a known endpoint"
        )
        raise RecordingError(f"{names}: nothing can be judged ({found}); record the traffic again")
    return result


def _with_framing(exchange: Exchange) -> Exchange:
    return replace(exchange, lacks=exchange.lacks - {"framing"})


def _is_session(path: Path) -> bool:
    """Whether a file is one recorded session. JSON lines may be a collection, in which ids were replaced."""
    return path.name.removesuffix(".gz").endswith((".har", ".json"))


def read_recording(path: Path) -> Iterator[tuple[str, Exchange]]:
    """(name, exchange) from a HAR file or a run.json, else from JSON lines. Raises RecordingError."""
    if _is_session(path):
        yield from _from_document(path)
    else:
        yield from read_jsonl(path)


def _from_document(path: Path) -> Iterator[tuple[str, Exchange]]:
    """The exchanges of a file that is one JSON document; a `log` member makes it a HAR file. Raises InputError."""
    document = _parsed(path)
    if "log" not in document:
        run_file.check_format(document, path)
        exchange_store.join(document, path)
        if exchange_store.is_partial(document):
            raise RecordingError(
                f"{path}: the run did not keep the exchanges of cases that passed (--gateway-keep=failed); "
                "use `verify`, or check a run with all exchanges"
            )
    try:
        for name, exchange in _exchanges(document):
            yield f"{path.name}#{name}", exchange
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except UNREADABLE as error:
        raise RecordingError(f"{path}: this is neither a HAR file nor a run.json ({error!r})") from error


def _exchanges(document: dict[str, object]) -> Iterator[tuple[str, Exchange]]:
    if "log" in document:
        return har.exchanges(cast(HarDocument, document))
    return replay.exchanges(cast(RunDocument, document))


def _parsed(path: Path) -> dict[str, object]:
    """A JSON object from a file. Raises RecordingError."""
    text = "".join(line for _, line in jsonl.lines(path))
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordingError(f"{path}:{error.lineno}: this is not valid JSON ({error.msg})") from error
    except UNREADABLE as error:
        raise RecordingError(f"{path}: this JSON cannot be read ({error!r})") from error
    if not isinstance(document, dict):
        raise RecordingError(f"{path}: this is neither a HAR file nor a run.json, but another JSON document")
    return document
