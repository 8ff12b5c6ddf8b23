"""Facts about a trait, from the schemas, the rules and the needs of the clients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from conformance.analysis.drift import table
from conformance.analysis.drift.sightings import DONE, NOT_JSON, is_known_event
from conformance.analysis.drift.traits import Aspect, Sighting, Trait
from conformance.core.model import JSON
from conformance.core.pointer import tokens
from conformance.protocol import rulebook, schema_check
from conformance.protocol.family import load_family
from conformance.protocol.schema_shape import Shape, Spot, load_shape
from conformance.protocol.stream_grammar import Machine
from conformance.suite.clients import load_clients

_WORST_FIRST = ("must", "should", "may", "info")
_EFFECTS = ("stops", "degrades", "recovers")
_FREE: tuple[Aspect, ...] = ("text", "header", "header value")
"""Aspects whose names no schema lists."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Whether the schemas name a trait, and the rules that are broken without it (`required`) or by it (`refused`).

    `rules` are those by which clients depend on an event. `home` is the path of the subschema that could name it.
    """

    known: bool = True
    required: str = ""
    refused: str = ""
    rules: frozenset[str] = frozenset()
    home: str = ""


@dataclass(frozen=True, slots=True)
class Dependents:
    """The clients that depend on any of some rules, with the worst effect of a breach: `stops`, `degrades`, or ""."""

    effect: str = ""
    clients: tuple[str, ...] = ()


NO_DEPENDENTS = Dependents()


def of_sighting(found: Sighting) -> Facts:
    """The facts about a trait, from its first sighting."""
    trait, shape, value = found.trait, found.shape, found.value
    if trait.aspect == "header":
        return _header(trait)
    if trait.aspect == "event":
        return _event(trait, shape, value)
    if trait.aspect == "answered as":
        rule = table.body_rule("asked", trait.form)
        return Facts(required=rule) if trait.name == trait.form else Facts(refused=rule)
    if trait.aspect == "type" and trait.name == NOT_JSON:
        return Facts(refused=table.body_rule("parsed", trait.form))
    if shape is None:
        return Facts(known=is_known(found))
    if trait.aspect == "field":
        return _field(shape, value)
    if trait.aspect == "type":
        return Facts(refused=worst(_breaches(shape, value)))
    return _value(trait, shape, value) if trait.aspect == "value" else Facts()


def is_known(found: Sighting) -> bool:
    """Whether the schemas name a field, a value or an event. They name no headers and no texts, but all types."""
    trait, shape = found.trait, found.shape
    if trait.aspect in _FREE:
        return False
    if shape is None or trait.aspect not in ("field", "value", "event"):
        return trait.aspect not in ("field", "value", "event")
    if trait.aspect == "field":
        return shape.knows(found.value)
    return is_known_event(trait.event, shape) if trait.aspect == "event" else not _home(trait, shape, found.value)


def level(rule: str) -> str:
    """The level of a rule; "" without one."""
    return rulebook.rules()[rule].level if rule in rulebook.rules() else ""


@cache
def dependents(rules: frozenset[str]) -> Dependents:
    """The clients whose needs have any of these rules."""
    found = [(client, without) for client, without, needed in _needs() if needed & rules]
    for effect in _EFFECTS:
        if clients := tuple(dict.fromkeys(name for name, without in found if without == effect)):
            return Dependents(effect, clients)
    return NO_DEPENDENTS


@cache
def _needs() -> tuple[tuple[str, str, frozenset[str]], ...]:
    """(client, effect, rules) of each need."""
    return tuple((client.id, need.without, need.rules) for client in load_clients() for need in client.needs)


def _field(shape: Shape, name: str) -> Facts:
    if not shape.knows(name):
        return Facts(known=False, home=shape.home_of_members)
    return Facts(required=shape.required(name))


def _value(trait: Trait, shape: Shape, value: str) -> Facts:
    home = _home(trait, shape, value)
    unknown = _discriminator(trait, shape)
    if unknown is not None:
        rule = str(unknown.schema["discriminator"].get("x-unknown", ""))
        return Facts(known=not home, refused=rule if home else "", home=home)
    return Facts(known=not home, refused=worst(_breaches(shape, value)), home=home)


def _home(trait: Trait, shape: Shape, value: str) -> str:
    """The path of the subschema that lists the values of a place without this one; "" if the value is known."""
    if (spot := _discriminator(trait, shape)) is not None:
        return "" if value in spot.schema["discriminator"]["mapping"] else spot.path
    listed = (spot.path for spot, values in shape.of(value).values if spot.binding and value not in values)
    return next(listed, "")


def _discriminator(trait: Trait, shape: Shape) -> Spot | None:
    """The subschema that tells objects apart by the values of this place."""
    name = tokens(trait.pointer)[-1:]
    return next((spot for member, spot, _ in shape.discriminators if (member,) == name), None)


def _event(trait: Trait, shape: Shape | None, document: JSON) -> Facts:
    name = trait.event
    required = _required_events(trait.family).get(name, frozenset())
    if shape is None or name == DONE:
        return Facts(shape is None or is_known_event(name, shape), worst(required), rules=required)
    branch = next((branches[name] for _, _, branches in shape.discriminators if name in branches), "")
    own = load_shape(branch) if branch else None
    rules = frozenset() if own is None else _named(own.spots) | own.rules_of_members
    has_type = isinstance(document, dict) and document.get("type") == name
    home = next((spot.path for _, spot, _ in shape.discriminators if has_type), "")
    return Facts(is_known_event(name, shape), worst(required), "", required | rules, home)


def _header(trait: Trait) -> Facts:
    family = load_family(trait.family)
    name = "request-id" if trait.name == family.request_id else trait.name
    rule = table.header_rule(name, trait.form)
    known = bool(rule) or not table.is_transport(trait.name)
    return Facts(known, required=rule)


def _breaches(shape: Shape, value: JSON) -> Iterator[str]:
    """The rules that a value breaks by itself, apart from its members."""
    for spot in shape.spots:
        if spot.binding:
            for breach in schema_check.breaches(spot.path, value):
                if not breach.where.pointer:
                    yield spot.rule if breach.rule == schema_check.NO_RULE else breach.rule


def worst(rules: Iterable[str]) -> str:
    """The rule with the worst level; "" without rules."""
    found = [rule for rule in rules if level(rule)]
    return min(found, key=lambda rule: (_WORST_FIRST.index(level(rule)), rule), default="")


def _named(spots: Iterable[Spot]) -> frozenset[str]:
    return frozenset(spot.rule for spot in spots if spot.is_named)


@cache
def _required_events(family: str) -> Mapping[str, frozenset[str]]:
    """Event -> the rules of a stream's machine that cannot end without it."""
    grammar = load_family(family).stream
    found: dict[str, frozenset[str]] = {}
    for machine in grammar.machines if grammar else ():
        if not machine.of and not machine.key:
            rules = frozenset((machine.unfinished or {}).values())
            for symbol in machine.alphabet - set(grammar.excuse if grammar else ()):
                if not _can_end(machine, symbol, set(grammar.excuse if grammar else ())):
                    found[symbol] = found.get(symbol, frozenset()) | rules
    return found


def _can_end(machine: Machine, without: str, excuse: set[str]) -> bool:
    """Whether a machine accepts a stream that has no event with a symbol, and no error."""
    reached, waiting = {machine.start}, [machine.start]
    while waiting:
        row = machine.states.get(waiting.pop(), {})
        targets = {target for symbol, target in row.items() if symbol != without and symbol not in excuse} - reached
        reached |= targets
        waiting += targets
    return bool(reached & set(machine.accept))
