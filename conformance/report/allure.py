"""A verdict as Allure shows it: families are epics, areas are features, exchanges are steps with attachments.

Plain records, no files: `conformance/plugin/allure_hooks.py` hands them to Allure. The members are those of
https://allurereport.org/docs/how-it-works-test-result-file/; Allure accepts a `known` failure and does not count it as
an error, see packages/core/src/resolutions.ts of https://github.com/allure-framework/allure3.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from conformance.analysis import known_failures, problems
from conformance.core import bounded_json
from conformance.core.model import Finding, Level, Outcome, Where
from conformance.core.terminal_text import plain
from conformance.protocol import rulebook
from conformance.records import replay, run_file
from conformance.records.run_format import (
    BytesEntry,
    ExchangeEntry,
    FindingEntry,
    ProblemEntry,
    RunDocument,
    UpstreamEntry,
    VerdictEntry,
)
from conformance.report import text, timeline
from conformance.report.problems.own import is_own

SEVERITIES: Mapping[Level, str] = {"must": "critical", "should": "normal", "may": "minor", "info": "trivial"}
"""Level -> one of Allure's five severities."""

STATUSES: Mapping[Outcome, str] = {
    "failed": "failed",
    "unverified": "broken",
    "not_applicable": "skipped",
    "known": "failed",
}
"""Outcome -> status, where it may differ from the one that pytest gives."""


class Category(TypedDict, total=False):
    """A category of Allure's; see https://allurereport.org/docs/how-it-works-categories-file/"""

    name: str
    matchedStatuses: list[str]
    messageRegex: str


_OTHERS: Sequence[Category] = (
    {"name": "Broken rules", "matchedStatuses": ["failed"], "messageRegex": r"^(?!known: |problem )[\s\S]*"},
    {"name": "Known failures", "matchedStatuses": ["failed"], "messageRegex": r"^known: [\s\S]*"},
    {"name": "Unverified", "matchedStatuses": ["broken"]},
)
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
"""Characters with a meaning in regular expressions; `re.escape` escapes more, which JavaScript may reject."""


def categories(document: RunDocument) -> list[Category]:
    """The groups of results: one for each problem, then those of the results without one."""
    own: list[Category] = [
        {
            "name": plain(f"{problem['rule']}: {problem['scope']['words']}"),
            "matchedStatuses": ["failed"],
            "messageRegex": rf"^{_SPECIAL.sub(_escaped_sign, _problem_line(problem))}(?:\n[\s\S]*)?",
        }
        for problem in problems.of(document)
        if is_own(problem)
    ]
    return [*own, *_OTHERS]


def _escaped_sign(found: re.Match[str]) -> str:
    return "\\" + found[0]


def problem_lines(document: RunDocument) -> Mapping[str, str]:
    """Case -> the first line of its result's message, which names its worst problem; known cases have none."""
    known = {entry["id"] for entry in document["verdicts"] if entry["outcome"] == "known"}
    lines: dict[str, str] = {}
    for problem in filter(is_own, problems.of(document)):
        for case in problem["cases"]:
            if case not in known:
                lines.setdefault(case, _problem_line(problem))
    return lines


def _problem_line(problem: ProblemEntry) -> str:
    return " ".join(plain(f"problem {problem['id']}").split())


@dataclass(frozen=True, slots=True)
class Attached:
    """A text attached to a step."""

    name: str
    type: str
    extension: str
    body: str


@dataclass(frozen=True, slots=True)
class Sent:
    """An exchange as a step; `start` and `stop` are milliseconds since 1970."""

    name: str
    status: str
    start: int
    stop: int
    attached: tuple[Attached, ...]


def history_id(entry: VerdictEntry) -> str:
    """An id that is the same for a case in every run."""
    return hashlib.md5(entry["id"].encode(), usedforsecurity=False).hexdigest()


def labels(entry: VerdictEntry) -> Iterator[tuple[str, str]]:
    """(name, value) of the labels that group a result."""
    yield "epic", entry["family"]
    yield "feature", entry["area"]
    yield "severity", SEVERITIES[entry["level"]]
    yield "parentSuite", entry.get("route") or "gateway"
    yield "suite", entry["family"]
    yield "subSuite", entry["area"]
    if entry["outcome"] in ("known", "warned"):
        yield "tag", entry["outcome"]


def links(entry: VerdictEntry) -> Iterator[tuple[str, str, str]]:
    """(type, URL, name) of the sources of case and rules, and of the issues of known failures."""
    yield "link", entry["source"], "source of the case"
    for rule in sorted(run_file.broken_rules(entry, *run_file.FAILING_LEVELS)):
        yield "link", text.source_of(rulebook.rules()[rule].source, entry["source"]), rule
    if entry["outcome"] == "known":
        yield from (("issue", url, url) for url in known_failures.links(entry["reason"]))


def message(entry: VerdictEntry) -> str:
    """The reason and the broken rules; the same for all cases with these, because Allure groups by it."""
    levels: tuple[Level, ...] = ("must",) if entry["outcome"] in ("failed", "known") else run_file.FAILING_LEVELS
    broken = [f"{rule}: {rulebook.rules()[rule].sentence}" for rule in sorted(run_file.broken_rules(entry, *levels))]
    return plain("\n".join([*([entry["reason"]] if entry["reason"] else []), *broken]))


def trace(entry: VerdictEntry) -> str:
    """A paragraph for each finding at a level that can fail a case."""
    return plain(
        "\n\n".join(
            "\n".join(text.finding_lines(_finding(found), case_source=entry["source"]))
            for found in run_file.findings(entry, *run_file.FAILING_LEVELS)
        )
    )


def _finding(found: FindingEntry) -> Finding:
    place = found["where"]
    where = Where(place.get("pointer"), place.get("event"), place.get("offset"))
    return Finding(
        found["rule"], found["level"], found["expected"], found["got"], where, found["step"] - 1, found.get("blame", "")
    )  # fmt: skip


def description(entry: VerdictEntry) -> str:
    """The title of the case, and its place in the case files."""
    return plain(f"{entry['title']}\n\n`{entry['file']}:{entry['line']}`")


def steps(entry: VerdictEntry) -> Iterator[Sent]:
    """The exchanges in their order, then those with the upstream, if it was tested too."""
    yield from _steps(entry, "")
    if "upstream" in entry:
        yield from _steps(entry["upstream"], "upstream: ")


def start(entry: VerdictEntry) -> int | None:
    """When the first exchange of a verdict began, in milliseconds since 1970; None if nothing was sent."""
    return _milliseconds(entry["exchanges"][0]["date"]) if entry["exchanges"] else None


def _steps(entry: VerdictEntry | UpstreamEntry, prefix: str) -> Iterator[Sent]:
    failed = {finding["step"] for finding in entry["findings"] if finding["level"] == "must"}
    for number, exchange in enumerate(entry["exchanges"], 1):
        request = exchange["request"]
        start = _milliseconds(exchange["date"])
        yield Sent(
            name=plain(f"{prefix}{request['method']} {request['url']}: {exchange['status'] or exchange['ended']}"),
            status="failed" if number in failed else "passed" if exchange["status"] else "broken",
            start=start,
            stop=start + round(exchange["seconds"] * 1000),
            attached=tuple(_attached(exchange)),
        )


def _attached(exchange: ExchangeEntry) -> Iterator[Attached]:
    request = exchange["request"]
    line = f"{request['method']} {request['url']}"
    yield _text("Request", line, request["headers"], _pretty(_body([request["body"]])))
    body = _body(exchange["chunks"])
    events = timeline.points(replay.exchange(exchange))
    ended = exchange["problem"] or exchange["ended"]
    line = f"{exchange['http_version']} {exchange['status']} ({exchange['seconds']:.2f} s, {ended})"
    yield _text("Response", line, exchange["headers"], body if events else _pretty(body))
    if events:
        rows = [("event", "seconds", "kind", "data"), *((p.number, f"{p.at:.3f}", p.name, p.data) for p in events)]
        table = "\n".join("\t".join(" ".join(str(cell).split()) for cell in row) for row in rows)
        yield Attached("Stream", "text/tab-separated-values", "tsv", plain(table))
    yield Attached("curl", "text/plain", "txt", plain(exchange["curl"]))


def _text(name: str, line: str, headers: Sequence[Sequence[str]], body: str) -> Attached:
    head = [line, *(": ".join(pair) for pair in headers)]
    return Attached(name, "text/plain", "txt", plain("\n".join([*head, "", body])))


def _body(pieces: Sequence[BytesEntry]) -> str:
    return "".join(piece["text"] if "text" in piece else f"base64: {piece['base64']}" for piece in pieces)


def _pretty(body: str) -> str:
    """JSON with indentation; any other text unchanged."""
    try:
        return json.dumps(bounded_json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _milliseconds(date: str) -> int:
    return round(datetime.fromisoformat(date).timestamp() * 1000)


def environment(document: RunDocument) -> str:
    """The gateway and the suite as properties, which Allure shows on its first page."""
    gateway = document["gateway"]
    facts = {
        "Gateway": f"{gateway.get('name', '')} {gateway.get('version', '')}".strip() or "no name given",
        "BaseURL": gateway["base_url"],
        **{f"Route.{name}": url for name, url in gateway.get("routes", {}).items()},
        **({"Upstream": document["upstream"]["base_url"]} if "upstream" in document else {}),
        "Models": ", ".join(sorted(set(gateway["models"].values()))),
        "Suite": document["suite"]["version"],
        "Started": document["started"],
    }
    return "".join(f"{_escaped(name)}={_escaped(value)}\n" for name, value in facts.items())


def _escaped(text: str) -> str:
    """A text as java.util.Properties reads it: ASCII, with an escape for each character that ends a name."""
    marked = "".join(f"\\{character}" if character in "\\ =:#!" else character for character in plain(text))
    units = marked.replace("\n", "\\n").encode("utf-16-be")
    pairs = (int.from_bytes(units[index : index + 2]) for index in range(0, len(units), 2))
    return "".join(chr(unit) if unit < 0x7F else f"\\u{unit:04x}" for unit in pairs)
