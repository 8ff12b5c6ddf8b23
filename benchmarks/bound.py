"""The lower bound of a run's duration: the longest case, or all exchanges evenly distributed over N connections.

The cases that run exclusively are added, one after the other. The duration of an exchange comes from a run with one
request at a time and without added latency; the latency is then added to each exchange. Concurrent exchanges of a case
extend the case by the longest of them, but each of them occupies a connection for its whole duration.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.core import data_files
from conformance.core.model import Case
from conformance.run.scheduler import EXCLUSIVE
from conformance.suite.load import load_cases
from conformance.suite.resolve import step_groups
from conformance.target.profile import load_profile


def cases(profile_file: Path) -> Mapping[str, Case]:
    """The suite's cases by id, for a gateway with this profile."""
    return {case.id: case for case in load_cases(data_files.folder("cases"), load_profile(profile_file).serves)}


def seconds(ran: Collection[str], alone: Any, known: Mapping[str, Case], latency: float, concurrency: int) -> float:
    """The lower bound for these cases. `alone` is the report of a run at concurrency 1; `latency` is in seconds."""
    entries = [(known[entry["id"]], entry["exchanges"]) for entry in alone["verdicts"] if entry["id"] in ran]
    alone_for = sum(_long(case, exchanges, latency) for case, exchanges in entries if EXCLUSIVE in case.marks)
    together = [(case, exchanges) for case, exchanges in entries if EXCLUSIVE not in case.marks]
    longest = max(_long(case, exchanges, latency) for case, exchanges in together)
    places = sum(exchange["seconds"] + latency for _, exchanges in together for exchange in exchanges)
    return alone_for + max(longest, places / concurrency)


def _long(case: Case, exchanges: Sequence[Any], latency: float) -> float:
    """The minimum duration of a case: its steps in sequence, where concurrent steps count once."""
    rounds = (
        [exchanges[index]["seconds"] for index in group if index < len(exchanges)] for group in step_groups(case.steps)
    )
    return sum(max(seconds) + latency for seconds in rounds if seconds)
