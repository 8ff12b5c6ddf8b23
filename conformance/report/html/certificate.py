"""A run as a certificate: one page for a buyer, in plain words, without scripts.

It says what the gateway was accepted for, with which limits, which clients are ready, the worst problems, and how to
repeat and verify the run.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.analysis import levels, problems, readiness
from conformance.core import data_files
from conformance.core.model import Outcome
from conformance.core.options import OPTIONS
from conformance.core.plural import counted
from conformance.core.reasons import DENIED, NOT_CLAIMED, NOT_OFFERED, REFUSED
from conformance.records import run_file
from conformance.records.run_format import LevelEntry, OptionValue, ProblemEntry, ReadinessEntry, RunDocument
from conformance.report.html import page, plain_words
from conformance.report.html.levels import MARKS as LEVEL_MARKS
from conformance.report.html.readiness import MARKS as CLIENT_MARKS
from conformance.report.levels import words as level_words
from conformance.report.problems import text as problems_text
from conformance.report.readiness import words as client_words
from conformance.report.text import words

MOST_PROBLEMS = 5
MOST_REASONS = 2
"""Reasons why a client is not ready; the full report has all of them."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A family: its title and level in plain words, the outcome with the same colour, its breadth and its limit."""

    title: str
    users: str
    model: str
    level: str
    meaning: str
    mark: Outcome
    breadth: str
    limit: str


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients with the same readiness, each with what its users lose."""

    heading: str
    meaning: str
    mark: Outcome
    members: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in plain words: its effect first, then the rule, where it shows and how often. `known` may be ""."""

    effect: str
    required: bool
    rule: str
    sentence: str
    where: str
    share: str
    source: str
    known: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of the result, and the single things that it is about, each with an explanation that may be ""."""

    sentence: str
    items: Sequence[tuple[str, str]] = ()


def render(document: RunDocument) -> str:
    """The page."""
    run = levels.stated(document)
    entries = levels.of(run)
    found = [problem for problem in problems.of(run) if run_file.can_fail(problem)]
    gateway = run["gateway"]
    return page.render(
        "certificate.html.j2",
        "",
        run=run,
        name=" ".join(part for part in (gateway.get("name", ""), gateway.get("version", "")) if part),
        routes=gateway.get("routes", {}) or {"": gateway["base_url"]},
        headline=_headline(entries),
        accepted=[_accepted(entry) for entry in entries],
        limits=[*_limits(run)],
        clients=[*_clients(run)],
        problems=[_problem(run, problem) for problem in found[:MOST_PROBLEMS]],
        problems_left=len(found) - MOST_PROBLEMS,
        conclusive=sum(entry["outcome"] in run_file.CONCLUSIVE for entry in run["verdicts"]),
        repeat=_repeat(run),
        verify=_verify(entries),
        glossary=plain_words.GLOSSARY,
    )


def _headline(entries: Sequence[LevelEntry]) -> tuple[str, str]:
    """(state, sentences); the state gives the colour."""
    offered = [entry for entry in entries if entry["level"] != "not_offered"]
    good = [entry for entry in offered if levels.rank(entry["level"])]
    bad = [entry for entry in offered if entry["level"] == "none"]
    unknown = [entry for entry in offered if entry["level"] == "not_judged"]
    reached = ", ".join(f"{_title(entry)} ({level_words.status(entry['level'])})" for entry in good)
    parts = [
        f"Accepted: {reached}." if good else "",
        f"Not accepted: {', '.join(map(_title, bad))}." if bad else "",
        f"Not judged: {', '.join(map(_title, unknown))}." if unknown else "",
    ]
    state = "unsure" if unknown or (good and bad) else "good" if good else "bad"
    return state, " ".join(part for part in parts if part) or "The gateway offers none of the tested APIs."


def _title(entry: LevelEntry) -> str:
    return plain_words.FAMILIES.get(entry["family"], (words(entry["family"]), ""))[0]


def _accepted(entry: LevelEntry) -> Accepted:
    level, meaning = plain_words.LEVELS[entry["level"]]
    breadth = f"{entry['applicable']:,} of {counted(entry['cases'], 'check')} apply to this gateway."
    return Accepted(
        title=_title(entry),
        users=plain_words.FAMILIES.get(entry["family"], ("", ""))[1],
        model=entry["model"],
        level=level,
        meaning=meaning,
        mark=LEVEL_MARKS[entry["level"]],
        breadth=breadth if levels.is_graded(entry) else "",
        limit=f"The level {entry['next']} is not reached: {entry['reason']}" if "next" in entry else entry["reason"],
    )


# Limits


def _limits(run: RunDocument) -> Iterator[Limit]:
    """The limits of the result, the most important first."""
    if "shard" in run:
        yield Limit(f"This is part {run['shard']['index']} of {run['shard']['of']} of a run.")
    counts = Counter(entry["outcome"] for entry in run["verdicts"])
    if counts["failed"]:
        breaks = "breaks" if counts["failed"] == 1 else "break"
        yield Limit(f"{counted(counts['failed'], 'check')} {breaks} a required rule.")
    if known := _known(run):
        listed_as = (
            f"{counted(counts['known'], 'check')} failed and {'is' if counts['known'] == 1 else 'are'} listed as known"
        )
        yield Limit(f"{listed_as}. A known failure counts against the level like any other.", known)
    if counts["unverified"]:
        reasons = Counter(entry["reason"] for entry in run["verdicts"] if entry["outcome"] == "unverified")
        listed = [(reason, counted(number, "check")) for reason, number in reasons.most_common(MOST_PROBLEMS)]
        yield Limit(
            f"{counted(counts['unverified'], 'check')} could not be completed, so nothing is known there.", listed
        )
    if counts["warned"]:
        yield Limit(f"{counted(counts['warned'], 'check')} gave a warning: a recommendation is not followed.")
    yield from _left_out(run)


def _known(run: RunDocument) -> list[tuple[str, str]]:
    """The reasons of the list of known failures, with the number of checks."""
    reasons = Counter(entry["reason"] for entry in run["verdicts"] if entry["outcome"] == "known")
    return [(reason or "without a reason", counted(number, "check")) for reason, number in sorted(reasons.items())]


_KINDS: Mapping[str, str] = {
    NOT_OFFERED: "The vendor states that the gateway does not offer:",
    DENIED: "The vendor states that the gateway does not have these capabilities, so they were not tested:",
    REFUSED: "The gateway refused these capabilities in the run, with a clear error:",
    NOT_CLAIMED: "These capabilities are only tested if the vendor claims them, and it does not:",
}
"""The prefix of the reasons why cases do not apply -> the words for it."""


def _left_out(run: RunDocument) -> Iterator[Limit]:
    """The capabilities and endpoints that were not tested or do not apply, by the reason."""
    found: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}
    for entry in run["verdicts"]:
        kind = next((kind for kind in _KINDS if entry["reason"].startswith(kind)), None)
        if entry["outcome"] == "not_applicable" and kind is not None:
            found[kind].update(entry["reason"].removeprefix(kind).split(", "))
    for name, is_claimed in run["gateway"].get("claims", {}).get("capabilities", {}).items():
        if not is_claimed:
            found[DENIED][name] += 0  # a run of a part may have no case of it
    for kind, names in found.items():
        if names:
            yield Limit(_KINDS[kind], [_named(name, number) for name, number in sorted(names.items())])


def _named(name: str, number: int) -> tuple[str, str]:
    """A capability or an endpoint with its description, and the number of its checks."""
    described = _descriptions().get(name, "")
    return words(name), f"{described} ({counted(number, 'check')})" if described else f"({counted(number, 'check')})"


@cache
def _descriptions() -> Mapping[str, str]:
    """Capability -> the first sentence of its description."""
    table = data_files.table("capabilities.yaml")
    return {name: str(entry["description"]).partition(". ")[0].removesuffix(".") + "." for name, entry in table.items()}


# Clients and problems


def _clients(run: RunDocument) -> Iterator[Clients]:
    """The clients by readiness, the ready ones first."""
    entries = client_words.ordered(readiness.of(run))
    for status, (heading, meaning) in plain_words.CLIENTS.items():
        if own := [entry for entry in entries if entry["status"] == status]:
            members = [(entry["name"], _losses(entry)) for entry in own]
            yield Clients(heading, meaning, CLIENT_MARKS[status], members)


def _losses(entry: ReadinessEntry) -> list[str]:
    """The losses of the users of a client."""
    if entry["status"] not in ("limited", "not_ready"):
        return []
    if absent := client_words.absence(entry):
        return [absent]
    needs = [f"{need['title']}: {need['sentence']}" for need in client_words.deciding(entry)]
    more = [f"and {len(needs) - MOST_REASONS} more"] if len(needs) > MOST_REASONS else []
    return [*needs[:MOST_REASONS], *more]


def _problem(run: RunDocument, problem: ProblemEntry) -> Problem:
    rule = run["rules"][problem["rule"]]
    return Problem(
        effect=rule.get("breaks") or plain_words.HURT[problem["impact"]],
        required=problem["level"] == "must",
        rule=problem["rule"],
        sentence=rule["sentence"],
        where=problem["scope"]["words"],
        share=f"{problem['shown']['broken']:,} of {counted(problem['shown']['inside'], 'answer')}",
        source=problems_text.source(run, problem),
        known=problem.get("known", ""),
    )


# Commands


def _repeat(run: RunDocument) -> str:
    """The command that repeats the run, with the options that it states."""
    own: dict[str, OptionValue] = {
        "--gateway-url": run["gateway"]["base_url"],
        "--gateway-profile": "profile.yaml",
        "--gateway-set": run["cases"]["set"] if "cases" in run else "none",
    }
    given = {_NEW_NAMES.get(name, name): value for name, value in run.get("options", {}).items()}
    own |= {name: value for name, value in given.items() if name in _REPEATED}
    models = [
        f"--gateway-model={name if family == 'default' else f'{family}={name}'}"
        for family, name in run["gateway"].get("named", {}).items()
    ]
    written = [shlex.quote(name if value is True else f"{name}={value}") for name, value in own.items()]
    return " ".join(["pytest --pyargs conformance", *written, *map(shlex.quote, models)])


_NEW_NAMES: Mapping[str, str] = {option.old: option.name for option in OPTIONS if option.old}
_REPEATED = frozenset(
    f"--gateway-{name}"
    for name in (
        "cases",
        "tier",
        "client",
        "repeat",
        "timeout",
        "retries",
        "concurrency",
        "max-rpm",
        "max-body",
        "http2",
    )
) | {"-k", "-m"}
"""The options that select cases, or that may change an answer."""


def _verify(entries: Sequence[LevelEntry]) -> str:
    """The command that judges the recording again, with the levels of this page."""
    wanted = [f"--level {entry['family']}={entry['level']}" for entry in entries if levels.rank(entry["level"])]
    return " ".join(["gateway-conformance verify run.json", *wanted])
