"""Whether a document fits a JSON Schema that came in a request: any schema, right or wrong, from anywhere.

The vendors constrain what the model writes by such schemas, and read `oneOf` as `anyOf`.
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
_NOTHING_ELSE: Registry[Any] = Registry()
"""Keeps the validator from looking up references on the network."""


def misfit(document: JSON, schema: JSON) -> str:
    """How a document misses a schema; "" where it fits, and where the schema itself cannot be used."""
    if not isinstance(schema, dict):
        return ""
    try:
        error = best_match(_Validator(schema, registry=_NOTHING_ELSE).iter_errors(document))
    except Exception:  # Whatever is wrong with a user's schema, it is not the answer's fault.
        return ""
    return "" if error is None else f"{error.json_path}: {error.message}"[:200]
