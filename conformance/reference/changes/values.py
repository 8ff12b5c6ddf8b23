"""Edits that make a value from the one that is there: for `at`, or as edits of their own."""

from __future__ import annotations

import json

from conformance.core.model import JSON
from conformance.reference.changes.documents import Edit, at


def text(value: JSON) -> JSON:
    """The value as a string, as Python writes it."""
    return str(value)


def json_text(value: JSON) -> JSON:
    """The value as a string of JSON."""
    return json.dumps(value)


def first(value: JSON) -> JSON:
    """The first member of a list."""
    return value[0]


def first_only(value: JSON) -> JSON:
    """A list of its first member alone; other values stay."""
    return value[:1] if isinstance(value, list) else value


def last_only(value: JSON) -> JSON:
    """A list of its last member alone; other values stay."""
    return value[-1:] if isinstance(value, list) else value


def in_list(value: JSON) -> JSON:
    """A list of this one value."""
    return [value]


def shortened(value: JSON) -> JSON:
    """A string without its last letter, or a list without its last member."""
    return value[:-1]


def backwards(value: JSON) -> JSON:
    """A string or list in reverse order."""
    return value[::-1]


def doubled(value: JSON) -> JSON:
    """A string or list, twice."""
    return value + value


def add(pointer: str, number: float) -> Edit:
    """Adds to a number."""
    return at(pointer, lambda value: value + number)


def prefix(pointer: str, before: str) -> Edit:
    """Puts a text before a string."""
    return at(pointer, lambda value: f"{before}{value}")


def substitute(pointer: str, old: str, new: str) -> Edit:
    """Replaces a part of a string by another, wherever it stands."""
    return at(pointer, lambda value: value.replace(old, new))
