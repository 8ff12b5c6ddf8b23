"""Whether a body fits the schema of its endpoint, and the smallest changes after which it does.

The changes that have a meaning come first (`body_names`): a member of another API, a tool or a content part in the form
of another API. Then each error of the schema is corrected on its own, as far as the schema says how.
"""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from conformance.core import data_files
from conformance.core.model import JSON
from conformance.core.pointer import escape
from conformance.doctor.body_names import Change, renamed
from conformance.protocol import schema_check
from conformance.protocol.family import load_family

_ROUNDS = 12
"""The most errors that are corrected in one body."""

_DEFAULTS: Mapping[str, JSON] = {
    "max_tokens": 1024, "type": None, "role": "user", "name": "result", "summary": [], "content": None,
    "input_schema": {"type": "object", "properties": {}}, "detail": "auto", "description": "", "budget_tokens": 1024,
}  # fmt: skip
"""Member that is required somewhere -> a value for it; None if it depends on the place."""


def fitted(family: str, body: JSON) -> tuple[JSON, list[Change]]:
    """The body as the endpoint takes it, and the changes; a change without a fix has `is_fixed` False.

    A family without a request schema fits always.
    """
    path = load_family(family).request
    if not path:
        return body, []
    if not isinstance(body, dict):
        return body, [Change("", f"the body has to be an object, and is {_kind(body)}", is_fixed=False)]
    corrected = copy.deepcopy(body)
    changes = renamed(family, corrected)
    changes += _near_names(path, corrected)
    seen: set[str] = set()
    for _ in range(_ROUNDS):
        error = next((one for one in _errors(path, corrected) if _at(one) not in seen), None)
        if error is None:
            break
        seen.add(_at(error))
        changes.append(_fix(corrected, error, path))
    return corrected, changes


def unknown_members(family: str, given: Iterable[str]) -> list[str]:
    """The members at the top of a body that the endpoint's schema does not name; none if it has no schema."""
    path = load_family(family).request if family else ""
    names = data_files.schema(path).get("properties", {}) if path else {}
    return [name for name in given if name not in names] if names else []


def is_required(family: str, name: str) -> bool:
    """Whether the endpoint requires a member, or cannot do its work without it."""
    path = load_family(family).request if family else ""
    needed = data_files.schema(path).get("required", []) if path else []
    return name in needed or name in ("model", "messages", "input")


def _errors(path: str, body: JSON) -> list[ValidationError]:
    found = schema_check.violations(path, body)
    return [_innermost(error) for error in found]


def _innermost(error: ValidationError) -> ValidationError:
    """The error inside of an alternative that fits best, for `anyOf` and `oneOf` with a value that fits one of them."""
    if error.validator not in ("anyOf", "oneOf") or not error.context or not error.absolute_path:
        return error
    return best_match([error]) or error


def _at(error: ValidationError) -> str:
    return "".join(f"/{escape(token)}" for token in error.absolute_path) + f" {error.validator}"


def _near_names(path: str, body: dict[str, JSON]) -> list[Change]:
    """Members whose names are misspelled: they are close to a name of the schema that the body does not have."""
    names = data_files.schema(path).get("properties", {})
    found = []
    for name in list(body):
        near = [] if name in names else difflib.get_close_matches(name, names, n=1, cutoff=0.8)
        if near and near[0] not in body and names[near[0]].get("not") != {}:
            body[near[0]] = body.pop(name)
            found.append(Change(f"/{escape(name)}", f"rename {name} to {near[0]}"))
    return found


def _fix(body: JSON, error: ValidationError, path: str) -> Change:
    """Corrects one error in the body, if the schema says how; else a member that is not required is removed."""
    place = list(error.absolute_path)
    at = "".join(f"/{escape(token)}" for token in place)
    if not place:
        return Change(at, _whole(error), is_fixed=False)
    parent = _parent(body, place)
    key = place[-1]
    if error.validator == "required":
        return _add(parent, str(key), at)
    new = _value(error)
    if new is not _UNKNOWN and parent is not None:
        parent[key] = new
        return Change(at, f"{_says(error)}: write {schema_check.show(new)} for {schema_check.show(error.instance)}")
    top = str(place[0])
    required = data_files.schema(path).get("required", ())
    if top not in required and top != "input" and isinstance(body, dict) and top in body:
        del body[top]
        return Change(at, f"{_says(error)}: remove {top}")
    return Change(at, _says(error), is_fixed=False)


def _whole(error: ValidationError) -> str:
    if error.validator == "anyOf":
        names = [one["required"][0] for one in error.validator_value if "required" in one]  # type: ignore[union-attr]
        return f"add {' or '.join(names)}" if names else "the body has none of the forms of this endpoint"
    return "the body has members that exclude each other"


def _parent(body: JSON, place: Sequence[str | int]) -> Any:
    value = body
    for token in place[:-1]:
        value = value[token]
    return value


def _add(parent: Any, name: str, at: str) -> Change:
    value = _DEFAULTS.get(name)
    if name == "type":
        value = _type_of(parent)
    elif name == "content" and isinstance(parent, dict):
        value = parent.pop("text", None)
    elif name == "stream":
        value = True
    if value is None or not isinstance(parent, dict):
        return Change(at, f"add {name}", is_fixed=False)
    parent[name] = copy.deepcopy(value)
    return Change(at, f"add {name}: {schema_check.show(value)}")


def _type_of(part: JSON) -> str | None:
    """The type of an object without one, from its members."""
    if not isinstance(part, dict):
        return None
    by_member = {
        "text": "text", "image_url": "image_url", "source": "image", "function": "function",
        "tool_use_id": "tool_result", "data": "base64", "url": "url", "properties": "object",
        "json_schema": "json_schema", "parameters": "function",
    }  # fmt: skip
    return next((kind for member, kind in by_member.items() if member in part), None)


_UNKNOWN: Any = object()


def _value(error: ValidationError) -> Any:
    """The value nearest to the given one that the schema takes; _UNKNOWN if it does not say one."""
    fix = _FIXES.get(str(error.validator))
    return fix(error.instance, error.validator_value) if fix else _UNKNOWN


def _typed(value: JSON, types: JSON) -> Any:
    wanted = [types] if isinstance(types, str) else types
    for kind in wanted:
        if (found := _COERCE.get(kind, lambda _: _UNKNOWN)(value)) is not _UNKNOWN:
            return found
    return _UNKNOWN


def _number(value: JSON) -> Any:
    try:
        found = float(value) if isinstance(value, str) else _UNKNOWN
    except ValueError:
        return _UNKNOWN
    return int(found) if found is not _UNKNOWN and found.is_integer() and "." not in value else found


def _integer(value: JSON) -> Any:
    found = _number(value) if isinstance(value, str) else value
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return int(found) if is_number and abs(found) < 1e15 else _UNKNOWN


_COERCE: Mapping[str, Callable[[JSON], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": lambda value: {"true": True, "false": False, 1: True, 0: False}.get(
        value.lower() if isinstance(value, str) else value if isinstance(value, int) else "", _UNKNOWN
    ),
    "array": lambda value: [value] if isinstance(value, dict | str) and value else _UNKNOWN,
    "string": lambda value: str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _UNKNOWN,
}


def _nearest(value: JSON, choices: Sequence[JSON]) -> Any:
    texts = [choice for choice in choices if isinstance(choice, str)]
    if not isinstance(value, str):
        return _UNKNOWN
    spoken = _SYNONYMS.get(value.lower(), value.lower())
    near = [spoken] if spoken in texts else difflib.get_close_matches(spoken, texts, n=1, cutoff=0.7)
    return near[0] if near else _UNKNOWN


_SYNONYMS = {"human": "user", "ai": "assistant", "bot": "assistant", "model": "assistant", "any": "required"}

_FIXES: Mapping[str, Callable[[JSON, Any], Any]] = {
    "type": _typed,
    "enum": _nearest,
    "const": lambda _value, wanted: wanted,
    "minimum": lambda _value, limit: limit,
    "maximum": lambda _value, limit: limit,
    "maxLength": lambda value, limit: value[:limit],
    "maxItems": lambda value, limit: value[:limit],
    "pattern": lambda value, _pattern: re.sub(r"[^a-zA-Z0-9_-]", "_", value)[:64] or _UNKNOWN,
}
"""Keyword of the schema -> the function of value and keyword that gives a valid value."""


def _says(error: ValidationError) -> str:
    name = str(next((token for token in reversed(error.absolute_path) if isinstance(token, str)), "the body"))
    limit = error.validator_value
    match error.validator:
        case "type":
            kinds = [limit] if isinstance(limit, str) else [str(one) for one in limit]  # type: ignore[union-attr]
            return f"{name} has to be {' or '.join(_ARTICLES.get(one, one) for one in kinds)}"
        case "minimum":
            return f"{name} has to be at least {limit}"
        case "maximum":
            return f"{name} has to be at most {limit}"
        case "enum":
            return f"{name} has to be one of {schema_check.show(limit)}"
        case "const":
            return f"{name} has to be {schema_check.show(limit)}"
        case "minItems" | "minLength":
            return f"{name} must not be empty"
        case "not":
            return f"{name} is not a parameter of this endpoint"
        case "pattern":
            return f"{name} has characters that are not allowed"
        case "x-unknown":
            return f"{name} has an unknown type"
    return f"{name} does not fit the schema ({error.validator})"


_ARTICLES = {
    "integer": "an integer", "number": "a number", "string": "a string", "array": "a list", "object": "an object",
    "boolean": "true or false",
}  # fmt: skip


def _kind(value: JSON) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "a string", bool: "a boolean"}.get(type(value), "a number")
