"""Validates documents against the suite's JSON Schemas and reports which rule each violation breaks.

The schemas below schemas/ are JSON Schema 2020-12 with two additional keywords:

- `x-rule` names the rule that a violation breaks. The innermost one on the path to the violation counts. A missing
  property breaks the `x-rule` of that property, if it has one.
- `discriminator` (as in OpenAPI 3.1) selects a branch by the value of a property before anything is validated:
  `{propertyName, mapping: {value: ref}}`. With `x-unknown`, a value outside the mapping breaks that rule; without it,
  such a value is accepted, because the vendors may add types at any time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from jsonschema import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.core import schema_validator
from conformance.core.model import JSON, Breach, Where
from conformance.core.pointer import escape
from conformance.core.schema_outline import SchemaOutline, build_outline
from conformance.protocol import schema_refs
from conformance.protocol.schema_refs import Place

MAX_BREACHES = 1000
"""The limit of breaches for one document."""
MAX_ALIKE = 10
"""The limit of events with the same signature, and so the same violations, whose breaches are reported."""
MAX_SIGNATURES, MAX_TOKENS, MAX_KEPT = 5000, 2000, 20
"""The limits of the cache of one schema: the number of signatures, and the tokens and violations of each."""
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
"""Stands for the folder schemas/. It needs a scheme that urllib knows: others do not resolve relative references."""


def breaches(path: str, document: JSON, event: int | None = None, at: str = "") -> Iterator[Breach]:
    """Validate a document and yield the breaches.

    `path` is a schema file below schemas/ and may end in `#/pointer`. `event` (a number) and `at` (a JSON Pointer) say
    where the document is in the exchange.
    """
    schema = _schema(path)
    for violation in schema.violations(document, schema.signature(document)):
        yield violation.breach(document, event, at)


def violations(path: str, document: JSON) -> Sequence[ValidationError]:
    """Validate a document and return the errors of jsonschema, for a caller that corrects the document."""
    return _schema(path).errors(document)


def breaches_of_events(path: str, documents: Iterable[tuple[int, JSON]]) -> Iterator[Breach]:
    """Validate the (number, JSON) pairs of a stream's events; of events that are alike, only MAX_ALIKE are reported."""
    schema = _schema(path)
    invalid: Counter[Hashable] = Counter()
    for event, document in documents:
        signature = schema.signature(document)
        reported = invalid[signature] if invalid else 0
        found = () if reported >= MAX_ALIKE else schema.violations(document, signature)
        yield from (violation.breach(document, event, "") for violation in found)
        if found and signature is not None:
            invalid[signature] += 1


def show(value: JSON) -> str:
    """Return a JSON value for a message: on one line, shortened to 120 characters."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except ValueError:  # Python refuses to write integers with more than 4,300 digits
        return "a number too long to write"
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"


def _discriminator(validator: Any, rule: JSON, instance: JSON, _schema: JSON) -> Iterator[ValidationError]:
    """The keyword `discriminator` for jsonschema; see the description of the module."""
    if not isinstance(instance, dict):
        return
    value = instance.get(rule["propertyName"])
    target = rule["mapping"].get(value) if isinstance(value, str) else None
    if target is not None:
        for error in schema_validator.target(validator, rule, target).iter_errors(instance):
            error.schema_path.appendleft(value)
            yield error
    elif "x-unknown" in rule and isinstance(value, str):
        yield ValidationError(f"{value!r} is not documented", validator="x-unknown", instance=value)


def _required(_validator: Any, names: Sequence[str], instance: JSON, _schema: JSON) -> Iterator[ValidationError]:
    """The keyword `required` as in jsonschema, except that the path of an error leads to the missing member."""
    if not isinstance(instance, dict):
        return
    for name in names:
        if name not in instance:
            yield ValidationError(f"{name!r} is missing", path=[name])


_Validator = schema_validator.validator_class({"discriminator": _discriminator, "required": _required})


@dataclass(frozen=True, slots=True)
class _Violation:
    """A violation as all documents with one signature have it: `got` if that is the same in each, else its place."""

    rule: str
    expected: str
    pointer: str
    got: str
    value: tuple[str | int, ...] = ()

    def breach(self, document: JSON, event: int | None, at: str) -> Breach:
        got = self.got or show(_value(document, self.value))
        return Breach(self.rule, self.expected, got, Where(at + self.pointer, event))


@dataclass(frozen=True, slots=True)
class _Schema:
    """A schema ready for validation, with a cache: the signature of a document -> its violations."""

    path: str
    validator: Any
    outline: SchemaOutline | None
    known: dict[Hashable, Sequence[_Violation]] = field(default_factory=dict)

    def signature(self, document: JSON) -> Hashable:
        """Return the signature of a document; None if it cannot have one."""
        return self.outline and self.outline.signature(document)

    def violations(self, document: JSON, signature: Hashable) -> Sequence[_Violation]:
        """Return the violations of a document with this signature, and keep them for those that are alike."""
        found = self.known.get(signature)
        if found is None:
            found = tuple(_violation(error, self.path, document) for error in self.errors(document))
            small = isinstance(signature, tuple) and len(signature) <= MAX_TOKENS and len(found) <= MAX_KEPT
            if small and len(self.known) < MAX_SIGNATURES:
                self.known[signature] = found
        return found

    def errors(self, document: JSON) -> Sequence[ValidationError]:
        """Validate a document, at most MAX_BREACHES errors."""
        return list(islice(self.validator.iter_errors(document), MAX_BREACHES))


@cache
def _schema(path: str) -> _Schema:
    file, _, fragment = path.partition("#")
    registry, outline = _files(file)
    return _Schema(path, _Validator({"$ref": f"{_BASE}{file}#{fragment}"}, registry=registry), outline)


@cache
def _files(path: str) -> tuple[Registry[Any], SchemaOutline | None]:
    """Return the registry and the outline of a schema file and of all files that it refers to."""
    schemas = schema_refs.reachable(path)
    files = ((f"{_BASE}{file}", _resource(schema)) for file, schema in schemas.items())
    return Registry[Any]().with_resources(files).crawl(), build_outline(schemas.values())


def _resource(schema: JSON) -> Resource[Any]:
    """Return a schema file without `$schema`, for which jsonschema would use its own validator instead of ours."""
    return DRAFT202012.create_resource({key: value for key, value in schema.items() if key != "$schema"})


def _violation(error: ValidationError, path: str, document: JSON) -> _Violation:
    place = tuple(error.absolute_path)
    pointer = "".join(f"/{escape(token)}" for token in place)
    if error.validator == "required":
        missing = str(place[-1])
        return _Violation(_rule(error, path, missing), f"{missing} is present", pointer, "it is missing")
    if error.validator == "x-unknown":
        place += (error.validator_value["propertyName"],)  # type: ignore[index]
    is_there = _value(document, place) is error.instance  # else it is a member's name, the same in similar documents
    got = "" if is_there else show(error.instance)
    return _Violation(_rule(error, path), _expected(error), pointer, got, place)


def _value(document: JSON, place: Iterable[str | int]) -> JSON:
    for token in place:
        document = document[token]
    return document


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
            return f"a documented value: {', '.join(value['mapping'])}"
        case _:
            return f"{error.validator}: {show(value)}"


def _excluded(schema: JSON) -> str:
    """Return the expectation for `not` with this schema."""
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
    """Return the expectation for one of the schemas of an `anyOf`."""
    match schema:
        case {"required": names}:
            return f"the member {' and '.join(names)}"
        case {"type": str(name)}:
            return name
    return show(schema)


def _rule(error: ValidationError, path: str, missing: str | None = None) -> str:
    """Return the innermost x-rule on the path from the root of the schema to the keyword that failed."""
    if error.validator == "x-unknown":
        return str(error.validator_value["x-unknown"])  # type: ignore[index]
    places = list(schema_refs.follow(schema_refs.place(path)))
    for token in list(error.absolute_schema_path)[:-1]:  # the last token is the keyword itself
        places += schema_refs.follow(Place(places[-1].file, schema_refs.child(places[-1].schema, token)))
    own = None if missing is None else _property_rule(places[-1], missing)
    return own or next(_x_rules(reversed(places)), NO_RULE)


def _property_rule(place: Place, name: str) -> str | None:
    """Return the x-rule of a missing property: its own, or that of the schema it refers to."""
    member = schema_refs.child(schema_refs.child(place.schema, "properties"), name)
    return next(_x_rules(schema_refs.follow(Place(place.file, member))), None)


def _x_rules(places: Iterable[Place]) -> Iterator[str]:
    schemas = (place.schema for place in places)
    return (str(schema["x-rule"]) for schema in schemas if isinstance(schema, dict) and "x-rule" in schema)
