"""Known failures: a list that people keep, and that must stay correct.

An entry names a problem of the run, or cases by a glob. A listed failure becomes `known`. An entry whose problem no
longer occurs is stale; that, an entry that matches nothing and an entry past its date are mistakes of the list, and any
mistake fails the run. The file's format is schemas/known.schema.json.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from conformance.analysis.known_problem import KnownProblem, parse
from conformance.analysis.problems.observations import Observation, observe
from conformance.analysis.problems.observed import with_observed
from conformance.core.globs import fits
from conformance.core.model import Level, Outcome
from conformance.core.plural import counted
from conformance.core.yaml_input import InputError, read_yaml
from conformance.records import run_file
from conformance.records.run_format import FindingEntry, ListEntry, OverRunEntry, RunDocument, VerdictEntry

Kind = Literal["stale", "unmatched", "expired"]
MAX_EXAMPLES = 3
PLACEHOLDER = "not investigated yet"
"""The reason that `known --update` writes. It is only accepted together with a date."""

_OVER_RUN = "run."
"""The prefix of the rules that the answers of a run break together."""

_DECISIVE: Mapping[Outcome, tuple[Level, ...]] = {
    "failed": ("must",),
    "warned": ("should",),
    "known": run_file.FAILING_LEVELS,
}
"""Outcome -> the levels whose findings led to it."""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """An entry of the list, about a problem or about cases.

    `cases` and `rule` are globs, `expires` is the last day on which it holds.
    """

    cases: str
    reason: str
    rule: str = ""
    model: str = ""
    stream: bool | None = None
    link: str = ""
    expires: date | None = None
    sometimes: bool = False
    place: str = ""
    """file:line, for messages."""
    problem: KnownProblem | None = None
    entry: ListEntry | None = None
    """The entry as in the file."""

    @property
    def name(self) -> str:
        """The problem, or the cases, rule and model, for messages."""
        if self.problem:
            return self.problem.rule + "".join(f" {literal}" for literal in self.problem.literals)
        return ", ".join(part for part in (self.cases, self.rule, self.model) if part)


@dataclass(frozen=True, slots=True)
class ListMistake:
    """An entry of the list that is no longer correct; any mistake fails the run."""

    kind: Kind
    entry: KnownFailure
    sentence: str


def load_known_failures(path: Path) -> tuple[KnownFailure, ...]:
    """The entries of a file. Raises InputError."""
    document = read_yaml(path, "known.schema.json")
    return tuple(
        _known_failure(entry, document.at("known", index), document.at("known", index, "expires"))
        for index, entry in enumerate(document.value["known"])
    )


def recorded(document: RunDocument) -> tuple[KnownFailure, ...]:
    """The entries of the list that a run was made with. Raises InputError."""
    places = ((entry, f"listed/{number}") for number, entry in enumerate(document.get("listed", ())))
    return tuple(_known_failure(entry, place, place) for entry, place in places)


def _known_failure(entry: ListEntry, place: str, place_of_day: str) -> KnownFailure:
    when = entry.get("when", {})
    _check(entry, place)
    return KnownFailure(
        entry=entry,
        cases=entry.get("cases", ""),
        reason=entry["reason"].strip(),
        rule=entry.get("rule", ""),
        model=when.get("model", ""),
        stream=when.get("stream"),
        link=entry.get("link", ""),
        expires=_day(place_of_day, entry["expires"]) if "expires" in entry else None,
        sometimes=entry.get("sometimes", False),
        place=place,
        problem=parse(entry["problem"], entry.get("rules", ())) if "problem" in entry else None,
    )


def _check(entry: ListEntry, place: str) -> None:
    """Raises InputError for members that do not go together."""
    if "problem" not in entry and "cases" not in entry:
        raise InputError(f"{place}: the entry names neither a `problem` nor `cases`; name one of them")
    mixed = sorted({"cases", "rule", "when"} & entry.keys()) if "problem" in entry else sorted({"rules"} & entry.keys())
    if mixed:
        other = "problem" if "problem" in entry else "cases"
        raise InputError(f"{place}: `{mixed[0]}` does not go together with `{other}`; remove it, or write two entries")
    if entry["reason"].strip().rstrip(".").casefold() == PLACEHOLDER and "expires" not in entry:
        raise InputError(
            f'{place}: the reason is still "{PLACEHOLDER}"; write why the failure is accepted, or add `expires` with '
            "the last day on which it may stay without a reason"
        )


def _day(place: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{place}: {text} is not a date of the calendar ({error}); write YYYY-MM-DD") from error


def apply(
    document: RunDocument, listed: Sequence[KnownFailure], today: date, ids: Collection[str] = ()
) -> tuple[RunDocument, tuple[ListMistake, ...]]:
    """The run with its known failures marked, and the mistakes of the list.

    `ids` are the ids of all cases of the suite, so that an entry for a case outside this run is not `unmatched`.
    """
    if any(entry.problem for entry in listed):
        document = with_observed(document)
    models = document["gateway"]["models"]
    verdicts = [settle(entry, models, listed, today) for entry in document["verdicts"]]
    summary = dict(sorted(Counter(entry["outcome"] for entry in verdicts).items()))
    settled: RunDocument = {**document, "summary": summary, "verdicts": verdicts}
    if "over_run" in document:
        settled["over_run"] = settle_over_run(document["over_run"], verdicts, listed, today)
    return settled, tuple(mistakes(document, listed, today, ids))


def settle(
    verdict: VerdictEntry, models: Mapping[str, str], listed: Sequence[KnownFailure], today: date
) -> VerdictEntry:
    """The verdict; `known` where valid entries cover every finding that led to its outcome.

    `models` is endpoint -> model, as in run.json.
    """
    decisive = decisive_findings(verdict)
    current = valid(listed, today)
    covering = [next((entry for entry in current if covers(entry, models, verdict, one)), None) for one in decisive]
    known = dict.fromkeys(_reason(entry) for entry in covering if entry is not None)
    if not decisive or None in covering:
        return verdict
    return {**verdict, "outcome": "known", "reason": "; ".join(known)}


def decisive_findings(verdict: VerdictEntry) -> list[FindingEntry]:
    """The findings that led to the outcome: those of the worst level that counts for it."""
    found = run_file.findings(verdict, *_DECISIVE.get(verdict["outcome"], ()))
    return [finding for finding in found if finding["level"] == found[0]["level"]]


def covers(entry: KnownFailure, models: Mapping[str, str], verdict: VerdictEntry, finding: FindingEntry) -> bool:
    """Whether an entry is about a finding of a verdict."""
    if entry.problem:
        return entry.problem.covers(verdict, finding)
    return _is_about(entry, finding) and _matches(entry, models, verdict)


def valid(listed: Sequence[KnownFailure], today: date) -> list[KnownFailure]:
    """The entries whose date has not passed."""
    return [entry for entry in listed if not _expired(entry, today)]


def reasons(
    verdicts: Sequence[VerdictEntry], rules: Collection[str], document: RunDocument, listed: Sequence[KnownFailure]
) -> str:
    """Why it is known that these verdicts break rules, in them or over the run; "" if entries do not cover it all."""
    models = document["gateway"]["models"]
    by_id = {verdict["id"]: verdict for verdict in verdicts}
    own = [
        next((entry for entry in listed if covers(entry, models, verdict, finding)), None)
        for verdict in verdicts
        for finding in run_file.findings(verdict, *run_file.FAILING_LEVELS)
        if finding["rule"] in rules
    ]
    over_run = [
        next((entry for entry in listed if covers_case(entry, finding, name, by_id)), None)
        for finding in document.get("over_run", [])
        if finding["rule"] in rules
        for name in finding["cases"]
        if name in by_id
    ]
    found = [*own, *over_run]
    return "" if None in found else "; ".join(dict.fromkeys(_reason(entry) for entry in found if entry))


def settle_over_run(
    found: Sequence[OverRunEntry], verdicts: Sequence[VerdictEntry], listed: Sequence[KnownFailure], today: date
) -> list[OverRunEntry]:
    """The findings over a run; known are those of which valid entries cover every case."""
    by_id = {verdict["id"]: verdict for verdict in verdicts}
    return [_settled(finding, by_id, valid(listed, today)) for finding in found]


def _settled(
    finding: OverRunEntry, verdicts: Mapping[str, VerdictEntry], listed: Sequence[KnownFailure]
) -> OverRunEntry:
    covering = [
        next((entry for entry in listed if covers_case(entry, finding, name, verdicts)), None)
        for name in finding["cases"]
    ]
    known = dict.fromkeys(_reason(entry) for entry in covering if entry is not None)
    return finding if None in covering or not covering else {**finding, "known": "; ".join(known)}


def covers_case(
    entry: KnownFailure, finding: OverRunEntry, name: str, verdicts: Mapping[str, VerdictEntry]
) -> bool:  # fmt: skip
    """Whether an entry is about one case of a finding over the run. An entry about cases has to name the rule."""
    if entry.problem:
        return name in verdicts and entry.problem.covers_answer(verdicts[name], finding)
    return bool(entry.rule) and fits(entry.rule, finding["rule"]) and fits(entry.cases, name)


def mistakes(
    document: RunDocument, listed: Sequence[KnownFailure], today: date, ids: Collection[str] = ()
) -> Iterator[ListMistake]:
    """The mistakes of the list, in its order; `ids` are the ids of all cases of the suite."""
    run = _Run(document, set(ids), observe(document).items if any(entry.problem for entry in listed) else [])
    for entry in listed:
        find = _mistake_about_problem if entry.problem else _mistake_about_cases
        if _expired(entry, today):
            yield ListMistake(
                "expired", entry, f"{entry.place}: it expired on {entry.expires}; fix the failure or set a new date"
            )
        elif found := find(entry, run):
            kind, sentence = found
            yield ListMistake(kind, entry, f"{entry.place}: {sentence}")


@dataclass(frozen=True, slots=True)
class _Run:
    """A run, the ids of all cases of the suite, and the exchanges of the run, if an entry is about a problem."""

    document: RunDocument
    ids: Collection[str]
    observed: Sequence[Observation]

    @property
    def left_out(self) -> set[str]:
        """The ids of the cases that the run does not have."""
        return {*self.ids} - {run_file.entry_case_id(verdict) for verdict in self.document["verdicts"]}


def _mistake_about_cases(entry: KnownFailure, run: _Run) -> tuple[Kind, str] | None:
    models = run.document["gateway"]["models"]
    verdicts = {verdict["id"]: verdict for verdict in run.document["verdicts"]}
    matching = [verdict for verdict in run.document["verdicts"] if _matches(entry, models, verdict)]
    covers_run = any(
        covers_case(entry, finding, name, verdicts)
        for finding in run.document.get("over_run", [])
        for name in finding["cases"]
    )
    passing = [verdict["id"] for verdict in matching if _passes(entry, verdict) and not covers_run]
    if not matching and not any(fits(entry.cases, name) for name in run.left_out):
        return "unmatched", f"it matches no case ({entry.name}); correct or remove it"
    if passing:
        return "stale", f"{_no_longer_fails(passing)} with this rule; remove or narrow the entry"
    return None


def _mistake_about_problem(entry: KnownFailure, run: _Run) -> tuple[Kind, str] | None:
    assert entry.problem is not None
    if unknown := list(entry.problem.unknown()):
        return "unmatched", f"the suite has no {unknown[0]} ({entry.name}); correct or remove the entry"
    inside = [one for one in run.observed if _could_break(entry.problem.rule, one) and entry.problem.fits(one.facts)]
    if any(entry.problem.rule in one.broken for one in inside) or entry.sometimes:
        return None
    if inside:
        answers = counted(len(inside), "answer")
        return "stale", f"the problem {entry.name} no longer occurs ({answers} kept the rule); remove the entry"
    is_whole = not run.left_out and all(one["outcome"] in run_file.CONCLUSIVE for one in run.document["verdicts"])
    if is_whole:
        return "unmatched", f"its scope matches no answer of the run ({entry.name}); correct or remove it"
    return None


def _could_break(rule: str, one: Observation) -> bool:
    """Whether an exchange was held against a rule; every judged answer is held against the rules about the run."""
    is_answer = one.entry["outcome"] in run_file.CONCLUSIVE and "error" not in one.facts
    return rule in one.held or (rule.startswith(_OVER_RUN) and is_answer)


def _passes(entry: KnownFailure, verdict: VerdictEntry) -> bool:
    if entry.sometimes or verdict["outcome"] not in run_file.CONCLUSIVE:
        return False
    return not any(_is_about(entry, finding) for finding in run_file.findings(verdict, *run_file.FAILING_LEVELS))


def _is_about(entry: KnownFailure, finding: FindingEntry) -> bool:
    """Whether an entry about cases names the finding's rule; without a rule it is about every `must`."""
    return fits(entry.rule, finding["rule"]) if entry.rule else finding["level"] == "must"


def _matches(entry: KnownFailure, models: Mapping[str, str], verdict: VerdictEntry) -> bool:
    """Whether the entry is about the verdict's case, model and kind of answer."""
    return (
        any(fits(entry.cases, name) for name in (verdict["id"], run_file.entry_case_id(verdict)))
        and (not entry.model or fits(entry.model, run_file.model_of(models, verdict)))
        and (entry.stream is None or entry.stream == run_file.streamed(verdict))
    )


def _expired(entry: KnownFailure, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _reason(entry: KnownFailure) -> str:
    return f"known: {entry.reason}" + (f" ({entry.link})" if entry.link else "")


def links(reason: str) -> list[str]:
    """The URLs in the reason of a `known` verdict."""
    return re.findall(r"\((https?://[^\s()]+)\)", reason)


def _no_longer_fails(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_EXAMPLES
    examples = ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
    return f"{examples} {'no longer fails' if len(ids) == 1 else 'no longer fail'}"
