"""A JSON Schema that a user put into a request, as the parameters of a tool or as the format of the answer.

It may be no schema at all, refer to what cannot be reached, or hold a pattern of another dialect: then nothing
can be said about a value, and nothing is. Nothing is ever fetched.
"""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import UnknownType
from referencing import Registry
from referencing.exceptions import Unresolvable

from conformance.model import JSON

_NOWHERE: Registry[Any] = Registry()


def misfit(schema: JSON, value: JSON) -> str:
    """Why a value does not fit a user's schema, in one line; "" where it fits or nothing can be said."""
    try:
        Draft202012Validator.check_schema(schema)
        error = next(Draft202012Validator(schema, registry=_NOWHERE).iter_errors(value), None)
    except (SchemaError, UnknownType, Unresolvable, re.error, RecursionError):
        return ""
    return "" if error is None else f"{error.json_path}: {error.message}"[:200]
