"""Known failures: a list that people keep, and that must stay true.

Listed and failing is `known`. Listed and passing is stale, as are an entry that matches nothing and one whose
day has passed: each is a problem of its own, so that the list never outlives its reasons. Pure functions of
verdicts as JSON (schemas/report.schema.json); the file's format is schemas/known.schema.json.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from conformance.core import yaml_input
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError, read_yaml
from conformance.records import run_file

Kind = Literal["stale", "unmatched", "expired"]
MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known to fail: cases and a rule as globs, under which condition, why, and until when (inclusive)."""

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
    """What is wrong with an entry of the list; any problem makes a run red."""

    kind: Kind
    entry: Entry
    sentence: str


def load_known_failures(path: Path) -> tuple[Entry, ...]:
    """The entries of a file. Raises InputError."""
    document = read_yaml(path, "known.schema.json")
    return tuple(_entry(document, index, entry) for index, entry in enumerate(document.value["known"]))


def _entry(document: yaml_input.Document, index: int, entry: JSON) -> Entry:
    when = entry.get("when", {})
    return Entry(
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
        raise InputError(f"{place}: {text} is no day of the calendar ({error}); write YYYY-MM-DD") from error


def apply(
    document: JSON, known: Sequence[Entry], today: date, ids: Collection[str] = ()
) -> tuple[JSON, tuple[Problem, ...]]:
    """The run with its known failures marked, and what is wrong with the list.

    `ids` are all cases that the suite has: an entry is not blamed for cases that this run left out.
    """
    verdicts = [settle(document, entry, known, today) for entry in document["verdicts"]]
    summary = dict(sorted(Counter(entry["outcome"] for entry in verdicts).items()))
    found = tuple(problems(document, known, today, ids))
    return {**document, "summary": summary, "verdicts": verdicts}, found


def settle(document: JSON, verdict: JSON, known: Sequence[Entry], today: date) -> JSON:
    """The verdict, `known` where entries that still hold explain all that made it what it is."""
    listed = [entry for entry in known if not _expired(entry, today) and _matches(entry, document, verdict)]
    decisive = _decisive(verdict)
    reasons = [next((entry for entry in listed if _covers(entry, finding)), None) for finding in decisive]
    if not decisive or None in reasons:
        return verdict
    return {
        **verdict,
        "outcome": "known",
        "reason": "; ".join(dict.fromkeys(_why(entry) for entry in reasons if entry)),
    }


def problems(document: JSON, known: Sequence[Entry], today: date, ids: Collection[str] = ()) -> Iterator[Problem]:
    """What is wrong with the list, in its order."""
    for entry in known:
        matching = [verdict for verdict in document["verdicts"] if _matches(entry, document, verdict)]
        if _expired(entry, today):
            yield Problem("expired", entry, f"{entry.place}: it expired on {entry.expires}; mend it or think again")
        elif not matching and not _elsewhere(entry, document, ids):
            yield Problem("unmatched", entry, f"{entry.place}: it matches no case ({_name(entry)}); mend or remove it")
        elif passing := [verdict["id"] for verdict in matching if _passes(entry, verdict)]:
            yield Problem("stale", entry, f"{entry.place}: {_examples(passing)} no longer fail so; remove or narrow it")


def _elsewhere(entry: Entry, document: JSON, ids: Collection[str]) -> bool:
    """Whether the entry speaks of cases that the suite has, and this run left out."""
    ran = {run_file.entry_case_id(verdict) for verdict in document["verdicts"]}
    return any(_fits(entry.cases, name) for name in ids if name not in ran)


def _passes(entry: Entry, verdict: JSON) -> bool:
    if entry.sometimes or verdict["outcome"] not in run_file.CONCLUSIVE:
        return False
    return not any(_covers(entry, finding) for finding in run_file.findings(verdict, *run_file.FAILING_LEVELS))


def _decisive(verdict: JSON) -> list[JSON]:
    """The findings that a verdict's colour hangs on."""
    levels = {"failed": ("must",), "warned": ("should",), "known": run_file.FAILING_LEVELS}.get(verdict["outcome"], ())
    found = run_file.findings(verdict, *levels)
    return [one for one in found if one["level"] == found[0]["level"]]


def _covers(entry: Entry, finding: JSON) -> bool:
    return _fits(entry.rule, finding["rule"]) if entry.rule else bool(finding["level"] == "must")


def _matches(entry: Entry, document: JSON, verdict: JSON) -> bool:
    return (
        any(_fits(entry.cases, name) for name in (verdict["id"], run_file.entry_case_id(verdict)))
        and (not entry.model or _fits(entry.model, run_file.model(document, verdict)))
        and (entry.stream is None or entry.stream == run_file.streamed(verdict))
    )


def _fits(glob: str, text: str) -> bool:
    """Whether a glob fits. Ids have square brackets, so these mean nothing but themselves."""
    pattern = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _expired(entry: Entry, today: date) -> bool:
    return entry.expires is not None and entry.expires < today


def _why(entry: Entry) -> str:
    return f"known: {entry.reason}" + (f" ({entry.link})" if entry.link else "")


def links(reason: str) -> list[str]:
    """The addresses in the reason of a known failure."""
    return re.findall(r"\((https?://[^\s()]+)\)", reason)


def _name(entry: Entry) -> str:
    return ", ".join(part for part in (entry.cases, entry.rule, entry.model) if part)


def _examples(ids: Sequence[str]) -> str:
    rest = len(ids) - MAX_EXAMPLES
    return ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")


def update(document: JSON) -> str:
    """A first list from a run, as YAML: one entry for each failing case and rule, for people to give reasons."""
    failing = [
        (verdict["id"], finding)
        for verdict in document["verdicts"]
        if verdict["outcome"] in ("failed", "known")
        for finding in {one["rule"]: one for one in run_file.findings(verdict, "must")}.values()
    ]
    return _HEAD + ("known:\n" + "\n".join(_lines(failing)) if failing else "known: []") + "\n"


_HEAD = """\
# yaml-language-server: $schema=schemas/known.schema.json
# Failures that are known. Give each a reason, the link of its issue, and the day on which to look again.
# An entry that passes, matches no case or has expired makes the run red.
format: 1
"""


def _lines(failing: Sequence[tuple[str, JSON]]) -> Iterator[str]:
    for name, finding in failing:
        yield f"  # expected {_comment(finding['expected'])}; got {_comment(finding['got'])}"
        yield f"  - cases: {_quoted(name)}"
        yield f"    rule: {finding['rule']}"
        yield '    reason: "not looked into yet"'


def _comment(text: str) -> str:
    """A gateway's text on one line of a comment, where nothing of it can end the comment."""
    return json.dumps(text[:100])


def _quoted(text: str) -> str:
    """A text in YAML's double quotes, where \\U names any character; JSON names one beyond 16 bits by two halves."""
    signs = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text)
    return f'"{"".join(signs)}"'
