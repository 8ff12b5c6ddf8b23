"""What no scheduling can beat: the longest case, or all of them evenly spread over N.

The cases that run alone come one after the other, besides. How long a case takes is measured one at a time and
without added latency, which is then added to each exchange; those that a case sends together take as long as the
longest of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance import data, library, profile
from conformance.engine import ALONE
from conformance.model import Case
from conformance.runner import groups


def cases(profile_file: Path) -> Mapping[str, Case]:
    """The suite's cases by id, as they are for a gateway with this profile."""
    return {case.id: case for case in library.load(data.folder("cases"), profile.load(profile_file).serves)}


def seconds(ran: Collection[str], alone: Any, known: Mapping[str, Case], latency: float, concurrency: int) -> float:
    """The least that these cases take; `alone` is the report of a run one at a time, `latency` in seconds."""
    entries = [entry for entry in alone["verdicts"] if entry["id"] in ran]
    took = {entry["id"]: sum(_rounds(entry, known[entry["id"]], latency)) for entry in entries}
    together = [time for name, time in took.items() if ALONE not in known[name].marks]
    return sum(took.values()) - sum(together) + max(max(together), sum(together) / concurrency)


def _rounds(entry: Any, case: Case, latency: float) -> Iterator[float]:
    exchanges = entry["exchanges"]
    for group in groups(case.steps):
        sent = [exchanges[index]["seconds"] for index in group if index < len(exchanges)]
        yield max(sent) + latency if sent else 0.0
