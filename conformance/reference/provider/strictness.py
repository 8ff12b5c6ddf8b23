"""Checks the JSON Schemas in requests: that they are valid, and strict if requested.

Rules of strict mode: https://platform.openai.com/docs/guides/structured-outputs (supported schemas).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from .prompt import JSON

_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "allOf", "prefixItems")


def fault(schema: JSON, *, strict: bool = False, object_only: bool = True) -> str | None:
    """The first problem of the schema, as text; None if it is valid."""
    if (broken := _invalid(json.dumps(schema))) is not None:
        return broken
    if object_only and schema and schema.get("type") != "object":
        return "its type has to be 'object'"
    return next(_unstrict(schema, "the schema"), None) if strict else None


@lru_cache(maxsize=256)
def _invalid(text: str) -> str | None:
    """The first problem of a schema's text; None if it is valid. Many requests have the same few schemas."""
    schema = json.loads(text)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        at = ".".join(map(str, error.absolute_path))
        return f"it is not a JSON Schema (at '{at}')"
    return next(_broken(schema), None)


def _broken(schema: JSON) -> Iterator[str]:
    """Invalid patterns, which the meta-schema does not find. Broken references are accepted."""
    for key, inner in schema.items() if isinstance(schema, Mapping) else enumerate(schema):
        if key == "pattern" and isinstance(inner, str) and not _is_pattern(inner):
            yield f"its pattern '{inner}' is not a regular expression"
        elif isinstance(inner, Mapping | list):
            yield from _broken(inner)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _unstrict(schema: JSON, at: str) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    if schema.get("type") == "object" or "properties" in schema:
        if schema.get("additionalProperties") is not False:
            yield f"{at} needs 'additionalProperties' set to false in strict mode"
        optional = [name for name in schema.get("properties", {}) if name not in schema.get("required", [])]
        yield from (f"{at} has to list '{name}' as 'required' in strict mode" for name in optional)
    for name, inner in _inner(schema):
        yield from _unstrict(inner, f"'{name}'")


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, JSON]]:
    for key in _NAMED:
        yield from schema.get(key, {}).items()
    for key in _LISTED:
        yield from ((key, each) for each in schema.get(key, []))
    if "items" in schema:
        yield "items", schema["items"]
