"""The changes between two recordings, as lines for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

from conformance.analysis.drift.change import Change, Kind
from conformance.analysis.drift.compare import Drift
from conformance.analysis.drift.facts import level
from conformance.analysis.drift.table import CLASSES, Class
from conformance.analysis.drift.traits import Aspect, Form, Trait
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.protocol.family import load_family
from conformance.report.text import words

FORMS: Mapping[Form, str] = {"json": "not streamed", "stream": "streamed", "error": "errors"}
_BODIES = {"json": "one document", "stream": "a stream"}
MAX_CLIENTS = 5
MAX_MINOR = 5
"""Headers, statuses and texts of errors that are listed if they are in too few exchanges; `--all` lists all."""
_MINOR: tuple[Aspect, ...] = ("header", "header value", "status", "text")

Group = list[Change]
"""The changes of one thing: of a field, for example, in an unstreamed answer and in three events of a stream."""


def groups(changes: Sequence[Change]) -> list[Group]:
    """The changes of one class, those of the same thing together, in their order."""
    found: dict[object, Group] = {}
    for change in changes:
        trait = change.trait
        key = (change.kind, trait.family, _subject(change), change.because, change.rule, change.was, change.now)
        found.setdefault(key, []).append(change)
    return list(found.values())


def title(group: Group) -> str:
    """The change in one line; not escaped."""
    change = group[0]
    return f"{change.kind} {_subject(change)} ({endpoint(change.trait.family)})"


def place_of(trait: Trait) -> str:
    """The form of the answer, the event and the pointer of a trait; not escaped."""
    event = [f"event {trait.event}"] if trait.event and trait.aspect != "event" else []
    return ", ".join([FORMS[trait.form], *event, *([trait.pointer] if trait.pointer else [])])


def shares(change: Change) -> str:
    """The shares before and now."""
    before, after = change.before, change.after
    return f"{before.hits:,} of {before.trials:,} before, {after.hits:,} of {after.trials:,} now"


def example(change: Change) -> str:
    """The exchange that shows it; not escaped."""
    where = f", event {change.example.event}" if change.example.event is not None else ""
    return f"{change.example.name}{where}"


def reasons(change: Change) -> Iterator[str]:
    """Why the change has its class, and which clients depend on what changed; not escaped."""
    rule = f" ({change.rule}, {level(change.rule)})" if level(change.rule) else ""
    yield f"{change.because}{rule}"
    if change.dependents.effect in ("stops", "degrades") and change.outcome != "harmless":
        names = change.dependents.clients
        more = f" and {len(names) - MAX_CLIENTS} more" if len(names) > MAX_CLIENTS else ""
        verb = "stop" if change.dependents.effect == "stops" else "lose a feature"
        yield f"clients that {verb}: {', '.join(names[:MAX_CLIENTS])}{more}"


def notes(drift: Drift) -> Iterator[str]:
    """The parts that were not compared, and why; not escaped."""
    for family, form, side in drift.lacking:
        yield f"not compared: {endpoint(family)} ({FORMS[form]}); the {side} recording has none"
    for trait in drift.varied:
        what = f"{trait.aspect}s" if trait.aspect != "text" else "texts of errors"
        yield f"{endpoint(trait.family)}, {place_of(trait)}: the {what} differ each time, and are not compared"


def counts(drift: Drift) -> str:
    """The numbers of changes, in one line."""
    found = [f"{len(drift.of(outcome))} {outcome}" for outcome in reversed(CLASSES)]
    unproven = len(drift.unproven)
    return f"{', '.join(found)}; {unproven} in too few exchanges to tell"


def lines(drift: Drift, everything: bool = False) -> Iterator[str]:
    """The changes for the terminal, the worst first; harmless ones in full only with `everything`."""
    yield f"compared {counted(drift.old, 'exchange')} with {counted(drift.new, 'exchange')}: {counts(drift)}"
    yield from (plain(f"note: {note}") for note in notes(drift))
    for outcome in reversed(CLASSES):
        changes = drift.of(outcome)
        is_brief = outcome == "harmless" and not everything
        yield from _harmless_lines(changes) if is_brief else _class_lines(outcome, changes)
    yield from _unproven_lines(drift.unproven, everything)


def _class_lines(outcome: Class, changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield f"\n{outcome}"
    for group in groups(changes):
        yield plain(f"  {title(group)}")
        yield from (plain(f"    {reason}") for reason in reasons(group[0]))
        yield from (plain(f"    {place_of(change.trait)}: {shares(change)}") for change in group)
        yield plain(f"    for example {example(group[0])}")


def _harmless_lines(changes: Sequence[Change]) -> Iterator[str]:
    """The titles of harmless changes; headers, statuses and texts are only counted."""
    shown = [change for change in changes if change.trait.aspect not in _MINOR]
    if changes:
        yield "\nharmless"
    yield from (plain(f"  {title(group)}") for group in groups(shown))
    if hidden := len(changes) - len(shown):
        yield f"  and {counted(hidden, 'more change')}; --all lists them"


def _unproven_lines(changes: Sequence[Change], everything: bool) -> Iterator[str]:
    """The changes that chance explains; of harmless ones the titles, of headers, statuses and texts only the first."""
    minor = [change for change in changes if change.trait.aspect in _MINOR]
    hidden = set() if everything else {*minor[MAX_MINOR:]}
    if changes:
        yield "\nin too few exchanges to tell"
    for group in groups([change for change in changes if change not in hidden]):
        yield plain(f"  {title(group)}")
        if everything or group[0].outcome != "harmless":
            yield from (plain(f"    {place_of(change.trait)}: {shares(change)}") for change in group)
    if hidden:
        yield f"  and {counted(len(hidden), 'more change')}; --all lists them"


def endpoint(family: str) -> str:
    """The endpoint of a family, as reports name it."""
    return load_family(family).title if family != "elsewhere" else words(family)


def _subject(change: Change) -> str:
    retyped = f": {' or '.join(change.was)}, now {' or '.join(change.now)}" if change.kind == "retyped" else ""
    return f"{subject(change.trait)}{retyped}"


def subject(trait: Trait) -> str:
    """A trait without its place; not escaped."""
    match trait.aspect:
        case "field":
            return f"field {trait.pointer.rpartition('/')[2]}"
        case "type":
            return _member(trait.pointer)
        case "value":
            return f"value {trait.name!r} of {_member(trait.pointer)}"
        case "event":
            return f"event {trait.event}"
        case "answered as":
            return f"answers to requests for {_BODIES[trait.form]}: {_BODIES.get(trait.name, trait.name)}"
        case "text":
            return f"error text {trait.name!r}"
    return f"{trait.aspect} {trait.name}"


def _member(pointer: str) -> str:
    """The end of a pointer that names a place: a type is always that of the object around it."""
    names = pointer.split("/")
    start = len(names) - 1
    while start > 1 and (names[start].startswith("*") or names[start].startswith("type")):
        start -= 1
    return "/".join(names[start:]) or "the whole answer"


class ChangeEntry(TypedDict):
    """A change in the output of `drift --json`."""

    kind: Kind
    aspect: Aspect
    name: str
    family: str
    form: Form
    event: str
    pointer: str
    before: list[int]
    after: list[int]
    proven: bool
    outcome: Class
    because: str
    known: bool
    rule: str
    clients: list[str]
    was: list[str]
    now: list[str]
    example: str
    example_event: NotRequired[int]


class DriftDocument(TypedDict):
    """The output of `drift --json`; the format is schemas/drift.schema.json."""

    format: int
    old: int
    new: int
    summary: dict[str, int]
    notes: list[str]
    changes: list[ChangeEntry]


def document(drift: Drift) -> DriftDocument:
    """The changes as JSON; the format is schemas/drift.schema.json."""
    summary: dict[str, int] = {outcome: len(drift.of(outcome)) for outcome in CLASSES}
    return {
        "format": 1,
        "old": drift.old,
        "new": drift.new,
        "summary": {**summary, "unproven": len(drift.unproven)},
        "notes": list(notes(drift)),
        "changes": [_entry(change) for change in drift.changes],
    }


def _entry(change: Change) -> ChangeEntry:
    trait = change.trait
    entry: ChangeEntry = {
        "kind": change.kind,
        "aspect": trait.aspect,
        "name": trait.name,
        "family": trait.family,
        "form": trait.form,
        "event": trait.event,
        "pointer": trait.pointer,
        "before": [change.before.hits, change.before.trials],
        "after": [change.after.hits, change.after.trials],
        "proven": change.proven,
        "outcome": change.outcome,
        "because": change.because,
        "known": change.facts.known,
        "rule": change.rule,
        "clients": list(change.dependents.clients),
        "was": list(change.was),
        "now": list(change.now),
        "example": change.example.name,
    }
    if change.example.event is not None:
        entry["example_event"] = change.example.event
    return entry
