"""Rules that one fault breaks together, as the faults of the reference gateway show (`schemas/related_rules.yaml`)."""

from __future__ import annotations

from functools import cache

from conformance.core import data_files


def related(one: str, other: str) -> bool:
    """Whether a fault of the reference gateway breaks both rules."""
    return other in _table().get(one, ())


@cache
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for rule, others in data_files.table("related_rules.yaml").items():
        for other in others:
            table.setdefault(rule, set()).add(other)
            table.setdefault(other, set()).add(rule)
    return {rule: frozenset(others) for rule, others in table.items()}
