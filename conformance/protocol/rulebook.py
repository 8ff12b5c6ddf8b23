"""All rules of the suite by id, from the rules.yaml files below schemas/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from conformance.core import data_files
from conformance.core.model import Rule


@cache
def rules() -> Mapping[str, Rule]:
    """Return all rules by id, in the order of their folders and files. Raises ValueError if an id is used twice."""
    book: dict[str, Rule] = {}
    for rule in _all():
        if rule.id in book:
            raise ValueError(f"the rule {rule.id} is defined twice")
        book[rule.id] = rule
    return book


def _all() -> Iterator[Rule]:
    root = data_files.folder("schemas")
    for path in sorted(root.glob("*/rules.yaml")):
        for entry in data_files.table(str(path.relative_to(root)))["rules"]:
            yield Rule(**entry)
