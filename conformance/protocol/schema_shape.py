"""The schemas of one place in a document, joined: its members, the required ones among them, and its values.

A shape joins all subschemas that describe a value: the schema itself, those that `$ref` and `allOf` add, and, for a
given value, the branches that a `discriminator` or an `if` selects. Validation is in `schema_check`; a shape is for
code that needs to know what a schema names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from conformance.core.model import JSON
from conformance.core.pointer import escape
from conformance.protocol import schema_check, schema_refs

_MAX_BRANCHES = 20
"""Branches inside branches that are followed; the schemas have three."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A subschema: its path below schemas/ with `#/pointer`, and the innermost rule around it that it would break.

    `is_named` is whether the subschema names this rule itself. An alternative of `anyOf` or `oneOf` is not `binding`.
    """

    path: str
    rule: str = ""
    is_named: bool = False
    binding: bool = True

    @property
    def schema(self) -> JSON:
        """The subschema itself."""
        return schema_refs.place(self.path).schema


@dataclass(frozen=True, slots=True)
class _Condition:
    """A discriminator, with branches by the value of a member; or an `if`, with the branches "true" and "false"."""

    spot: Spot
    branches: dict[str, str]
    member: str = ""
    test: str = ""

    def choice(self, value: JSON) -> str:
        """The key of the branch that a value selects; "" if it selects none."""
        if self.test:
            return "false" if schema_check.violations(self.test, value) else "true"
        chosen = value.get(self.member) if isinstance(value, dict) else None
        return chosen if isinstance(chosen, str) and chosen in self.branches else ""


@dataclass(slots=True)
class Shape:
    """The subschemas of a place, joined.

    `kind` is how a discriminator selected them, such as `[type=text]`; `deciding` are the members of discriminators.
    `values` are the subschemas that list texts.
    """

    kind: str = ""
    deciding: set[str] = field(default_factory=set)
    spots: list[Spot] = field(default_factory=list)
    values: list[tuple[Spot, frozenset[str]]] = field(default_factory=list)
    _members: dict[str, list[Spot]] = field(default_factory=dict)
    _patterns: list[tuple[re.Pattern[str], Spot]] = field(default_factory=list)
    _items: list[Spot] = field(default_factory=list)
    _required: dict[str, str] = field(default_factory=dict)
    _conditions: list[_Condition] = field(default_factory=list)
    _shapes: dict[object, Shape] = field(default_factory=dict)

    @property
    def is_record(self) -> bool:
        """Whether the schemas name members of the object. Otherwise its keys may be anything, such as ids."""
        return bool(self._members or self._patterns)

    @property
    def discriminators(self) -> Iterator[tuple[str, Spot, dict[str, str]]]:
        """(member, place, value -> path of its schema) of each discriminator that was not decided yet."""
        return ((one.member, one.spot, one.branches) for one in self._conditions if one.member)

    def is_undecided(self, value: JSON) -> bool:
        """Whether a discriminator names no schema for this object: it is of a kind that the schemas do not describe."""
        return isinstance(value, dict) and any(isinstance(value.get(one), str) for one, _, _ in self.discriminators)

    def of(self, value: JSON) -> Shape:
        """The shape with the branches that a value selects."""
        shape = self
        for _ in range(_MAX_BRANCHES):
            if not shape._conditions:
                break
            choices = tuple(condition.choice(value) for condition in shape._conditions)
            if not any(choices):
                break
            shape = shape._branched(choices)
        return shape

    def member(self, name: str) -> Shape | None:
        """The shape of a member; None if the schemas do not name it."""
        if (known := self._shapes.get(("member", name))) is not None:
            return known
        spots = [*self._members.get(name, ()), *(spot for found, spot in self._patterns if found.search(name))]
        if not spots:
            return None
        return self._joined(("member", name) if name in self._members else ("pattern", *spots), spots)

    def knows(self, name: str) -> bool:
        """Whether the schemas name a member."""
        return name in self.deciding or self.member(name) is not None

    def items(self) -> Shape | None:
        """The shape of the items of an array; None if the schemas do not describe them."""
        return self._joined("items", self._items) if self._items else None

    @property
    def names_of_members(self) -> tuple[str, ...]:
        """The members that the schemas name, apart from patterns of names."""
        return tuple(self._members)

    @property
    def home_of_members(self) -> str:
        """The path of the subschema that names most members, where another one belongs; "" if none is binding."""
        binding = [spot for spot in reversed(self.spots) if spot.binding]
        return max(binding, key=lambda spot: len(spot.schema.get("properties", ())), default=Spot("")).path

    @property
    def rules_of_members(self) -> frozenset[str]:
        """The rules that the subschemas of the members name themselves."""
        spots = (spot for name in self._members for spot in (self.member(name) or Shape()).spots)
        return frozenset(spot.rule for spot in spots if spot.is_named)

    def required(self, name: str) -> str:
        """The rule that is broken if a member is missing; "" if it may be missing."""
        return self._required.get(name, "")

    def _joined(self, key: object, spots: list[Spot]) -> Shape:
        if key not in self._shapes:
            self._shapes[key] = _build(spots)
        return self._shapes[key]

    def _branched(self, choices: tuple[str, ...]) -> Shape:
        """The shape with the chosen branches in place of the conditions."""
        if choices not in self._shapes:
            chosen = [(one, choice) for one, choice in zip(self._conditions, choices, strict=True) if choice]
            kinds = [f"[{one.member}={choice}]" for one, choice in chosen if one.member]
            made = _copy(self)
            made.kind = self.kind + "".join(dict.fromkeys(kinds))
            made._conditions = [one for one, choice in zip(self._conditions, choices, strict=True) if not choice]
            for one, choice in chosen:
                if path := one.branches.get(choice):
                    _add(made, replace(one.spot, path=path, is_named=False))
            self._shapes[choices] = made
        return self._shapes[choices]


@cache
def load_shape(path: str) -> Shape:
    """The shape of the documents of a schema file (a path below schemas/)."""
    return _build([Spot(path if "#" in path else f"{path}#")])


def _build(spots: list[Spot]) -> Shape:
    shape = Shape()
    for spot in spots:
        _add(shape, spot)
    return shape


def _copy(shape: Shape) -> Shape:
    return Shape(
        deciding=set(shape.deciding),
        spots=list(shape.spots),
        values=list(shape.values),
        _members={name: list(spots) for name, spots in shape._members.items()},
        _patterns=list(shape._patterns),
        _items=list(shape._items),
        _required=dict(shape._required),
    )


def _add(shape: Shape, start: Spot) -> None:
    """Adds a subschema, and those that it refers to."""
    schema = start.schema
    if not isinstance(schema, dict):
        return
    named = schema.get("x-rule")
    spot = replace(start, rule=named or start.rule, is_named=named is not None or start.is_named)
    inner = replace(spot, is_named=False)
    file = spot.path.partition("#")[0]

    def below(*tokens: object) -> Spot:
        return replace(inner, path=spot.path + "".join(f"/{escape(token)}" for token in tokens))

    shape.spots.append(spot)
    if "$ref" in schema:
        _add(shape, replace(spot, path=_path(file, schema["$ref"])))
    for index in range(len(schema.get("allOf", ()))):
        _add(shape, replace(below("allOf", index), is_named=spot.is_named))
    for keyword in ("anyOf", "oneOf"):
        for index in range(len(schema.get(keyword, ()))):
            _add(shape, replace(below(keyword, index), binding=False))
    for name in schema.get("properties", ()):
        shape._members.setdefault(name, []).append(below("properties", name))
    for pattern in schema.get("patternProperties", ()):
        shape._patterns.append((re.compile(pattern), below("patternProperties", pattern)))
    if isinstance(schema.get("items"), dict):
        shape._items.append(below("items"))
    if texts := frozenset(one for one in schema.get("enum", [schema.get("const")]) if isinstance(one, str)):
        shape.values.append((spot, texts))
    if spot.binding:
        for name in schema.get("required", ()):
            shape._required.setdefault(name, _rule_of(schema, file, name) or spot.rule)
    _add_conditions(shape, schema, spot, file)


def _add_conditions(shape: Shape, schema: JSON, spot: Spot, file: str) -> None:
    if rule := schema.get("discriminator"):
        branches = {value: _path(file, ref) for value, ref in rule["mapping"].items()}
        shape._conditions.append(_Condition(spot, branches, member=rule["propertyName"]))
        shape.deciding.add(rule["propertyName"])
    if "if" in schema:
        paths = {"true": "then", "false": "else"}
        branches = {key: f"{spot.path}/{name}" for key, name in paths.items() if name in schema}
        shape._conditions.append(_Condition(spot, branches, test=f"{spot.path}/if"))


def _path(file: str, ref: str) -> str:
    path = schema_refs.absolute(file, ref)
    return path if "#" in path else f"{path}#"


def _rule_of(schema: JSON, file: str, name: str) -> str:
    """The rule of a required member: its own, or that of the schema it refers to."""
    member = schema_refs.child(schema_refs.child(schema, "properties"), name)
    places = schema_refs.follow(schema_refs.Place(file, member))
    rules = (place.schema["x-rule"] for place in places if isinstance(place.schema, dict) and "x-rule" in place.schema)
    return str(next(rules, ""))
