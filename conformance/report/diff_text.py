"""The differences between two runs, as lines for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from conformance.analysis.diff import KINDS, Change, Diff, Kind, RuleChange, Slower
from conformance.core.terminal_text import plain

HEADINGS: dict[Kind, str] = {
    "regressed": "regressed",
    "newly_unverified": "newly unverified",
    "still_failing": "still failing",
    "fixed": "fixed",
    "new": "new",
    "gone": "gone",
}


def lines(difference: Diff) -> Iterator[str]:
    """The terminal's account: what got worse first, then by rule, then what became slower."""
    yield from (plain(f"note: {note}") for note in difference.notes)
    yield counts(difference)
    for kind in KINDS:
        for change in difference.of(kind):
            yield plain(f"{HEADINGS[kind]}: {told(change)}")
    for rule in difference.rules:
        if rule.broke or rule.mended:
            yield plain(f"rule {rule.rule}: broken in {rule.was} cases, then in {rule.now}")
    for slow in difference.slower:
        yield plain(f"slower: {slow.name}, {slow.what} {slow.was:.2f} s, then {slow.now:.2f} s")


def counts(difference: Diff) -> str:
    """How many cases changed in which way, in one line."""
    found = [f"{len(difference.of(kind))} {HEADINGS[kind]}" for kind in KINDS if difference.of(kind)]
    return ", ".join(found) or "nothing changed"


def told(change: Change) -> str:
    """A change in one line."""
    turn = f"{change.was or 'absent'}, then {change.now or 'absent'}".replace("_", " ")
    return f"{change.id} ({turn})" + (f": {', '.join(change.rules)}" if change.rules else "")


class ChangeEntry(TypedDict):
    """A change in the output of `diff --json`."""

    kind: Kind
    id: str
    was: str
    now: str
    rules: list[str]


class RuleChangeEntry(TypedDict):
    """A rule's change in the output of `diff --json`."""

    kind: Kind
    rule: str
    was: int
    now: int
    broke: list[str]
    mended: list[str]


class SlowerEntry(TypedDict):
    """A time that grew, in the output of `diff --json`."""

    name: str
    what: str
    was: float
    now: float


class DiffDocument(TypedDict):
    """The output of `diff --json`; the format is schemas/diff.schema.json."""

    format: int
    summary: dict[Kind, int]
    notes: list[str]
    changes: list[ChangeEntry]
    rules: list[RuleChangeEntry]
    slower: list[SlowerEntry]


def document(difference: Diff) -> DiffDocument:
    """The differences as JSON; the format is schemas/diff.schema.json."""
    return {
        "format": 1,
        "summary": {kind: len(difference.of(kind)) for kind in KINDS},
        "notes": list(difference.notes),
        "changes": [_change(change) for change in difference.changes],
        "rules": [_rule(rule) for rule in difference.rules],
        "slower": [_slower(slow) for slow in difference.slower],
    }


def _change(change: Change) -> ChangeEntry:
    return {
        "kind": change.kind,
        "id": change.id,
        "was": change.was,
        "now": change.now,
        "rules": list(change.rules),
    }


def _rule(rule: RuleChange) -> RuleChangeEntry:
    return {
        "kind": rule.kind,
        "rule": rule.rule,
        "was": rule.was,
        "now": rule.now,
        "broke": list(rule.broke),
        "mended": list(rule.mended),
    }


def _slower(slow: Slower) -> SlowerEntry:
    return {"name": slow.name, "what": slow.what, "was": slow.was, "now": slow.now}
