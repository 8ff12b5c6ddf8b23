"""JSON Schema validators for the schemas of the suite, which never change while it runs.

jsonschema makes a new validator for a subschema each time that it checks a value, and resolves a `$ref` each time. That
takes most of its time. The validators made here are kept until the process ends, so do not use them for schemas from
requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing.jsonschema import DRAFT202012

from conformance.core.model import JSON

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]
"""A keyword: of a validator, the keyword's value, the instance and the schema, yields the errors."""

_kept: dict[tuple[type, int, str], tuple[JSON, Any]] = {}
"""(validator class, id of a schema, "" or a reference in it) -> the schema, and the validator for it or for the target.

The schema is part of the value so that its id is not used again.
"""


def validator_class(keywords: Mapping[str, Keyword] | None = None, types: TypeChecker | None = None) -> Any:
    """Return a class as Draft202012Validator, with other keywords and other types."""
    made: Any = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"$ref": _reference, **(keywords or {})}, type_checker=types
    )
    made.descend, made.evolve = _descend, _evolve
    return made


def target(validator: Any, schema: JSON, reference: str) -> Any:
    """Return the validator for the target of a reference in a schema."""
    key = (type(validator), id(schema), reference)
    if key not in _kept:
        resolved = validator._resolver.lookup(reference)
        _kept[key] = schema, type(validator)(resolved.contents, _resolver=resolved.resolver)
    return _kept[key][1]


def _reference(validator: Any, reference: str, instance: JSON, schema: JSON) -> Iterator[ValidationError]:
    yield from target(validator, schema, reference).iter_errors(instance)


def _descend(
    self: Any, instance: JSON, schema: JSON, path: Any = None, schema_path: Any = None, resolver: Any = None
) -> Iterator[ValidationError]:
    """Replaces `descend` of jsonschema, with which keywords validate a part of a value against a subschema."""
    for error in _evolve(self, schema=schema, _resolver=resolver).iter_errors(instance):
        if path is not None:
            error.path.appendleft(path)
        if schema_path is not None:
            error.schema_path.appendleft(schema_path)
        yield error


def _evolve(self: Any, schema: JSON, _resolver: Any = None) -> Any:
    """Replaces `evolve` of jsonschema, with which keywords make the validator of a subschema."""
    key = (type(self), id(schema), "")
    if key not in _kept:
        resolver = _resolver or self._resolver.in_subresource(DRAFT202012.create_resource(schema))
        _kept[key] = schema, type(self)(schema, _resolver=resolver)
    return _kept[key][1]
