"""Compares the tallies of two recordings.

A trait that is in one recording only is new or lost. This is `proven` if chance explains it in fewer than 5 % of cases:
a field in 2 of 400 exchanges before and in 0 of 3 after says nothing. Places that only one of the recordings has are
not compared: the fields of a new object are part of the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from conformance.analysis import binomial
from conformance.analysis.drift import facts as facts_of
from conformance.analysis.drift import table
from conformance.analysis.drift.facts import Dependents, Facts
from conformance.analysis.drift.sightings import TYPES
from conformance.analysis.drift.table import CLASSES, Class
from conformance.analysis.drift.tally import Example, Tally, count
from conformance.analysis.drift.traits import Aspect, Form, Trait
from conformance.core.model import Exchange

Kind = Literal["lost", "rarer", "retyped", "new"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_COMPARED: tuple[Aspect, ...] = ("event", "field", "value", "header", "header value", "status", "text")
"""The aspects that can be new or lost; types are compared per place."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `trials` exchanges."""

    hits: int
    trials: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one trait, with its shares in both recordings.

    `was` and `now` are the types of a retyped field. `rule` is the rule that the change breaks or may break, if any.
    `example` is an exchange of the old recording for what is lost, and else of the new one.
    """

    kind: Kind
    trait: Trait
    before: Share
    after: Share
    proven: bool
    outcome: Class
    because: str
    example: Example
    known: bool = True
    rule: str = ""
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    dependents: Dependents = facts_of.NO_DEPENDENTS


@dataclass(frozen=True, slots=True)
class Drift:
    """All changes, the worst first; `old` and `new` are the numbers of exchanges.

    `lacking` are the (family, form) that only one of the recordings has, and the recording without them: they are not
    compared. `varied` are the places whose names differ each time.
    """

    old: int
    new: int
    changes: tuple[Change, ...] = ()
    lacking: tuple[tuple[str, Form, Literal["old", "new"]], ...] = ()
    varied: tuple[Trait, ...] = ()

    def of(self, outcome: Class) -> list[Change]:
        """The proven changes of a class."""
        return [change for change in self.changes if change.outcome == outcome and change.proven]

    @property
    def unproven(self) -> list[Change]:
        """The changes that chance explains as well."""
        return [change for change in self.changes if not change.proven]

    def fails(self, fail_on: Class | None) -> bool:
        """Whether there is a proven change of this class or a worse one."""
        return fail_on is not None and any(self.of(one) for one in CLASSES[CLASSES.index(fail_on) :])


def drift(old: Iterable[tuple[str, Exchange]], new: Iterable[tuple[str, Exchange]]) -> Drift:
    """The changes between two recordings of (name, exchange) pairs."""
    return compare(count(old), count(new))


def compare(old: Tally, new: Tally) -> Drift:
    """The changes between two tallies."""
    varied = old.varied | new.varied
    found = [*_presence(old, new, varied), *_types(old, new)]
    found.sort(key=lambda one: (not one.proven, -CLASSES.index(one.outcome), KINDS.index(one.kind), one.trait, one.now))
    return Drift(
        old.exchanges,
        new.exchanges,
        tuple(found),
        tuple(sorted(_lacking(old, new))),
        tuple(sorted({base._replace(aspect=aspect) for base, aspect in varied})),
    )


def _lacking(old: Tally, new: Tally) -> Iterator[tuple[str, Form, Literal["old", "new"]]]:
    was, now = (
        {(trait.family, trait.form) for trait in tally.hits if trait.aspect == "answer"} for tally in (old, new)
    )
    yield from ((family, form, "new") for family, form in was - now)
    yield from ((family, form, "old") for family, form in now - was)


# Fields, values, events, headers, statuses and texts


def _presence(old: Tally, new: Tally, varied: set[tuple[Trait, Aspect]]) -> Iterator[Change]:
    for trait in old.first.keys() | new.first.keys():
        if trait.aspect not in _COMPARED:
            continue
        own = new if trait in new.first else old
        base = own.first[trait].base
        before, after = (Share(tally.hits[trait], tally.hits[base]) for tally in (old, new))
        if trait == base or not before.trials or not after.trials:
            continue
        if (base, trait.aspect) in varied and not (own.facts(trait).known and trait.aspect in ("field", "value")):
            continue
        if not before.hits:
            yield _change("new", trait, before, after, new, _is_apart(before, after))
        elif not after.hits:
            yield _change("lost", trait, before, after, old, _is_apart(after, before))
        elif before.hits == before.trials and old.facts(trait).required and _is_rarer(before, after):
            yield _change("rarer", trait, before, after, old, True)


def _is_apart(none: Share, some: Share) -> bool:
    """Whether the share without hits is below the other one, with 95 % confidence for each of them."""
    most = binomial.upper(0, none.trials)
    return most < 1 and 1 - binomial.at_most(some.hits - 1, some.trials, most) < 1 - binomial.CONFIDENCE


def _is_rarer(before: Share, after: Share) -> bool:
    """Whether a trait that every exchange had is now missing in more of them than chance explains."""
    if after.hits == after.trials:
        return False
    return binomial.upper(after.hits, after.trials) ** before.trials < 1 - binomial.CONFIDENCE


def _change(kind: Kind, trait: Trait, before: Share, after: Share, own: Tally, proven: bool) -> Change:
    facts = own.facts(trait)
    if kind == "new" and trait.aspect == "field":
        facts = replace(facts, refused=_refused(trait, own))
    rule = facts.refused if kind == "new" else facts.required
    return _classified(kind, trait, before, after, proven, own.examples[trait], facts, rule)


def _refused(field: Trait, own: Tally) -> str:
    """The worst rule that the values of a field break; "" without one."""
    types = (field._replace(aspect="type", name=name) for name in TYPES)
    return facts_of.worst(own.facts(one).refused for one in types if one in own.first)


# Types


def _types(old: Tally, new: Tally) -> Iterator[Change]:
    """The places with a type that only one of the recordings has."""
    was, now = _types_by_place(old), _types_by_place(new)
    for place in was.keys() & now.keys():
        gained, dropped = now[place].keys() - was[place].keys(), was[place].keys() - now[place].keys()
        if gained or dropped:
            yield _retyped(place, was[place], now[place], old, new)


def _types_by_place(tally: Tally) -> dict[Trait, dict[str, Trait]]:
    """Place -> type -> its trait."""
    found: dict[Trait, dict[str, Trait]] = {}
    for trait in tally.first:
        if trait.aspect == "type":
            found.setdefault(trait._replace(name=""), {})[trait.name] = trait
    return found


def _retyped(place: Trait, was: Mapping[str, Trait], now: Mapping[str, Trait], old: Tally, new: Tally) -> Change:
    """The change of a place's types. Its shares are those of the types that only one recording has."""
    gained, dropped = sorted(now.keys() - was.keys()), sorted(was.keys() - now.keys())
    own, types = (new, gained) if gained else (old, dropped)
    shares = {name: _type_shares(place._replace(name=name), old, new) for name in types}
    name = max(types, key=lambda one: shares[one][0].hits + shares[one][1].hits)
    before, after = shares[name]
    proven = _is_apart(before, after) if gained else _is_apart(after, before)
    facts = own.facts(place._replace(name=name))
    known = _placed(facts, place, own)
    types_of = {"was": tuple(sorted(was)), "now": tuple(sorted(now))}
    how = _how(set(was), set(now))
    example = own.examples[place._replace(name=name)]
    rule = facts.refused if gained else ""
    return _classified("retyped", place, before, after, proven, example, known, rule, {"types": how}, types_of)


def _placed(facts: Facts, place: Trait, own: Tally) -> Facts:
    """The facts of a type, with those of its field: a type at a place that no schema names is not known either."""
    field = place._replace(aspect="field", name="")
    known = own.facts(field).known if field in own.first else facts.known
    return Facts(known, refused=facts.refused)


def _type_shares(trait: Trait, old: Tally, new: Tally) -> tuple[Share, Share]:
    base = (new if trait in new.first else old).first[trait].base
    before, after = (Share(tally.hits[trait], tally.hits[base]) for tally in (old, new))
    return before, after


def _how(was: set[str], now: set[str]) -> str:
    """How the types of a place changed, as the table of classes names it."""
    if not now - was:
        return "emptied" if now == {"null"} else "fewer"
    if was == {"null"}:
        return "filled"
    if now - was == {"null"}:
        return "emptied" if now == {"null"} else "nullable"
    if {"integer", "number"} >= (now - was) and was & {"integer", "number"}:
        return "wider"
    return "other"


# Classes


def _classified(
    kind: Kind,
    trait: Trait,
    before: Share,
    after: Share,
    proven: bool,
    example: Example,
    facts: Facts,
    rule: str,
    more: Mapping[str, str] | None = None,
    types: Mapping[str, tuple[str, ...]] | None = None,
) -> Change:
    dependents = facts_of.dependents(facts.rules or frozenset({rule}))
    told = {
        "change": kind,
        "aspect": trait.aspect,
        "known": "yes" if facts.known else "no",
        "required": facts_of.level(facts.required),
        "refused": facts_of.level(facts.refused),
        "clients": dependents.effect,
        **(more or {}),
    }
    row = next(row for row in table.rows() if row.fits(told))
    types = types or {}
    return Change(
        kind, trait, before, after, proven, row.outcome, row.because, example, facts.known, rule,
        types.get("was", ()), types.get("now", ()), dependents if row.outcome != "harmless" else facts_of.NO_DEPENDENTS,
    )  # fmt: skip
