"""The words in which every report tells the levels of a gateway. They are not escaped."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.analysis.levels import is_graded
from conformance.records.run_format import LevelEntry, LevelName
from conformance.report.text import words

STATUS = {"none": "no level"}
"""Levels with another name in reports."""

LEGEND = (
    "core: plain requests are answered well. agent: so are tools, streams, errors and cancelled requests. complete: "
    "every case of the family applies and is passed. A case that the profile leaves out counts against a level."
)


def status(name: LevelName) -> str:
    """`no level` for `none`, `not judged` for `not_judged`."""
    return STATUS.get(name, words(name))


def breadth(entry: LevelEntry) -> str:
    """How much of a family was tested: `412 of 430 apply`."""
    return f"{entry['applicable']:,} of {entry['cases']:,} apply"


def reached(entry: LevelEntry) -> str:
    """The level with its breadth: `agent, 412 of 430 apply`; the breadth says nothing where no level was judged."""
    return f"{status(entry['level'])}, {breadth(entry)}" if is_graded(entry) else status(entry["level"])


def why(entry: LevelEntry) -> str:
    """Why the gateway does not have the next level: `not complete: 4 of 685 cases were not tested`; "" for complete."""
    if not entry["reason"]:
        return ""
    return f"not {entry['next']}: {entry['reason']}" if "next" in entry else entry["reason"]


def is_told(entries: Sequence[LevelEntry]) -> bool:
    """Whether any family was graded."""
    return any(map(is_graded, entries))
