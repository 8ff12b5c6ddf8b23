"""What changed between two runs, as lines for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from conformance.analysis.diff import KINDS, Change, Diff, Kind
from conformance.core.model import JSON
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


def document(difference: Diff) -> JSON:
    """The same for machines; the format is schemas/diff.schema.json."""
    return {
        "format": 1,
        "summary": {kind: len(difference.of(kind)) for kind in KINDS},
        "notes": list(difference.notes),
        "changes": [asdict(change) for change in difference.changes],
        "rules": [asdict(rule) for rule in difference.rules],
        "slower": [asdict(slow) for slow in difference.slower],
    }
