"""The fault matrix: every fault of the reference gateway, and the rules that detect it.

Each function is pure: data -> Markdown or JSON. `gateway-conformance docs` writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import combinations, groupby
from typing import TypedDict

from conformance.core.model import Rule
from conformance.report.reference_docs import GENERATED, anchor, cell


class FaultRecord(TypedDict):
    """A fault of the reference gateway; `url` is the report of a real defect, or ""."""

    id: str
    family: str
    sentence: str
    rules: list[str]
    url: str


def files(faults: Iterable[FaultRecord], book: Mapping[str, Rule]) -> dict[str, str]:
    """The matrix as Markdown and as JSON, by file name in docs/."""
    rows = list(faults)
    return {"faults.md": page(rows, book), "faults.json": as_json(rows, book)}


def faults_by_rule(faults: Iterable[FaultRecord], book: Mapping[str, Rule]) -> dict[str, list[str]]:
    """Rule -> the ids of the faults that it detects, for every rule of the book in its order."""
    by_rule: dict[str, list[str]] = {rule: [] for rule in book}
    for fault in faults:
        for rule in fault["rules"]:
            by_rule.setdefault(rule, []).append(fault["id"])
    return by_rule


def as_json(faults: Iterable[FaultRecord], book: Mapping[str, Rule]) -> str:
    """`{"faults": [...], "rules": {rule: [fault id, ...]}}`."""
    rows = list(faults)
    entries = [
        {
            "id": row["id"],
            "family": row["family"],
            "sentence": row["sentence"],
            "url": row["url"],
            "rules": row["rules"],
        }
        for row in rows
    ]
    return json.dumps({"faults": entries, "rules": faults_by_rule(rows, book)}, ensure_ascii=False, indent=1) + "\n"


def page(faults: Iterable[FaultRecord], book: Mapping[str, Rule]) -> str:
    """The matrix as Markdown: the faults with their rules by family, then the rules with their faults."""
    rows = list(faults)
    replayed = sum(bool(fault["url"]) for fault in rows)
    intro = (
        f"{len(rows)} ways for a gateway to be wrong; {replayed} of them replay a reported defect of a real gateway. "
        "Each one must be noticed by exactly the rules in its row. "
        "`gateway-conformance serve gateway --fault ID` serves a gateway with one of them."
    )
    sections = [f"## Faults of {family}\n\n{_faults(group)}" for family, group in _by_family(rows)]
    by_rule = f"## Rules\n\n{_rules(faults_by_rule(rows, book))}"
    return "\n\n".join((GENERATED, "# Faults", intro, *sections, by_rule)) + "\n"


def related_rules(faults: Iterable[FaultRecord]) -> str:
    """The pairs of rules that a fault breaks together, as YAML: each pair once, under its first rule."""
    related: dict[str, set[str]] = {}
    for fault in faults:
        for one, other in combinations(sorted(set(fault["rules"])), 2):
            related.setdefault(one, set()).add(other)
    lines = [f"{rule}: [{', '.join(sorted(others))}]" for rule, others in sorted(related.items())]
    return "\n".join((_RELATED_HEAD, *lines)) + "\n"


_RELATED_HEAD = """\
# The rules that a fault of the reference gateway breaks together; each pair stands once. Where they break together in
# a run, they are one problem. `gateway-conformance docs` writes this file."""


def _by_family(rows: Iterable[FaultRecord]) -> Iterable[tuple[str, list[FaultRecord]]]:
    def family(fault: FaultRecord) -> str:
        return fault["family"]

    return ((name, list(group)) for name, group in groupby(sorted(rows, key=family), key=family))


def _faults(rows: Iterable[FaultRecord]) -> str:
    lines = ["| fault | what is wrong | detected by |", "|---|---|---|"]
    for fault in rows:
        rules = ", ".join(_link(rule) for rule in fault["rules"])
        report = f" ([report]({fault['url']}))" if fault["url"] else ""
        lines.append(f"| {fault['id']} | {cell(fault['sentence'])}{report} | {rules} |")
    return "\n".join(lines)


def _rules(by_rule: Mapping[str, list[str]]) -> str:
    lines = ["| rule | detects |", "|---|---|"]
    lines += [f"| {_link(rule)} | {', '.join(ids) or 'recordings only'} |" for rule, ids in by_rule.items()]
    return "\n".join(lines)


def _link(rule: str) -> str:
    return f"[{rule}](rules.md#{anchor(rule)})"
