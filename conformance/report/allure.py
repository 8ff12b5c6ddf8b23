"""A verdict as Allure shows it: families as epics, areas as features, exchanges as steps with what went over the wire.

Plain records and no files: `conformance/plugin/allure_hooks.py` hands them to Allure. What Allure makes of each member
is https://allurereport.org/docs/how-it-works-test-result-file/; a failure that is `known` is accepted, and so no
error, see packages/core/src/resolutions.ts of https://github.com/allure-framework/allure3.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from conformance.analysis import known_failures
from conformance.core.model import JSON, Finding, Where
from conformance.core.terminal_text import plain
from conformance.protocol import rulebook
from conformance.records import replay, run_file
from conformance.report import text, timeline

SEVERITIES = {"must": "critical", "should": "normal", "may": "minor", "info": "trivial"}
"""Level -> severity, of the five that Allure has."""

STATUSES = {"failed": "failed", "unverified": "broken", "not_applicable": "skipped", "known": "failed"}
"""Outcome -> status where pytest's own word for it would be another, or might be."""

CATEGORIES: Sequence[JSON] = (
    {"name": "Broken rules", "matchedStatuses": ["failed"], "messageRegex": r"^(?!known: )[\s\S]*"},
    {"name": "Known failures", "matchedStatuses": ["failed"], "messageRegex": r"^known: [\s\S]*"},
    {"name": "Unverified", "matchedStatuses": ["broken"]},
)
"""What Allure groups results by; see https://allurereport.org/docs/how-it-works-categories-file/"""


@dataclass(frozen=True, slots=True)
class Attached:
    """A text beside a step: what it is called, and its type."""

    name: str
    type: str
    extension: str
    body: str


@dataclass(frozen=True, slots=True)
class Sent:
    """An exchange: when it began and ended in milliseconds since 1970, how it went, and what was said."""

    name: str
    status: str
    start: int
    stop: int
    attached: tuple[Attached, ...]


def history_id(entry: JSON) -> str:
    """The same for a case in every run, whatever else changes about it."""
    return hashlib.md5(entry["id"].encode(), usedforsecurity=False).hexdigest()


def labels(entry: JSON) -> Iterator[tuple[str, str]]:
    """(name, value) of what a result is filed under."""
    yield "epic", entry["family"]
    yield "feature", entry["area"]
    yield "severity", SEVERITIES[entry["level"]]
    yield "parentSuite", entry.get("route") or "gateway"
    yield "suite", entry["family"]
    yield "subSuite", entry["area"]
    if entry["outcome"] in ("known", "warned"):
        yield "tag", entry["outcome"]


def links(entry: JSON) -> Iterator[tuple[str, str, str]]:
    """(type, address, name) of whoever says so, and of the issues of known failures."""
    yield "link", entry["source"], "source of the case"
    for rule in sorted(run_file.broken_rules(entry, *run_file.FAILING_LEVELS)):
        yield "link", rulebook.rules()[rule].source, rule
    if entry["outcome"] == "known":
        yield from (("issue", url, url) for url in known_failures.links(entry["reason"]))


def message(entry: JSON) -> str:
    """Why a result is what it is, the same in all cases that are so for one reason, because Allure groups by it."""
    levels = ("must",) if entry["outcome"] in ("failed", "known") else run_file.FAILING_LEVELS
    broken = [f"{rule}: {rulebook.rules()[rule].sentence}" for rule in sorted(run_file.broken_rules(entry, *levels))]
    return plain("\n".join([*([entry["reason"]] if entry["reason"] else []), *broken]))


def trace(entry: JSON) -> str:
    """All that is known about why, a paragraph for each finding that counts."""
    return plain(
        "\n\n".join(
            "\n".join(text.finding_lines(_finding(found)))
            for found in run_file.findings(entry, *run_file.FAILING_LEVELS)
        )
    )


def _finding(found: JSON) -> Finding:
    where = Where(**found["where"])
    return Finding(
        found["rule"], found["level"], found["expected"], found["got"], where, found["step"] - 1, found.get("blame", "")
    )  # fmt: skip


def description(entry: JSON) -> str:
    """What the case is about, and where it is written."""
    return plain(f"{entry['title']}\n\n`{entry['file']}:{entry['line']}`")


def steps(entry: JSON) -> Iterator[Sent]:
    """The exchanges in their order; those with the upstream, where it was asked as well, after them."""
    yield from _steps(entry, "")
    yield from _steps(entry.get("upstream", {}), "upstream: ")


def _steps(entry: JSON, prefix: str) -> Iterator[Sent]:
    failed = {finding["step"] for finding in entry.get("findings", ()) if finding["level"] == "must"}
    for number, exchange in enumerate(entry.get("exchanges", ()), 1):
        request = exchange["request"]
        start = _milliseconds(exchange["date"])
        yield Sent(
            name=plain(f"{prefix}{request['method']} {request['url']}: {exchange['status'] or exchange['ended']}"),
            status="failed" if number in failed else "passed" if exchange["status"] else "broken",
            start=start,
            stop=start + round(exchange["seconds"] * 1000),
            attached=tuple(_attached(exchange)),
        )


def _attached(exchange: JSON) -> Iterator[Attached]:
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


def _body(pieces: Sequence[JSON]) -> str:
    return "".join(piece["text"] if "text" in piece else f"base64: {piece['base64']}" for piece in pieces)


def _pretty(body: str) -> str:
    """JSON with line ends, for people; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _milliseconds(date: str) -> int:
    return round(datetime.fromisoformat(date).timestamp() * 1000)


def environment(document: JSON) -> str:
    """What a run was of, as the properties that stand on Allure's first page."""
    gateway = document["gateway"]
    told = {
        "Gateway": f"{gateway['name']} {gateway['version']}".strip() or "no name given",
        "BaseURL": gateway["base_url"],
        **{f"Route.{name}": url for name, url in gateway.get("routes", {}).items()},
        **({"Upstream": document["upstream"]["base_url"]} if "upstream" in document else {}),
        "Models": ", ".join(sorted(set(gateway["models"].values()))),
        "Suite": document["suite"]["version"],
        "Started": document["started"],
    }
    return "".join(f"{_escaped(name)}={_escaped(value)}\n" for name, value in told.items())


def _escaped(text: str) -> str:
    """As java.util.Properties reads it: ASCII, and no character that ends a name."""
    marked = "".join(f"\\{character}" if character in "\\ =:#!" else character for character in plain(text))
    units = marked.replace("\n", "\\n").encode("utf-16-be")
    pairs = (int.from_bytes(units[index : index + 2]) for index in range(0, len(units), 2))
    return "".join(chr(unit) if unit < 0x7F else f"\\u{unit:04x}" for unit in pairs)
