"""The findings of a verdict, with repeated ones shown once: a rule that breaks in every event is one finding."""

from __future__ import annotations

import re
from collections.abc import Sequence

from conformance.core.plural import counted
from conformance.records.run_format import FindingEntry


def folded(findings: Sequence[FindingEntry]) -> list[dict[str, object]]:
    """The findings, each with those that repeat it in `also`, and with their number in words in `more`.

    A finding repeats another one if it is about the same rule and the same member, in another event, step or item.
    """
    groups: dict[tuple[str, ...], list[FindingEntry]] = {}
    for finding in findings:
        groups.setdefault(_kind(finding), []).append(finding)
    return [
        {**first, "also": [_different(first, one) for one in rest], "more": _more(first, rest)}
        for first, *rest in groups.values()
    ]


def _kind(finding: FindingEntry) -> tuple[str, ...]:
    member = re.sub(r"/\d+(?=/|$)", "/*", finding["where"].get("pointer", ""))
    return finding["rule"], finding["level"], finding.get("blame", ""), member


def _different(first: FindingEntry, other: FindingEntry) -> dict[str, object]:
    """The place of a repeated finding, and its texts where they are not those of the first."""
    texts = {"expected": other["expected"], "got": other["got"]}
    is_same = (first["expected"], first["got"]) == (other["expected"], other["got"])
    return {"step": other["step"], "where": other["where"], **({} if is_same else texts)}


def _more(first: FindingEntry, rest: Sequence[FindingEntry]) -> str:
    """`and in 4 more events`; "" for a finding that is not repeated."""
    if not rest:
        return ""
    same = [first, *rest]
    steps = {one["step"] for one in same}
    events = {one["where"].get("event", 0) for one in same}
    if len(steps) == 1 and len(events) == len(same):
        noun = "event"
    elif len(steps) == len(same):
        noun = "step"
    else:
        noun = "place"
    return f"and in {counted(len(rest), f'more {noun}')}"
