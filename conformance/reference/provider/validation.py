"""Validates request bodies with JSON Schema, and reports problems from which both vendors' messages can be made.

The schemas of the requests are Python mappings, built with the functions here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from jsonschema import Draft202012Validator, TypeChecker, ValidationError

from conformance.core import schema_validator
from conformance.core.schema_outline import SchemaOutline, build_outline

from .prompt import JSON

Schema = dict[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a body. `kind` is a key of the vendors' message tables; `limit` is the keyword's value."""

    kind: str
    path: Path
    limit: JSON
    got: JSON


def _is_integer(_checker: TypeChecker, value: object) -> bool:
    """The APIs refuse 1.0, which JSON Schema accepts as an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKER = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
_Validator = schema_validator.validator_class(types=_CHECKER)
_KINDS = {
    "type": "type", "enum": "value", "const": "value", "minimum": "below", "maximum": "above", "minItems": "empty",
    "maxItems": "many", "maxProperties": "many", "minLength": "blank", "maxLength": "long", "pattern": "pattern",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Known:
    """A schema with its outline, and the signatures of valid bodies: requests of one form are validated once."""

    schema: Schema
    outline: SchemaOutline | None
    valid: set[Hashable] = field(default_factory=set)


_known: dict[int, _Known] = {}
"""By the id of the schema, which is kept so that its id is not used again."""
_MAX_SIGNATURES, _MAX_TOKENS = 5000, 1000
"""The limits for one schema: the number of signatures, and the tokens of each."""


def problems(schema: Schema, body: JSON) -> list[Problem]:
    """All problems of the body, in the order of the schema's fields. Schemas are kept until the process ends."""
    if id(schema) not in _known:
        _known[id(schema)] = _Known(schema, build_outline([schema]))
    known = _known[id(schema)]
    signature = known.outline and known.outline.signature(body)
    if signature in known.valid:
        return []
    found = [problem for error in _Validator(schema).iter_errors(body) for problem in _problems(error)]
    is_kept = signature and len(signature) <= _MAX_TOKENS and len(known.valid) < _MAX_SIGNATURES
    if is_kept and not found:
        known.valid.add(signature)
    return found


def _problems(error: ValidationError) -> Iterator[Problem]:
    path, got, limit = tuple(error.absolute_path), cast(JSON, error.instance), cast(JSON, error.validator_value)
    schema = cast(Schema, error.schema)
    if error.validator == "required":
        yield from (Problem("missing", (*path, name), None, None) for name in limit if name not in got)
    elif error.validator == "additionalProperties":
        extra = (name for name in got if name not in schema["properties"])
        yield from (Problem("unknown", (*path, name), None, got[name]) for name in extra)
    elif error.validator in ("minimum", "maximum"):
        yield Problem(_KINDS[error.validator], path, (limit, "integer" in schema["type"]), got)
    else:
        yield Problem(_KINDS.get(str(error.validator), "value"), path, limit, got)


def obj(required: Sequence[str] = (), /, **properties: Schema) -> Schema:
    """An object with these fields and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def loose(required: Sequence[str] = (), /, **properties: Schema) -> Schema:
    """An object with these fields; others are ignored."""
    return {**obj(required, **properties), "additionalProperties": True}


def nullable(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"if": {"type": "null"}, "else": schema}


def array(items: Schema, **bounds: int) -> Schema:
    """An array of such items."""
    return {"type": "array", "items": items, **bounds}


def text_or(items: Schema, **bounds: int) -> Schema:
    """A string, or an array of such items."""
    return {"type": ["string", "array"], "items": items, **bounds}


def one_of(*members: JSON) -> Schema:
    """One of these strings."""
    return {"type": "string", "enum": list(members)}


def number(low: float, high: float) -> Schema:
    """A number within bounds, or null."""
    return {"type": ["number", "null"], "minimum": low, "maximum": high}


def integer(low: int, high: int | None = None) -> Schema:
    """An integer within bounds, or null."""
    bounds = {"minimum": low} if high is None else {"minimum": low, "maximum": high}
    return {"type": ["integer", "null"], **bounds}


def tagged(tag: str, variants: Mapping[str, Schema], default: str | None = None) -> Schema:
    """An object whose field `tag` selects one of the variants; each variant gets that field."""
    then = [
        {"if": {"properties": {tag: {"const": name}}, "required": [tag]}, "then": _with_tag(tag, each)}
        for name, each in variants.items()
    ]
    required = [] if default else [tag]
    if default:
        then.append({"if": {"not": {"required": [tag]}}, "then": variants[default]})
    guarded = {"properties": {tag: one_of(*variants)}, "required": required, "allOf": then}
    return {"type": "object", "if": {"type": "object"}, "then": guarded}


def string_or(members: Sequence[str], otherwise: Schema) -> Schema:
    """One of these strings, or a value of the other schema."""
    return {"if": {"type": "string"}, "then": {"enum": list(members)}, "else": otherwise}


def _with_tag(tag: str, variant: Schema) -> Schema:
    return {**variant, "properties": {tag: {}, **variant.get("properties", {})}}


STRING: Schema = {"type": "string"}
FILLED: Schema = {"type": "string", "minLength": 1}
OPTIONAL_STRING: Schema = {"type": ["string", "null"]}
BOOL: Schema = {"type": "boolean"}
OPTIONAL_BOOL: Schema = {"type": ["boolean", "null"]}
OBJECT: Schema = {"type": "object"}
ANY: Schema = {}
METADATA: Schema = {
    "type": ["object", "null"], "maxProperties": 16, "propertyNames": {"maxLength": 64},
    "additionalProperties": {"type": "string", "maxLength": 512},
}  # fmt: skip


def type_name(value: JSON) -> str:
    """A JSON value's type as text, with its article."""
    names = {bool: "a boolean", str: "a string", dict: "an object", list: "an array", int: "an integer",
             float: "a decimal number", type(None): "null"}  # fmt: skip
    return names[type(value)]


def expected_types(limit: JSON) -> str:
    """The types that a schema's `type` allows, as text."""
    kinds = [limit] if isinstance(limit, str) else [each for each in limit if each != "null"]
    return " or ".join(("an " if each[0] in "aeiou" else "a ") + each for each in kinds)
