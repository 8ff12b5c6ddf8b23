"""A run as one HTML page: what is broken at a glance, then every case with all that was exchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from conformance.analysis import route_differences, scores
from conformance.analysis.diff import KINDS, Diff
from conformance.core.case_id import full_id, without_repetition
from conformance.core.model import JSON, Exchange
from conformance.records import replay, run_file
from conformance.records.jsonl import RecordingError
from conformance.report import text, timeline
from conformance.report.html import page

OUTCOMES = ("failed", "unverified", "warned", "known", "passed", "not_applicable")
"""The worst first; the order of everything on the page."""

MAX_LENGTH = 20_000
"""Characters of one body, one piece of it or one command that the page shows; a run has bodies of megabytes."""
_MORE = "({:,} more characters are in run.json)"

_UNSAID: JSON = {"name": "", "version": "", "notes": []}
"""What a run need not say of its gateway."""

_SHOWN_APART = ("id", "title", "outcome", "family", "area", "endpoint", "level", "seconds", "exchanges")


@dataclass(frozen=True, slots=True)
class Cell:
    """One area of a family: how many cases it has, how they ended, and how the worst of them did."""

    area: str
    total: int
    good: int
    outcomes: Counter[str]
    worst: str


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule with the number of cases that broke it."""

    id: str
    level: str
    impact: str
    sentence: str
    source: str
    cases: int


@dataclass(frozen=True, slots=True)
class Answer:
    """How a case that the routes do not answer alike ended by one of them."""

    id: str
    route: str
    outcome: str
    rules: Sequence[str]


def render(document: JSON, difference: Diff | None = None) -> str:
    """The page of a run.json document, with what changed since a baseline where there is one."""
    entries = sorted(document["verdicts"], key=lambda entry: (OUTCOMES.index(entry["outcome"]), entry["id"]))
    counts = Counter(entry["outcome"] for entry in entries)
    return page.render(
        "run.html.j2",
        "run.js",
        run={**document, "gateway": {**_UNSAID, **document["gateway"]}},
        entries=[(entry, page.embedded(_details(entry, document))) for entry in entries],
        counts=[(name, counts[name]) for name in OUTCOMES],
        total=len(entries),
        models=sorted(set(document["gateway"]["models"].values())),
        shares=scores.by_endpoint(document),
        matrix=_matrix(entries),
        broken=_broken(document),
        difference=difference,
        kinds=KINDS,
        present={entry["id"] for entry in entries},
        choices=_choices(entries),
        routes=document["gateway"].get("routes", {}),
        differences=[(found.id, _answers(found)) for found in route_differences.differences(document["verdicts"])],
        texts=page.embedded({"rules": document["rules"], "blames": dict(text.BLAMES)}),
        broken_by={entry["id"]: sorted(run_file.broken_rules(entry, *run_file.FAILING_LEVELS)) for entry in entries},
    )


def _choices(entries: Sequence[JSON]) -> dict[str, list[str]]:
    """What the list of cases can be narrowed to, by the member of a verdict."""
    names = ("family", "area", "endpoint", "level", "route")
    found = {name: sorted({entry[name] for entry in entries if entry.get(name)}) for name in names}
    return {name: values for name, values in found.items() if values}


def _answers(difference: route_differences.Difference) -> list[Answer]:
    """What came of a case by each route, in the order of the routes."""
    case = without_repetition(difference.id)
    time = difference.id.removeprefix(case)
    return [
        Answer(full_id(case, route) + time, route, outcome, difference.rules[route])
        for route, outcome in difference.outcomes.items()
    ]


def _details(entry: JSON, document: JSON) -> JSON:
    """What the page shows of a case once it is opened. Raises RecordingError."""
    try:
        return _opened(entry, document)
    except RecordingError as error:
        raise RecordingError(f"{entry['id']}: {error}") from error


def _opened(entry: JSON, document: JSON) -> JSON:
    rest = {name: value for name, value in entry.items() if name not in _SHOWN_APART}
    upstream = {"upstream": _with_events(entry["upstream"])} if "upstream" in entry else {}
    told = {"level": entry["level"], "model": run_file.model_of(document["gateway"]["models"], entry)}
    return _with_events({**rest, **told, "exchanges": entry["exchanges"], **upstream})


def _with_events(entry: JSON) -> JSON:
    read = zip(entry["exchanges"], replay.of_verdict(entry), strict=True)
    return {**entry, "exchanges": [_exchange(recorded, exchange) for recorded, exchange in read]}


def _exchange(exchange: JSON, read: Exchange) -> JSON:
    points = [list(asdict(point).values()) for point in timeline.points(read)]
    request = exchange["request"]
    return {
        **exchange,
        "request": {**request, "body": _short(request["body"])},
        "curl": exchange["curl"] if len(exchange["curl"]) <= MAX_LENGTH else _MORE.format(len(exchange["curl"])),
        "chunks": [_short(chunk) for chunk in exchange["chunks"]],
        "events": points,
    }


def _short(data: JSON) -> JSON:
    """Bytes as a report keeps them, or the start of them where nobody would read them all."""
    if len(data.get("base64", "")) > MAX_LENGTH:
        return {**_without(data, "base64"), "text": _MORE.format(len(data["base64"]))}
    if len(data.get("text", "")) > MAX_LENGTH:
        return {**data, "text": f"{data['text'][:MAX_LENGTH]}\n{_MORE.format(len(data['text']) - MAX_LENGTH)}"}
    return data


def _without(data: JSON, name: str) -> JSON:
    return {key: value for key, value in data.items() if key != name}


def _matrix(entries: Sequence[JSON]) -> list[tuple[str, list[Cell]]]:
    """(family, its areas), in order of name."""
    outcomes: dict[str, dict[str, Counter[str]]] = {}
    for entry in entries:
        outcomes.setdefault(entry["family"], {}).setdefault(entry["area"], Counter())[entry["outcome"]] += 1
    return [
        (family, [_cell(area, counts) for area, counts in sorted(areas.items())])
        for family, areas in sorted(outcomes.items())
    ]


def _cell(area: str, outcomes: Counter[str]) -> Cell:
    worst = next(name for name in OUTCOMES if outcomes[name])
    good = sum(outcomes[name] for name in run_file.CONFORMANT)
    return Cell(area, outcomes.total() - outcomes["not_applicable"], good, outcomes, worst)


def _broken(document: JSON) -> list[BrokenRule]:
    """Rules that cases broke at a level that counts, the gravest and most frequent first."""
    counts = Counter(
        rule for entry in document["verdicts"] for rule in run_file.broken_rules(entry, *run_file.FAILING_LEVELS)
    )
    found = [
        BrokenRule(rule, told["level"], told["impact"], told["sentence"], told["source"], counts[rule])
        for rule, told in document["rules"].items()
        if counts[rule]
    ]
    return sorted(found, key=lambda rule: (rule.level, -rule.cases, rule.id))
