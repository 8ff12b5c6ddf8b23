"""Which rule guards against what: every fault that the reference gateway can have, against the rules that notice it.

Each function is pure, data -> Markdown or JSON; `gateway-conformance docs` writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby

from conformance.core.model import JSON, Rule
from conformance.report.reference_docs import GENERATED, anchor, cell

Record = Mapping[str, JSON]
"""One fault as the listing of the reference gateway tells it: id, family, sentence, rules and url."""


def files(faults: Iterable[Record], book: Mapping[str, Rule]) -> dict[str, str]:
    """Both forms of the matrix by the name of their file in docs/."""
    rows = list(faults)
    return {"faults.md": page(rows, book), "faults.json": as_json(rows, book)}


def tripped(faults: Iterable[Record], book: Mapping[str, Rule]) -> dict[str, list[str]]:
    """For every rule of the book, in its order, the ids of the faults that it notices."""
    by_rule: dict[str, list[str]] = {rule: [] for rule in book}
    for fault in faults:
        for rule in fault["rules"]:
            by_rule.setdefault(rule, []).append(str(fault["id"]))
    return by_rule


def as_json(faults: Iterable[Record], book: Mapping[str, Rule]) -> str:
    """`{"faults": [...], "rules": {rule: [fault id, ...]}}`."""
    rows = [{name: fault[name] for name in ("id", "family", "sentence", "url", "rules")} for fault in faults]
    return json.dumps({"faults": rows, "rules": tripped(rows, book)}, ensure_ascii=False, indent=1) + "\n"


def page(faults: Iterable[Record], book: Mapping[str, Rule]) -> str:
    """The matrix to read: each fault with its rules by family, then each rule with its faults."""
    rows = list(faults)
    replayed = sum(bool(fault["url"]) for fault in rows)
    intro = (
        f"{len(rows)} ways for a gateway to be wrong; {replayed} of them replay a reported defect of a real gateway. "
        "Each one must be noticed by exactly the rules in its row. "
        "`gateway-conformance serve gateway --fault ID` serves a gateway with one of them."
    )
    sections = [f"## Faults of {family}\n\n{_faults(group)}" for family, group in _by_family(rows)]
    by_rule = f"## Rules\n\n{_rules(tripped(rows, book))}"
    return "\n\n".join((GENERATED, "# Faults", intro, *sections, by_rule)) + "\n"


def _by_family(rows: Iterable[Record]) -> Iterable[tuple[str, list[Record]]]:
    def family(fault: Record) -> str:
        return str(fault["family"])

    return ((name, list(group)) for name, group in groupby(sorted(rows, key=family), key=family))


def _faults(rows: Iterable[Record]) -> str:
    lines = ["| fault | what is wrong | noticed by |", "|---|---|---|"]
    for fault in rows:
        rules = ", ".join(_link(rule) for rule in fault["rules"])
        report = f" ([report]({fault['url']}))" if fault["url"] else ""
        lines.append(f"| {fault['id']} | {cell(fault['sentence'])}{report} | {rules} |")
    return "\n".join(lines)


def _rules(by_rule: Mapping[str, list[str]]) -> str:
    lines = ["| rule | trips on |", "|---|---|"]
    lines += [f"| {_link(rule)} | {', '.join(ids) or 'recordings only'} |" for rule, ids in by_rule.items()]
    return "\n".join(lines)


def _link(rule: str) -> str:
    return f"[{rule}](rules.md#{anchor(rule)})"
