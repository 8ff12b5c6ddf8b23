"""Validators that are kept find the errors that jsonschema's own validators find, at the same places."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from conformance.core import schema_validator

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "tree": {"$ref": "#/$defs/tree"},
        "either": {"anyOf": [{"type": "null"}, {"items": {"$ref": "#/$defs/leaf"}, "type": "array"}]},
        "one": {"oneOf": [{"minimum": 3}, {"maximum": 5}]},
        "other": {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"not": {"const": 0}}},
        "never": {"allOf": [{"not": {}}]},
        "any": True,
        "some": {"contains": {"$ref": "#/$defs/leaf"}},
    },
    "additionalProperties": {"type": "integer"},
    "$defs": {
        "leaf": {"type": "integer", "minimum": 0},
        "tree": {
            "type": "object",
            "properties": {"value": {"$ref": "#/$defs/leaf"}, "children": {"items": {"$ref": "#/$defs/tree"}}},
            "unevaluatedProperties": False,
        },
    },
}
DOCUMENTS: list[Any] = [
    [],
    {"id": ""},
    {"id": "a", "tree": {"children": [{"value": -1}, {"children": [{"value": "x", "more": 1}]}]}},
    {"id": "a", "either": [1, -1, None], "one": 4, "some": ["x"]},
    {"id": "a", "other": "x", "never": 1, "any": 2, "far": "y"},
    {"id": "a", "other": 1, "one": 9, "some": [1], "far": 1},
]


def told(error: ValidationError) -> Any:
    parts = sorted(map(told, error.context or ()), key=str)
    return [*error.absolute_path], [*error.absolute_schema_path], error.validator, error.message, parts


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_the_errors_are_those_of_jsonschema(document: Any) -> None:
    wanted = [*map(told, Draft202012Validator(SCHEMA).iter_errors(document))]
    kept = schema_validator.validator_class()
    for _ in range(2):  # the second time with the validators of the first
        assert [*map(told, kept(SCHEMA).iter_errors(document))] == wanted
    assert bool(wanted) is (document is not DOCUMENTS[-1])


def test_classes_with_different_keywords_keep_different_validators() -> None:
    def strict(_validator: Any, value: Any, instance: Any, _schema: Any) -> Any:
        yield ValidationError(f"{instance} is refused")

    schema = {"properties": {"a": {"minimum": 1}}}
    assert schema_validator.validator_class()(schema).is_valid({"a": 2})
    assert not schema_validator.validator_class({"minimum": strict})(schema).is_valid({"a": 2})
