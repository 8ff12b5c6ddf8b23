"""The table schemas/drift.yaml: which headers and values are compared, and the classes of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args

from conformance.core import data_files, globs

Class = Literal["harmless", "information", "breaking"]
CLASSES: tuple[Class, ...] = get_args(Class)
"""From the least to the worst."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the classification: the class of a change whose facts are all among `when`, and the reason for it."""

    when: Mapping[str, tuple[str, ...]]
    outcome: Class
    because: str

    def fits(self, facts: Mapping[str, str]) -> bool:
        """Whether the facts of a change are all among those of the row."""
        return all(facts.get(name, "") in values for name, values in self.when.items())


@cache
def rows() -> tuple[Row, ...]:
    """The classification; the first row that fits decides. The last one fits everything."""
    return tuple(_row(entry) for entry in _table()["classes"])


def is_compared(header: str) -> bool:
    """Whether the values of a header (in lower case) are compared, not only its presence."""
    return header in _table()["header_values"]


def header_rule(header: str, form: str) -> str:
    """The rule that is broken if an answer of this form lacks a header; "" if it may be missing."""
    return str(_table()["header_rules"].get(form, {}).get(header, ""))


def body_rule(what: str, form: str) -> str:
    """The rule that a body breaks if it is not the form that was `asked` for, or cannot be `parsed`."""
    return str(_table()["body_rules"][what][form])


@cache
def is_transport(header: str) -> bool:
    """Whether a header is of the server or of a proxy, and not of the API."""
    return globs.any_fits(tuple(_table()["transport_headers"]), header)


def is_listed_value(form: str, pointer: str) -> bool:
    """Whether the values at a place are compared although the schemas do not list them."""
    return pointer in _table()["values"].get(form, ())


def _row(entry: Mapping[str, Any]) -> Row:
    when = {name: tuple(value if isinstance(value, list) else [value]) for name, value in entry["when"].items()}
    return Row(when, entry["class"], entry["because"])


def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = data_files.table("drift.yaml")
    return table
