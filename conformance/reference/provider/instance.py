"""Makes a valid instance of a JSON Schema, with values that the question names if possible.

Keywords: https://json-schema.org/draft/2020-12. Supported are those that tools and structured outputs use: types,
enum, const, properties, required, items, prefixItems, $ref, anyOf, oneOf, allOf, bounds of numbers, strings and
arrays, format and pattern.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import question as asked
from .prompt import JSON

_DEEPEST = 24
_LARGEST = 10_000
_PLACE = re.compile(r"city|cities|location|place|town|destination|country", re.IGNORECASE)
_PERSON = re.compile(r"(?:^|_)(?:first_?|last_?|full_?|user_?)?name$|person|author", re.IGNORECASE)
_WHOLE = re.compile(r"query|question|prompt|message|text|input|expression|content", re.IGNORECASE)
_FORMATS = {
    "date": "2025-01-31", "time": "12:00:00Z", "date-time": "2025-01-31T12:00:00Z", "email": "ada@example.com",
    "uri": "https://example.com/", "url": "https://example.com/", "hostname": "example.com", "duration": "P1D",
    "uuid": "123e4567-e89b-42d3-a456-426614174000", "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
}  # fmt: skip
_PATTERN_PIECE = re.compile(r"(\[[^\]]+\]|\\.|[^\\\[])(?:\{(\d+)(?:,\d*)?\}|[+*?])?")
"""A character or a class, and how often it occurs; without a count it occurs once."""
_SAMPLES = (
    "a", "A", "ab", "AB", "abc", "ABC", "Abc", "abcd", "ABCD", "0", "1", "12", "123", "1234", "12345", "123456",
    "a1", "A1", "AB1", "AB12", "AB123", "ABC123", "AB-1", "AB-12", "AB-123", "AB-1234", "ABC-123", "ABC-1234",
    "A-1", "a-b", "a_b", "ab-cd", "#aabbcc", "#AABBCC", "+4712345678", "123-456-7890", "12345-6789", "12:30", "1.0",
    "1.2.3", "10%", "$10", "user_1", *_FORMATS.values(),
)  # fmt: skip


class Maker:
    """Makes instances of one schema; uses each number of the question once, in the order of the fields."""

    def __init__(self, schema: JSON, question: str, places: list[str] | None = None, *, strict: bool = True) -> None:
        self._root = schema
        self._strict = strict
        self._question = question
        self._places = asked.places(question) if places is None else places
        self._numbers = asked.numbers(question)

    def make(self) -> JSON:
        """An instance of the schema; an empty schema is taken as an object."""
        return self._any(self._root if self._root else {"type": "object"}, "", 0)

    def _any(self, schema: JSON, name: str, depth: int) -> JSON:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._member(schema["enum"], name)
        kind = _type_of(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind == "string":
            return self._string(schema, name)
        if kind in ("number", "integer"):
            return self._number(schema, name, whole=kind == "integer")
        return asked.mentions(self._question, name.replace("_", " ")) if kind == "boolean" and name else _plain(kind)

    def _resolved(self, schema: JSON) -> dict[str, Any]:
        """The schema with references followed, `allOf` merged, and the first choice that is not null."""
        if not isinstance(schema, Mapping):
            return {}
        merged = dict(schema)
        for _ in range(_DEEPEST):
            if "$ref" in merged:
                merged = {**self._follow(merged.pop("$ref")), **merged}
            elif "allOf" in merged:
                for part in merged.pop("allOf"):
                    merged = _merge(merged, self._resolved(part))
            elif choices := merged.pop("anyOf", None) or merged.pop("oneOf", None):
                merged = _merge(merged, self._choice(choices))
            else:
                return merged
        return merged

    def _choice(self, choices: list[JSON]) -> dict[str, Any]:
        return next((dict(each) for each in choices if isinstance(each, Mapping) and each.get("type") != "null"), {})

    def _follow(self, reference: str) -> dict[str, Any]:
        """The schema at a `#/…` reference, read as a JSON Pointer (RFC 6901)."""
        at = self._root
        for part in reference.removeprefix("#").split("/")[1:]:
            at = at.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(at, Mapping) else {}
        return dict(at) if isinstance(at, Mapping) else {}

    def _member(self, members: list[JSON], name: str) -> JSON:
        named = (each for each in members if isinstance(each, str | int) and asked.mentions(self._question, str(each)))
        given = None if self._strict else asked.settings(self._question).get(name)
        return next(named, given or (members[0] if members else None))

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, JSON]:
        required = schema.get("required", [])
        made = {}
        for name, inner in schema.get("properties", {}).items():
            if name in required or (depth < _DEEPEST and self._names(self._resolved(inner), name)):
                made[name] = self._any(inner, name, depth + 1)
        free = schema.get("additionalProperties", {})
        made.update({name: self._any(free, name, depth + 1) for name in required if name not in made})
        return made

    def _names(self, schema: dict[str, Any], name: str) -> bool:
        """Whether the question names a value for an optional field."""
        if "enum" in schema:
            return any(asked.mentions(self._question, str(each)) for each in schema["enum"])
        if _type_of(schema) not in ("string", "number", "integer"):
            return False
        place = bool(self._places and _PLACE.search(name))
        return place or asked.assigned(name, self._question) is not None

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[JSON]:
        fixed = [self._any(each, name, depth + 1) for each in schema.get("prefixItems", [])]
        items = schema.get("items", {})
        if items is False or depth >= _DEEPEST:
            return fixed
        least, most = schema.get("minItems", 1), schema.get("maxItems", math.inf)
        if _PLACE.search(name) and _type_of(self._resolved(items)) == "string":
            least = max(least, len(self._places))
        wanted = int(max(0, min(least, most, _LARGEST) - len(fixed)))
        return fixed + [self._element(items, name, depth, index) for index in range(wanted)]

    def _element(self, items: JSON, name: str, depth: int, index: int) -> JSON:
        """One element; places and enum values alternate so that elements differ."""
        schema = self._resolved(items)
        if schema.get("enum"):
            named = [each for each in schema["enum"] if asked.mentions(self._question, str(each))]
            ranked = named + [each for each in schema["enum"] if each not in named]
            return ranked[index % len(ranked)]
        if _PLACE.search(name) and self._places and _type_of(schema) == "string":
            return self._places[index % len(self._places)]
        made = self._any(schema, name, depth + 1)
        return f"{made}{index + 1}" if isinstance(made, str) and index and "format" not in schema else made

    def _string(self, schema: dict[str, Any], name: str) -> str:
        fits = _fits(schema)
        return next((each for each in self._candidates(schema, name) if fits(each)), self._padded(schema, name))

    def _candidates(self, schema: dict[str, Any], name: str) -> Iterator[str]:
        if given := asked.assigned(name, self._question) if name else None:
            yield given
        if "format" in schema:
            yield from (word.strip(".,;!?") for word in self._question.split() if _looks(schema["format"], word))
            yield _FORMATS.get(schema["format"], "text")
        if _PLACE.search(name):
            yield from self._places
        if _PERSON.search(name):
            yield from filter(None, [asked.recalled([self._question], "what name?")])
            yield from re.findall(r"\b(?!(?:Extract|The|What|Give|Return|Reply|Create|Make|Use|Call)\b)[A-Z][a-z]+\b",
                                  self._question)  # fmt: skip
        yield from asked.quotations(self._question)
        if _WHOLE.search(name):
            yield self._question
        yield from map(str, schema.get("examples", []))
        yield name.replace("_", " ") or "text"
        if "pattern" in schema:
            yield from self._question.replace("?", " ").split()
            yield from _SAMPLES
            yield _matching(schema["pattern"])

    def _padded(self, schema: dict[str, Any], name: str) -> str:
        text = (name or "text").ljust(min(schema.get("minLength", 0), _LARGEST), "x")
        return text[: schema.get("maxLength", len(text))]

    def _number(self, schema: dict[str, Any], name: str, *, whole: bool) -> float:
        given = asked.numbers(asked.assigned(name, self._question) or "") if name else []
        for number in [*given, *self._numbers]:
            if _within(schema, number) and (not whole or number == int(number)):
                if number in self._numbers:
                    self._numbers.remove(number)
                return int(number) if whole else number
        return _smallest(schema, whole=whole)


def instance(schema: JSON, question: str, places: list[str] | None = None, *, strict: bool = True) -> JSON:
    """A valid instance of the schema. `places` replaces the places that the question names.

    Unless it is `strict`, it has the value that the question sets for a field, even if the schema lists only others.
    A schema that requires itself recursively has no instance; the result is an empty object.
    """
    try:
        return Maker(schema, question, places, strict=strict).make()
    except RecursionError:
        return {}


def compact(value: JSON) -> str:
    """Compact JSON text, as models write arguments."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind is None:
        hints = {"properties": "object", "items": "array", "prefixItems": "array", "minimum": "number"}
        kind = next((hints[key] for key in schema if key in hints), "string")
    return str(kind)


def _plain(kind: str) -> JSON:
    return False if kind == "boolean" else None


def _merge(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Merges two schemas: unites properties and required names; `other` wins for the rest."""
    merged = {**one, **other}
    if "properties" in one and "properties" in other:
        merged["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        merged["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    return merged


def _fits(schema: Mapping[str, Any]) -> Any:
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    pattern = re.compile(schema.get("pattern", ""))
    return lambda text: least <= len(text) <= most and bool(pattern.search(text))


def _matching(pattern: str) -> str:
    """A text for a simple pattern: letters, classes such as `[0-9]` or `\\d`, and counts such as `{3}` or `+`."""
    pieces = _PATTERN_PIECE.findall(pattern.removeprefix("^").removesuffix("$"))
    return "".join(_one_of(piece) * int(count or 1) for piece, count in pieces)


def _one_of(piece: str) -> str:
    """A character for a piece of a pattern: the first of a class."""
    named = {"\\d": "0", "\\w": "a", "\\s": " ", ".": "a"}
    return named.get(piece) or (piece[1] if piece[0] in "[\\" else piece)


def _looks(format_: str, word: str) -> bool:
    shapes = {
        "date": r"\d{4}-\d\d-\d\d",
        "email": r"[^@\s]+@[^@\s]+\.\w+",
        "uri": r"https?://\S+",
        "time": r"\d\d:\d\d:\d\dZ",
    }
    return format_ in shapes and bool(re.fullmatch(shapes[format_], word.strip(".,;!?")))


def _within(schema: Mapping[str, Any], number: float) -> bool:
    step = schema.get("multipleOf")
    return (
        schema.get("minimum", -math.inf) <= number <= schema.get("maximum", math.inf)
        and schema.get("exclusiveMinimum", -math.inf) < number < schema.get("exclusiveMaximum", math.inf)
        and (not step or math.isclose(number / step, round(number / step)))
    )


def _smallest(schema: Mapping[str, Any], *, whole: bool) -> float:
    """A small number within the bounds: 1 if allowed, else the nearest to a bound."""
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    starts = [1] + [base for base in (low, high) if base is not None] + [0]
    near = [base + sign * part for base in starts for sign in (1, -1) for part in (0, step, step / 2, step / 1000)]
    rounded = [math.ceil(base / step) * step for base in starts]
    fitting = [each for each in [*near, *rounded] if _within(schema, each) and (not whole or each == int(each))]
    best = fitting[0] if fitting else starts[0]
    return int(best) if best == int(best) else float(best)
