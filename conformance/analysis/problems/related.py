"""Which rules are related, so that they belong to one problem where both break.

Rules are related if a fault of the reference gateway breaks both (`schemas/related_rules.yaml`), or if the grammar of a
family's streams has both: one event at the wrong place breaks several rules about the order.
`schemas/consequences.yaml` has the rules that break because of another one, as a broad sample of cases shows.
"""

from __future__ import annotations

from functools import cache

from conformance.core import data_files
from conformance.protocol.family import load_family, names


def related(one: str, other: str) -> bool:
    """Whether two rules often break for one reason."""
    return other in _broken_together().get(one, ()) or any({one, other} <= rules for rules in _grammars())


def follows(cause: str, rule: str) -> bool:
    """Whether a rule breaks as a consequence of another one, in a gateway that breaks nothing else."""
    return rule in _consequences().get(cause, ())


@cache
def _consequences() -> dict[str, frozenset[str]]:
    return {rule: frozenset(others) for rule, others in (data_files.table("consequences.yaml") or {}).items()}


@cache
def _broken_together() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for rule, others in data_files.table("related_rules.yaml").items():
        for other in others:
            table.setdefault(rule, set()).add(other)
            table.setdefault(other, set()).add(rule)
    return {rule: frozenset(others) for rule, others in table.items()}


@cache
def _grammars() -> tuple[frozenset[str], ...]:
    """The rules about the order of events, for each family with streams."""
    grammars = [load_family(name).stream for name in names()]
    return tuple(grammar.rules() for grammar in grammars if grammar is not None)
