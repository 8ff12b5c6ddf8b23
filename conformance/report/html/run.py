"""A run as one HTML page: the broken rules at a glance, then every case with its exchanges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from conformance.analysis import route_differences, scores
from conformance.analysis.diff import Diff
from conformance.core.case_id import full_id, without_repetition
from conformance.core.model import Exchange, Level, Outcome
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records import exchange_store, replay, run_file
from conformance.records.jsonl import RecordingError
from conformance.records.run_format import (
    BehindEntry,
    BytesEntry,
    ExchangeEntry,
    RuleEntry,
    RunDocument,
    UpstreamEntry,
    VerdictEntry,
)
from conformance.report import applicability_text, diff_text, plain_refusals_text, text, timeline
from conformance.report.html import levels, page, parameters, problems, readiness, repeated, soak
from conformance.report.html.findings import folded
from conformance.report.levels import words as level_words
from conformance.report.parameters import text as parameters_text
from conformance.report.readiness import words as readiness_words

OUTCOMES: tuple[Outcome, ...] = ("failed", "unverified", "warned", "known", "passed", "not_applicable")
"""The worst first; the order everywhere on the page."""

MAX_LENGTH = 20_000
"""Characters of a body, a chunk or a command that the page shows; a run may have bodies of megabytes."""
_MORE = "({:,} more characters are in run.json)"

NO_PROBLEM = "none"
"""The number of the problem of failed cases that belong to none."""

_SHOWN_INSIDE = ("level", "source", "file", "line", "reason", "attempts", "tokens")
"""Members of a verdict that the page shows as they are when the case is opened."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One area of a family: `total` applicable cases, `good` conformant ones, and the worst outcome."""

    area: str
    total: int
    good: int
    outcomes: Counter[Outcome]
    worst: Outcome


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule with the number of cases in which a finding of this level broke it."""

    id: str
    level: Level
    impact: str
    breaks: str
    sentence: str
    source: str
    cases: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a case on one route, where the routes differ."""

    id: str
    route: str
    outcome: str
    rules: Sequence[str]


def render(document: RunDocument, difference: Diff | None = None, all_exchanges: bool = False) -> str:
    """The page of a run, with the differences from a baseline if there is one.

    Without `all_exchanges`, those of cases that passed or do not apply are left out: they are most of a run.
    """
    entries = sorted(document["verdicts"], key=lambda entry: (OUTCOMES.index(entry["outcome"]), entry["id"]))
    counts = Counter(entry["outcome"] for entry in entries)
    found = problems.shown(document, difference)
    problems_of = problems.by_case(found)
    return page.render(
        "run.html.j2",
        "run.js",
        run=document,
        problems=found,
        soak=soak.shown(document),
        repeated=repeated.shown(document),
        problems_title=problems.title(found),
        folded_title=problems.folded_title(found),
        unexplained={entry["id"] for entry in entries if entry["outcome"] == "failed"} - problems_of.keys(),
        judged=sum(entry["outcome"] in run_file.CONCLUSIVE for entry in entries),
        gateway={"name": "", "version": "", "notes": [], **document["gateway"]},
        headline=_headline(document, counts, found, len(diff_text.lost(difference))),
        refusals=list(plain_refusals_text.lines(document)),
        inapplicable=list(applicability_text.lines(document)),
        rows=page.embedded([_row(entry, problems_of.get(entry["id"], [])) for entry in entries]),
        details=[page.embedded(_details(entry, document, all_exchanges)) for entry in entries],
        counts=[(name, counts[name]) for name in OUTCOMES],
        total=len(entries),
        models=sorted(set(document["gateway"]["models"].values())),
        shares=scores.by_endpoint(document, diff_text.lost(difference)),
        matrix=_matrix(entries),
        levels=levels.shown(document, found),
        levels_legend=level_words.LEGEND,
        clients=readiness.shown(document, found),
        clients_title=readiness.title(document),
        clients_legend=readiness_words.LEGEND,
        parameters=parameters.shown(document),
        parameters_legend=parameters_text.LEGEND,
        broken=_broken(document),
        difference=difference,
        change_groups=list(diff_text.groups(difference)) if difference else [],
        change_counts=diff_text.counts(difference) if difference else "",
        problem_changes=list(diff_text.problem_lines(difference)) if difference else [],
        present={entry["id"] for entry in entries},
        choices=_choices(entries),
        routes=document["gateway"].get("routes", {}),
        differences=[(found.id, _answers(found)) for found in route_differences.differences(document["verdicts"])],
        texts=page.embedded(
            {
                "rules": _rule_texts(document),
                "blames": dict(text.BLAMES),
                "own": text.OWN_SOURCE,
                "left_out": _left_out(document),
                "problems": [_problem_texts(problem) for problem in found],
            }
        ),
    )


def _left_out(document: RunDocument) -> str:
    """Why the page does not have the exchanges of a case, after their number."""
    if exchange_store.is_partial(document):
        return "not kept in this run (--gateway-keep=failed)"
    return "not on this page; gateway-conformance render --to full-html shows all"


def _headline(
    document: RunDocument, counts: Counter[Outcome], found: Sequence[problems.Shown], lost: int
) -> tuple[str, str]:
    """(state, sentences) about the whole run; the state gives the colour."""
    state, sentence = _judgement(document, counts, found, lost)
    return state, " ".join(part for part in (sentence, applicability_text.total(document)) if part)


def _judgement(
    document: RunDocument, counts: Counter[Outcome], found: Sequence[problems.Shown], lost: int
) -> tuple[str, str]:
    failed, unverified, total = counts["failed"], counts["unverified"], counts.total()
    if not total:
        return "good", "No case was judged."
    required = sum(problem.entry["level"] == "must" and not problem.is_folded for problem in found)
    if failed and required:
        verb = "breaks" if required == 1 else "break"
        sentence = (
            f"{counted(required, 'problem')} {verb} required rules: {failed:,} of {counted(total, 'case')} failed."
        )
        return "bad", sentence
    if failed:
        rules = {rule for entry in document["verdicts"] for rule in run_file.broken_rules(entry, "must")}
        verb = "breaks" if failed == 1 else "break"
        sentence = f"{failed:,} of {counted(total, 'case')} {verb} a required rule ({counted(len(rules), 'rule')})."
        return "bad", sentence
    if lost:
        return "bad", f"{counted(lost, 'case')} that passed in the baseline {'is' if lost == 1 else 'are'} lost."
    over_run = [entry for entry in document.get("over_run", []) if run_file.over_run_outcome(entry) == "failed"]
    if over_run:
        return "bad", f"Every case keeps the required rules, but the whole run breaks {counted(len(over_run), 'rule')}."
    if soak_problems := document["soak"]["problems"] if "soak" in document else []:
        return "bad", f"Every case keeps the required rules, but the soak has {counted(len(soak_problems), 'problem')}."
    if unverified:
        sentence = f"No required rule is broken, but {unverified:,} of {counted(total, 'case')} could not be verified."
        return "unsure", sentence
    if counts["known"]:
        return "good", "Only rules listed as known failures are broken."
    return "good", "No required rule is broken."


def _rule_texts(document: RunDocument) -> dict[str, dict[str, str]]:
    """Rule -> the texts of a finding."""
    return {
        name: {
            "sentence": rule["sentence"],
            "source": rule["source"],
            "impact": text.IMPACTS[rule["impact"]],
            "breaks": rule.get("breaks", ""),
        }
        for name, rule in document["rules"].items()
    }


def _problem_texts(problem: problems.Shown) -> dict[str, str]:
    """The texts of a problem in its cases, and its command as it is copied."""
    title = f"{problem.number}. {problem.sentence}"
    return {"anchor": problem.anchor, "title": title, "where": problem.entry["scope"]["words"], "curl": problem.curl}


def _choices(entries: Sequence[VerdictEntry]) -> dict[str, list[str]]:
    """The values that the list of cases can be filtered by, for each member of a verdict."""
    found: dict[str, set[str]] = {
        "family": {entry["family"] for entry in entries},
        "area": {entry["area"] for entry in entries},
        "endpoint": {entry["endpoint"] for entry in entries},
        "level": {entry["level"] for entry in entries},
        "route": {entry["route"] for entry in entries if "route" in entry},
    }
    return {name: sorted(values - {""}) for name, values in found.items() if values - {""}}


def _answers(difference: route_differences.Difference) -> list[Answer]:
    """The results of a case on each route, in the order of the routes."""
    case = without_repetition(difference.id)
    repetition = difference.id.removeprefix(case)
    return [
        Answer(full_id(case, route) + repetition, route, outcome, difference.rules[route])
        for route, outcome in difference.outcomes.items()
    ]


def _row(entry: VerdictEntry, numbers: Sequence[int]) -> dict[str, object]:
    """A case in the list: what is shown of it before it is opened, and what it can be filtered by."""
    is_unexplained = entry["outcome"] == "failed" and not numbers
    return {
        "id": plain(entry["id"]),
        "title": entry["title"],
        "outcome": entry["outcome"],
        "family": entry["family"],
        "area": entry["area"],
        "endpoint": entry["endpoint"],
        "level": entry["level"],
        "route": entry.get("route", ""),
        "rule": sorted(run_file.broken_rules(entry, *run_file.FAILING_LEVELS)),
        "problem": [NO_PROBLEM] if is_unexplained else [str(number) for number in numbers],
        "reason": entry["reason"],
        "seconds": round(entry["seconds"], 2),
    }


def _details(entry: VerdictEntry, document: RunDocument, all_exchanges: bool) -> dict[str, object]:
    """The part of a case that the page shows when it is opened. Raises RecordingError."""
    try:
        return _opened(entry, document, all_exchanges or entry["outcome"] not in exchange_store.STORED)
    except RecordingError as error:
        raise RecordingError(f"{entry['id']}: {error}") from error


def _opened(entry: VerdictEntry, document: RunDocument, with_exchanges: bool) -> dict[str, object]:
    details: dict[str, object] = {name: value for name, value in entry.items() if name in _SHOWN_INSIDE and value}
    details["model"] = run_file.model_of(document["gateway"]["models"], entry)
    details |= {"findings": folded(entry["findings"]), **_exchanges(entry, with_exchanges)}
    if "upstream" in entry:
        behind = entry["upstream"]
        own = {"findings": folded(behind["findings"]), **_exchanges(behind, with_exchanges)}
        details["upstream"] = {"outcome": behind["outcome"], "reason": behind["reason"], **own}
    return details


def _exchanges(entry: VerdictEntry | UpstreamEntry, is_shown: bool) -> dict[str, object]:
    """The exchanges that the page shows, and the number of those that it leaves out."""
    left_out = len(entry.get("stored", ())) + (0 if is_shown else len(entry["exchanges"]))
    return {"exchanges": _shown(entry) if is_shown else [], "left_out": left_out}


def _shown(entry: VerdictEntry | UpstreamEntry) -> list[dict[str, object]]:
    read = zip(entry["exchanges"], replay.of_verdict(entry), strict=True)
    return [_exchange(recorded, exchange) for recorded, exchange in read]


def _exchange(exchange: ExchangeEntry, read: Exchange) -> dict[str, object]:
    points = [list(asdict(point).values()) for point in timeline.points(read)]
    request = exchange["request"]
    return {
        **exchange,
        "request": {**request, "body": _short(request["body"])},
        "curl": exchange["curl"] if len(exchange["curl"]) <= MAX_LENGTH else _MORE.format(len(exchange["curl"])),
        "chunks": [_short(chunk) for chunk in exchange["chunks"]],
        "behind": [_behind(one) for one in exchange.get("behind", ())],
        "events": points,
    }


def _behind(exchange: BehindEntry) -> dict[str, object]:
    """A request of the gateway to its upstream, with the starts of long bodies."""
    request = exchange["request"]
    return {
        **exchange,
        "request": {**request, "body": _short(request["body"])},
        "chunks": [_short(chunk) for chunk in exchange["chunks"]],
    }


def _short(data: BytesEntry) -> Mapping[str, object]:
    """The bytes as in the report; only the start of a very long text."""
    encoded, content = data.get("base64", ""), data.get("text", "")
    if len(encoded) > MAX_LENGTH:
        return {**{name: value for name, value in data.items() if name != "base64"}, "text": _MORE.format(len(encoded))}
    if len(content) > MAX_LENGTH:
        return {**data, "text": f"{content[:MAX_LENGTH]}\n{_MORE.format(len(content) - MAX_LENGTH)}"}
    return data


def _matrix(entries: Sequence[VerdictEntry]) -> list[tuple[str, list[Cell]]]:
    """(family, its areas), in order of name."""
    outcomes: dict[str, dict[str, Counter[Outcome]]] = {}
    for entry in entries:
        outcomes.setdefault(entry["family"], {}).setdefault(entry["area"], Counter())[entry["outcome"]] += 1
    return [
        (family, [_cell(area, counts) for area, counts in sorted(areas.items())])
        for family, areas in sorted(outcomes.items())
    ]


def _cell(area: str, outcomes: Counter[Outcome]) -> Cell:
    worst = next(name for name in OUTCOMES if outcomes[name])
    good = sum(outcomes[name] for name in run_file.CONFORMANT)
    return Cell(area, outcomes.total() - outcomes["not_applicable"], good, outcomes, worst)


def _broken(document: RunDocument) -> list[BrokenRule]:
    """The broken must rules, then the should rules, the most frequent first.

    A finding may have a lower level than its rule, so a rule may be in both parts.
    """
    cases: dict[tuple[Level, str], list[VerdictEntry]] = {}
    for level in run_file.FAILING_LEVELS:
        for entry in document["verdicts"]:
            for rule in run_file.broken_rules(entry, level):
                cases.setdefault((level, rule), []).append(entry)
    rules = document["rules"]
    found = [_broken_rule(name, level, rules[name], those) for (level, name), those in cases.items() if name in rules]
    return sorted(found, key=lambda rule: (rule.level, -rule.cases, rule.id))


def _broken_rule(name: str, level: Level, rule: RuleEntry, cases: Sequence[VerdictEntry]) -> BrokenRule:
    return BrokenRule(
        id=name,
        level=level,
        impact=text.IMPACTS[rule["impact"]],
        breaks=rule.get("breaks", ""),
        sentence=rule["sentence"],
        source=text.source_of(rule["source"], cases[0]["source"]),
        cases=len(cases),
    )
