"""Known failures: a list that people keep, and that must stay correct.

A listed case that fails becomes `known`. An entry whose cases no longer fail is stale; that, an entry that matches no
case and an entry past its date are problems, and any problem fails the run. The file's format is
schemas/known.schema.json.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

from conformance.core import yaml_input
from conformance.core.model import Level, Outcome
from conformance.core.yaml_input import InputError, read_yaml
from conformance.records import run_file
from conformance.records.run_format import FindingEntry, OverRunEntry, RunDocument, VerdictEntry

Kind = Literal["stale", "unmatched", "expired"]
MAX_EXAMPLES = 3

_DECISIVE: Mapping[Outcome, tuple[Level, ...]] = {
    "failed": ("must",),
    "warned": ("should",),
    "known": run_file.FAILING_LEVELS,
}
"""Outcome -> the levels whose findings led to it."""


class ConditionEntry(TypedDict, total=False):
    """The `when` of a listed failure."""

    model: str
    stream: bool


class ListEntry(TypedDict):
    """One entry of the file."""

    cases: str
    reason: str
    rule: NotRequired[str]
    when: NotRequired[ConditionEntry]
    link: NotRequired[str]
    expires: NotRequired[str]
    sometimes: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """An entry of the list: `cases` and `rule` are globs, `expires` is the last day on which it holds."""

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


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in an entry of the list; any problem fails the run."""

    kind: Kind
    entry: KnownFailure
    sentence: str


def load_known_failures(path: Path) -> tuple[KnownFailure, ...]:
    """The entries of a file. Raises InputError."""
    document = read_yaml(path, "known.schema.json")
    return tuple(_known_failure(document, index, entry) for index, entry in enumerate(document.value["known"]))


def _known_failure(document: yaml_input.Document, index: int, entry: ListEntry) -> KnownFailure:
    when = entry.get("when", {})
    return KnownFailure(
        cases=entry["cases"],
        reason=entry["reason"].strip(),
        rule=entry.get("rule", ""),
        model=when.get("model", ""),
        stream=when.get("stream"),
        link=entry.get("link", ""),
        expires=_day(document, index, entry["expires"]) if "expires" in entry else None,
        sometimes=entry.get("sometimes", False),
        place=document.at("known", index),
    )


def _day(document: yaml_input.Document, index: int, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        place = document.at("known", index, "expires")
        raise InputError(f"{place}: {text} is not a date of the calendar ({error}); write YYYY-MM-DD") from error


def apply(
    document: RunDocument, listed: Sequence[KnownFailure], today: date, ids: Collection[str] = ()
) -> tuple[RunDocument, tuple[Problem, ...]]:
    """The run with its known failures marked, and the problems of the list.

    `ids` are the ids of all cases of the suite, so that an entry for a case outside this run is not `unmatched`.
    """
    models = document["gateway"]["models"]
    verdicts = [settle(entry, models, listed, today) for entry in document["verdicts"]]
    summary = dict(sorted(Counter(entry["outcome"] for entry in verdicts).items()))
    settled: RunDocument = {**document, "summary": summary, "verdicts": verdicts}
    if "over_run" in document:
        settled["over_run"] = settle_over_run(document["over_run"], listed, today)
    return settled, tuple(problems(document, listed, today, ids))


def settle(
    verdict: VerdictEntry, models: Mapping[str, str], listed: Sequence[KnownFailure], today: date
) -> VerdictEntry:
    """The verdict; `known` where valid entries cover every finding that led to its outcome.

    `models` is endpoint -> model, as in run.json.
    """
    decisive = _decisive(verdict)
    valid = [entry for entry in listed if not _expired(entry, today) and _matches(entry, models, verdict)]
    covering = [next((entry for entry in valid if _covers(entry, finding)), None) for finding in decisive]
    reasons = dict.fromkeys(_reason(entry) for entry in covering if entry is not None)
    if not decisive or None in covering:
        return verdict
    return {**verdict, "outcome": "known", "reason": "; ".join(reasons)}


def settle_over_run(found: Sequence[OverRunEntry], listed: Sequence[KnownFailure], today: date) -> list[OverRunEntry]:
    """The findings over a run; known are those whose rule and cases valid entries cover."""
    valid = [entry for entry in listed if not _expired(entry, today)]
    return [_settled(finding, valid) for finding in found]


def _settled(finding: OverRunEntry, listed: Sequence[KnownFailure]) -> OverRunEntry:
    covering = next((entry for entry in listed if _covers_over_run(entry, finding)), None)
    return {**finding, "known": _reason(covering)} if covering else finding


def _covers_over_run(entry: KnownFailure, finding: OverRunEntry) -> bool:
    """Whether an entry is about a finding over the run: it names the rule, and matches all of its cases."""
    return (
        bool(entry.rule)
        and _fits(entry.rule, finding["rule"])
        and all(_fits(entry.cases, name) for name in finding["cases"])
    )


def problems(
    document: RunDocument, listed: Sequence[KnownFailure], today: date, ids: Collection[str] = ()
) -> Iterator[Problem]:
    """The problems of the list, in its order; `ids` are the ids of all cases of the suite."""
    models = document["gateway"]["models"]
    left_out = set(ids) - {run_file.entry_case_id(verdict) for verdict in document["verdicts"]}
    for entry in listed:
        matching = [verdict for verdict in document["verdicts"] if _matches(entry, models, verdict)]
        covers_run = any(_covers_over_run(entry, finding) for finding in document.get("over_run", []))
        passing = [verdict["id"] for verdict in matching if _passes(entry, verdict) and not covers_run]
        if _expired(entry, today):
            sentence = f"{entry.place}: it expired on {entry.expires}; fix the failure or set a new date"
            yield Problem("expired", entry, sentence)
        elif not matching and not any(_fits(entry.cases, name) for name in left_out):
            sentence = f"{entry.place}: it matches no case ({_name(entry)}); correct or remove it"
            yield Problem("unmatched", entry, sentence)
        elif passing:
            sentence = f"{entry.place}: {_no_longer_fails(passing)} with this rule; remove or narrow the entry"
            yield Problem("stale", entry, sentence)


def _passes(entry: KnownFailure, verdict: VerdictEntry) -> bool:
    if entry.sometimes or verdict["outcome"] not in run_file.CONCLUSIVE:
        return False
    return not any(_covers(entry, finding) for finding in run_file.findings(verdict, *run_file.FAILING_LEVELS))


def _decisive(verdict: VerdictEntry) -> list[FindingEntry]:
    """The findings that led to the outcome: those of the worst level that counts for it."""
    found = run_file.findings(verdict, *_DECISIVE.get(verdict["outcome"], ()))
    return [finding for finding in found if finding["level"] == found[0]["level"]]


def _covers(entry: KnownFailure, finding: FindingEntry) -> bool:
    """Whether the entry is about the finding's rule; without a rule it is about every `must`."""
    return _fits(entry.rule, finding["rule"]) if entry.rule else finding["level"] == "must"


def _matches(entry: KnownFailure, models: Mapping[str, str], verdict: VerdictEntry) -> bool:
    """Whether the entry is about the verdict's case, model and kind of answer."""
    return (
        any(_fits(entry.cases, name) for name in (verdict["id"], run_file.entry_case_id(verdict)))
        and (not entry.model or _fits(entry.model, run_file.model_of(models, verdict)))
        and (entry.stream is None or entry.stream == run_file.streamed(verdict))
    )


def _fits(glob: str, text: str) -> bool:
    """Whether a glob fits. Case ids have square brackets, so these stand for themselves."""
    pattern = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _expired(entry: KnownFailure, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _reason(entry: KnownFailure) -> str:
    return f"known: {entry.reason}" + (f" ({entry.link})" if entry.link else "")


def links(reason: str) -> list[str]:
    """The URLs in the reason of a `known` verdict."""
    return re.findall(r"\((https?://[^\s()]+)\)", reason)


def _name(entry: KnownFailure) -> str:
    return ", ".join(part for part in (entry.cases, entry.rule, entry.model) if part)


def _no_longer_fails(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_EXAMPLES
    examples = ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
    return f"{examples} {'no longer fails' if len(ids) == 1 else 'no longer fail'}"


def update(document: RunDocument) -> str:
    """A first list as YAML: one entry for each failing case and rule, to which people add the reasons."""
    failing = [
        (verdict["id"], finding)
        for verdict in document["verdicts"]
        if verdict["outcome"] in ("failed", "known")
        for finding in {one["rule"]: one for one in run_file.findings(verdict, "must")}.values()
    ]
    return _HEAD + ("known:\n" + "\n".join(_lines(failing)) if failing else "known: []") + "\n"


_HEAD = """\
# yaml-language-server: $schema=schemas/known.schema.json
# Known failures. Give each a reason, the link to its issue, and a date on which it expires.
# An entry whose case passes, that matches no case or that has expired fails the run.
format: 1
"""


def _lines(failing: Sequence[tuple[str, FindingEntry]]) -> Iterator[str]:
    for name, finding in failing:
        yield f"  # expected {_comment(finding['expected'])}; got {_comment(finding['got'])}"
        yield f"  - cases: {_quoted(name)}"
        yield f"    rule: {finding['rule']}"
        yield '    reason: "not investigated yet"'


def _comment(text: str) -> str:
    """A gateway's text in a YAML comment: escaped, so that it cannot end the comment."""
    return json.dumps(text[:100])


def _quoted(text: str) -> str:
    """A text in YAML's double quotes. YAML's \\U takes any code point; JSON's \\u would need surrogate pairs."""
    signs = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text)
    return f'"{"".join(signs)}"'
