"""The result of a soak as terminal lines, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from conformance.analysis.soak import Drift, Judged, Tally
from conformance.core.plural import counted
from conformance.report.width import cut

_EXCERPT = 70
"""Characters of an answer in the terminal."""
_BUSIER = "; not judged: this machine got busier"


def lines(tally: Tally, judged: Judged, endpoints: Sequence[str]) -> Iterator[str]:
    """A line for each thing that is judged, the failed requests, and the first answers with a defect."""
    yield (
        f"{counted(tally.sessions, 'session')}, {counted(tally.streams, 'stream')} in {tally.seconds:.0f} s "
        f"({', '.join(endpoints)})"
    )
    for name, said in _said(tally, judged).items():
        yield f"{'PROBLEM' if name in judged.found else 'ok' if said[0] else '-':<8}{said[1]}"
    for reason, number in tally.reasons.most_common():
        yield cut(f"{'':8}{counted(number, 'stream')}: {reason}")
    for example in tally.examples:
        place = f"{example.family}, session {example.session}, turn {example.turn}, status {example.status}"
        yield cut(f"- {place}: {example.what}")
        if example.excerpt:
            yield cut(f"    {example.excerpt}", _EXCERPT)


def document(tally: Tally, judged: Judged, endpoints: Sequence[str]) -> dict[str, Any]:
    """The same for programs; times are in seconds."""
    return {
        "endpoints": list(endpoints),
        "seconds": round(tally.seconds, 1),
        "sessions": tally.sessions,
        "streams": tally.streams,
        "kinds": dict(tally.kinds),
        "reasons": dict(tally.reasons),
        "empty_or_cut": asdict(judged.bad),
        "failed": asdict(judged.failed),
        "crossed": tally.crossed,
        "aborts": {"sent": tally.aborted, "followed": tally.followed, "left_open": tally.left},
        "open_at_end": tally.open_at_end,
        "machine_got_busier": tally.is_machine_busier,
        "first_event": None if judged.drift is None else asdict(judged.drift),
        "examples": [asdict(example) for example in tally.examples],
        "problems": list(judged.found),
    }


def _said(tally: Tally, judged: Judged) -> dict[str, tuple[bool, str]]:
    """Finding -> whether it is judged at all, and what is known about it."""
    bad, kinds = judged.bad, tally.kinds
    return {
        "streams": (
            bad.trials > 0,
            f"empty or cut streams: {kinds['empty']:,} empty, {kinds['cut']:,} cut of {bad.trials:,}; "
            f"with 95 % confidence at most {_percent(bad.high)}",
        ),
        "failures": (tally.streams > 0, f"failed: {kinds['failed']:,}; refused for load: {kinds['overloaded']:,}"),
        "cross-talk": (bad.trials > 0, f"cross-talk: {tally.crossed:,} of {counted(bad.trials, 'answer')}"),
        "drift": (
            judged.drift is not None and not tally.is_machine_busier,
            _drift(judged.drift) + (_BUSIER if judged.drift and tally.is_machine_busier else ""),
        ),
        "connections": (tally.open_at_end is not None, _connections(tally)),
    }


def _drift(drift: Drift | None) -> str:
    if drift is None:
        return "time to first event: not judged; this needs two minutes and some streams in each part of them"
    by = drift.difference
    return (
        f"time to first event: {_ms(drift.first)}, {_ms(drift.middle)}, {_ms(drift.last)} ms by thirds; "
        f"{_ms(by.value)} [{_ms(by.low)}, {_ms(by.high)}] ms more at the end"
    )


def _connections(tally: Tally) -> str:
    if tally.open_at_end is None:
        return "connections after aborts: not judged; this needs the scripted provider"
    return (
        f"connections: {tally.left:,} left open after {counted(tally.followed, 'abort')}, "
        f"{tally.open_at_end:,} open at the end"
    )


def _percent(part: float) -> str:
    return f"{part * 100:.2g} %"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"
