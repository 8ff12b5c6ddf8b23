"""JSON Schemas to breaches: which rule a document breaks, and where.

The schemas below schemas/ are JSON Schema 2020-12 with two annotations:

- `x-rule` names the rule that a violation breaks; the innermost one on the way to the violation counts, and
  a property that is missing breaks the `x-rule` of that property where it has one.
- `discriminator` (as in OpenAPI 3.1) picks the one branch that was meant by a property's value before
  anything is validated: `{propertyName, mapping: {value: ref}}`. With `x-unknown`, a value outside the
  mapping breaks that rule; without, it is passed over, for the vendors may add types at any time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.core.model import JSON, Breach, Where
from conformance.core.pointer import escape
from conformance.protocol import schema_refs
from conformance.protocol.schema_outline import SchemaOutline, build_outline
from conformance.protocol.schema_refs import Place

MAX_BREACHES = 1000
"""Of one document; what is wrong a thousand times need not be told more often."""
MAX_ALIKE = 10
"""Events with the same outline, and so the same mistakes, of which those are told."""
MAX_SIGNATURES, MAX_TOKENS = 5000, 2000
"""So many outlines of so many tokens are kept for a schema, whatever comes."""
NO_RULE = "suite.schema-without-rule"
_MAX_LENGTH = 120
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "pattern": "a match of {}",
}
"""Keywords with a limit, as a message says them."""
_SIZES = {
    ("minLength", 1): "a non-empty string",
    ("maxLength", 0): "an empty string",
    ("minItems", 1): "a non-empty list",
    ("maxItems", 0): "an empty list",
    ("minProperties", 1): "a non-empty object",
    ("maxProperties", 0): "an empty object",
}
_BASE = "file:///"
"""Stands for the folder schemas/; a scheme that urllib knows, or references between files would not resolve."""


def breaches(path: str, document: JSON, event: int | None = None, at: str = "") -> Iterator[Breach]:
    """What is wrong with a document under the schema file at `path` (below schemas/, may end in #fragment).

    `event` and `at` (a pointer) say where the document stands in the exchange.
    """
    schema = _schema(path)
    signature = schema.signature(document)
    if signature not in schema.valid_signatures:
        found = schema.errors(document, signature)
        yield from (_breach(error, path, event, at) for error in found)


def breaches_of_events(path: str, documents: Iterable[tuple[int, JSON]]) -> Iterator[Breach]:
    """The same for the (number, JSON) of the events of a stream, of which most are alike."""
    schema = _schema(path)
    wrong: Counter[Hashable] = Counter()
    for event, document in documents:
        signature = schema.signature(document)
        if signature in schema.valid_signatures or wrong[signature] >= MAX_ALIKE:
            continue
        found = schema.errors(document, signature)
        yield from (_breach(error, path, event, "") for error in found)
        wrong[signature] += bool(found and signature is not None)


def show(value: JSON) -> str:
    """A JSON value in a message: short, on one line."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except ValueError:  # the sum of two integers may have more digits than Python writes
        return "a number too long to write"
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"


def _discriminate(validator: Any, rule: JSON, instance: JSON, _schema: JSON) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    value = instance.get(rule["propertyName"])
    target = rule["mapping"].get(value) if isinstance(value, str) else None
    if target is not None:
        yield from validator.descend(instance, {"$ref": target}, schema_path=value)
    elif "x-unknown" in rule and isinstance(value, str):
        known = ", ".join(rule["mapping"])
        yield ValidationError(f"a documented value: {known}", validator="x-unknown", instance=value)


_Validator = extend(Draft202012Validator, {"discriminator": _discriminate})  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class _Schema:
    """A schema ready to validate, and the outlines of documents that were found right before."""

    validator: Any
    outline: SchemaOutline | None
    valid_signatures: set[Hashable] = field(default_factory=set)

    def signature(self, document: JSON) -> Hashable:
        """The outline of a document; None where it tells nothing."""
        try:
            return self.outline and self.outline.signature(document)
        except RecursionError:
            return None

    def errors(self, document: JSON, signature: Hashable) -> Sequence[ValidationError]:
        """What is wrong with a document; one that is right spares those like it the validation."""
        found = list(islice(self.validator.iter_errors(document), MAX_BREACHES))
        small = isinstance(signature, tuple) and len(signature) <= MAX_TOKENS
        if small and not found and len(self.valid_signatures) < MAX_SIGNATURES:
            self.valid_signatures.add(signature)
        return found


@cache
def _schema(path: str) -> _Schema:
    uri, _, fragment = f"{_BASE}{path}".partition("#")
    schemas = schema_refs.reachable(path)
    files = ((f"{_BASE}{file}", _resource(schema)) for file, schema in schemas.items())
    registry = Registry[Any]().with_resources(files).crawl()
    return _Schema(_Validator({"$ref": f"{uri}#{fragment}"}, registry=registry), build_outline(schemas.values()))


def _resource(schema: JSON) -> Resource[Any]:
    """A schema file without its `$schema`, by which the library would choose its own validator instead of ours."""
    return DRAFT202012.create_resource({key: value for key, value in schema.items() if key != "$schema"})


def _breach(error: ValidationError, path: str, event: int | None, at: str) -> Breach:
    pointer = at + "".join(f"/{escape(token)}" for token in error.absolute_path)
    if error.validator == "required":
        missing = _missing(error)
        pointer = f"{pointer}/{escape(missing)}"
        return Breach(_rule(error, path, missing), f"{missing} is present", "it is missing", Where(pointer, event))
    expected = _expected(error)
    return Breach(_rule(error, path), expected, show(error.instance), Where(pointer, event))


def _missing(error: ValidationError) -> str:
    names: Any = error.validator_value
    return str(next(name for name in names if error.message.startswith(repr(name))))


def _expected(error: ValidationError) -> str:
    value: Any = error.validator_value
    match error.validator:
        case "type":
            return " or ".join(value) if isinstance(value, list) else str(value)
        case "const":
            return show(value)
        case "enum":
            return f"one of {show(value)}"
        case "not":
            return _excluded(value)
        case "anyOf":
            return " or ".join(map(_alternative, value))
        case str(keyword) if keyword in _LIMITS:
            return _LIMITS[keyword].format(value)
        case str(keyword) if isinstance(value, int) and (keyword, value) in _SIZES:
            return _SIZES[keyword, value]
        case "x-unknown":
            return error.message
        case _:
            return f"{error.validator}: {show(value)}"


def _excluded(schema: JSON) -> str:
    """What a document must not be."""
    match schema:
        case {"enum": values}:
            return f"none of {show(values)}"
        case {"const": value}:
            return f"not {show(value)}"
        case {"required": names}:
            return f"no member {' and '.join(names)}"
        case {"type": name}:
            return f"no {name}"
        case {}:
            return "the format of this API" if schema else "no such member"
    return f"not: {show(schema)}"


def _alternative(schema: JSON) -> str:
    """One of the schemas of an anyOf."""
    match schema:
        case {"required": names}:
            return f"the member {' and '.join(names)}"
        case {"type": str(name)}:
            return name
    return show(schema)


def _rule(error: ValidationError, path: str, missing: str | None = None) -> str:
    """The innermost x-rule on the way from the schema's root to the keyword that failed."""
    way = list(schema_refs.follow(schema_refs.place(path)))
    for token in list(error.absolute_schema_path)[:-1]:  # the last one is the keyword, which may be a string
        way += schema_refs.follow(Place(way[-1].file, schema_refs.step(way[-1].schema, token)))
    if error.validator == "x-unknown":
        return str(error.validator_value["x-unknown"])  # type: ignore[index]
    own = None if missing is None else _property_rule(way[-1], missing)
    return own or next(_named(reversed(way)), NO_RULE)


def _property_rule(place: Place, name: str) -> str | None:
    """The rule of a property that is missing: its own, or that of the schema it refers to."""
    member = schema_refs.step(schema_refs.step(place.schema, "properties"), name)
    return next(_named(schema_refs.follow(Place(place.file, member))), None)


def _named(places: Iterable[Place]) -> Iterator[str]:
    schemas = (place.schema for place in places)
    return (str(schema["x-rule"]) for schema in schemas if isinstance(schema, dict) and "x-rule" in schema)
