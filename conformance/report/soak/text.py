"""The result of a soak as sentences, which every report shows, and as terminal lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from conformance.core.plural import counted
from conformance.records.run_format import DriftEntry, SoakEntry, SoakExampleEntry, SoakProblem
from conformance.report.text import words
from conformance.report.width import cut

State = Literal["problem", "ok", "not judged"]

_MARKS: Mapping[State, str] = {"problem": "PROBLEM", "ok": "ok", "not judged": "-"}
_EXCERPT = 70
"""Characters of an answer in the terminal."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing that is judged: its state, and what is known about it."""

    state: State
    sentence: str


def lines(entry: SoakEntry) -> Iterator[str]:
    """A line for each thing that is judged, the failed requests, and the first answers with a defect."""
    yield head(entry)
    yield from (f"{_MARKS[found.state]:<8}{found.sentence}" for found in judgements(entry))
    yield from (cut(f"{'':8}{reason}") for reason in reasons(entry))
    for example in entry["examples"]:
        yield cut(f"- {place(example)}: {example['what']}")
        if example["excerpt"]:
            yield cut(f"    {example['excerpt']}", _EXCERPT)


def head(entry: SoakEntry) -> str:
    """The number of sessions and streams, and the endpoints."""
    return (
        f"{counted(entry['sessions'], 'session')}, {counted(entry['streams'], 'stream')} in {entry['seconds']:.0f} s "
        f"({', '.join(map(words, entry['endpoints']))})"
    )


def judgements(entry: SoakEntry) -> list[Judgement]:
    """Everything that is judged."""
    return [
        Judgement("problem" if name in entry["problems"] else "ok" if is_judged else "not judged", sentence)
        for name, (is_judged, sentence) in _said(entry).items()
    ]


def reasons(entry: SoakEntry) -> list[str]:
    """Why streams failed, with their numbers."""
    return [f"{counted(number, 'stream')}: {reason}" for reason, number in entry["reasons"].items()]


def place(example: SoakExampleEntry) -> str:
    """Where an answer with a defect was."""
    return (
        f"{words(example['endpoint'])}, session {example['session']}, turn {example['turn']}, "
        f"status {example['status']}"
    )


def _said(entry: SoakEntry) -> Mapping[SoakProblem, tuple[bool, str]]:
    """Problem -> whether it is judged at all, and what is known about it."""
    bad, kinds, drift = entry["empty_or_cut"], entry["kinds"], entry.get("first_event")
    is_busy = drift is not None and entry["machine_was_busy"]
    return {
        "streams": (
            bad["trials"] > 0,
            f"empty or cut streams: {kinds.get('empty', 0):,} empty, {kinds.get('cut', 0):,} cut of "
            f"{bad['trials']:,}; with 95 % confidence at most {_percent(bad['high'])}",
        ),
        "failures": (
            entry["streams"] > 0,
            f"failed: {kinds.get('failed', 0):,}; refused for load: {kinds.get('overloaded', 0):,}",
        ),
        "cross-talk": (bad["trials"] > 0, f"cross-talk: {entry['crossed']:,} of {counted(bad['trials'], 'answer')}"),
        "drift": (
            drift is not None and not is_busy,
            _drift(drift) + ("; not judged: this machine was busy" if is_busy else ""),
        ),
        "connections": (entry["open_at_end"] is not None, _connections(entry)),
    }


def _drift(drift: DriftEntry | None) -> str:
    if drift is None:
        return "time to first event: this needs two minutes, and some streams in each part of them"
    by = drift["difference"]
    return (
        f"time to first event: {_ms(drift['first'])}, {_ms(drift['middle'])}, {_ms(drift['last'])} ms by thirds; "
        f"{_ms(by['value'])} [{_ms(by['low'])}, {_ms(by['high'])}] ms more at the end"
    )


def _connections(entry: SoakEntry) -> str:
    if entry["open_at_end"] is None:
        return "connections after aborts: this needs the scripted provider"
    aborts = entry["aborts"]
    return (
        f"connections: {aborts['left_open']:,} left open after {counted(aborts['followed'], 'abort')}, "
        f"{entry['open_at_end']:,} open at the end"
    )


def _percent(part: float) -> str:
    return f"{part * 100:.2g} %"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
