"""Validates a document against a JSON Schema from a request, which may be any schema, valid or not.

The vendors constrain the model's output by such schemas, and treat `oneOf` as `anyOf`.
Source: https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from referencing import Registry

from conformance.core.model import JSON

_Validator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"oneOf": Draft202012Validator.VALIDATORS["anyOf"]}
)
_EMPTY_REGISTRY: Registry[Any] = Registry()
"""Prevents the validator from fetching references over the network."""


def validation_error(document: JSON, schema: JSON) -> str:
    """Return why a document is invalid under a schema; "" if it is valid, or if the schema itself is not usable."""
    if not isinstance(schema, dict):
        return ""
    try:
        error = best_match(_Validator(schema, registry=_EMPTY_REGISTRY).iter_errors(document))
    except Exception:  # an invalid schema in a request is not an error of the answer
        return ""
    return "" if error is None else f"{error.json_path}: {error.message}"[:200]
