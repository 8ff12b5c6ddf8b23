"""Reads the arguments of a tool call, which models write as JSON text."""

from __future__ import annotations

from conformance.core import bounded_json
from conformance.core.model import JSON


def read_object(text: str) -> dict[str, JSON] | None:
    """The object of this text; None if it has another form, or is nested too deeply."""
    try:
        value = bounded_json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
