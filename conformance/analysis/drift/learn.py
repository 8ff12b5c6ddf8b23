"""Proposes patches of the schemas for the fields, values and events of a recording that they do not know.

A patch is JSON Patch (https://www.rfc-editor.org/rfc/rfc6902). It names the new thing and demands nothing of it, so
that no answer breaks a rule because of the patch. Values that a must rule forbids are not proposed, but reported by
`check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from conformance.analysis.drift import facts as facts_of
from conformance.analysis.drift.sightings import TYPES
from conformance.analysis.drift.tally import Example, Tally
from conformance.analysis.drift.traits import Trait
from conformance.core.model import JSON
from conformance.core.pointer import escape
from conformance.protocol import schema_refs

SENTENCE = (
    "The schemas do not know these. An unknown field, value or event alone never breaks a must rule. "
    "Compare each with the vendor's documentation, then apply the patches yourself."
)

_CUT = "…"
"""In names that were shortened or redacted."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trait that the schemas do not know, its share of the exchanges, and the operations on the schema `file`."""

    trait: Trait
    hits: int
    trials: int
    example: Example
    file: str
    operations: tuple[Mapping[str, JSON], ...]


def proposals(tally: Tally) -> list[Proposal]:
    """A proposal for each unknown trait that no must rule forbids; of those with the same patch, the most frequent."""
    found: dict[object, Proposal] = {}
    for made in sorted(_all(tally), key=lambda one: (-one.hits, one.trait)):
        found.setdefault((made.file, *_target(made.operations[-1])), made)
    return sorted(found.values(), key=lambda one: (one.file, one.trait))


def patches(found: Iterable[Proposal]) -> dict[str, list[Mapping[str, JSON]]]:
    """Schema file (below schemas/) -> the operations of its patch, each only once."""
    files: dict[str, list[Mapping[str, JSON]]] = {}
    for proposal in found:
        patch = files.setdefault(proposal.file, [])
        patch += [operation for operation in proposal.operations if operation not in patch]
    return files


def _target(operation: Mapping[str, JSON]) -> tuple[JSON, ...]:
    """The place that an operation fills; `-` appends to a list, to which each value can be added once."""
    path = operation["path"]
    return (path, operation["value"]) if path.endswith("/-") else (path,)


def _all(tally: Tally) -> Iterator[Proposal]:
    for trait, first in tally.first.items():
        place = (first.base, trait.aspect)
        if trait.aspect not in ("field", "value", "event") or place in tally.varied or _CUT in "".join(trait):
            continue
        facts = tally.facts(trait)
        if facts.known or not facts.home or facts_of.level(facts.refused) == "must":
            continue
        file, _, pointer = facts.home.partition("#")
        seen = f"Seen in {tally.hits[trait]:,} of {tally.hits[first.base]:,} exchanges{_types(trait, tally)}."
        if operations := tuple(_operations(trait, schema_refs.place(facts.home).schema, pointer, seen)):
            yield Proposal(trait, tally.hits[trait], tally.hits[first.base], tally.examples[trait], file, operations)


def _types(trait: Trait, tally: Tally) -> str:
    """The types of a field, as a part of a sentence."""
    names = [name for name in TYPES if trait._replace(aspect="type", name=name) in tally.first]
    return f", as {' or '.join(names)}" if names and trait.aspect == "field" else ""


def _operations(trait: Trait, schema: JSON, pointer: str, seen: str) -> Iterator[Mapping[str, JSON]]:
    if trait.aspect == "field":
        if "properties" not in schema:
            yield _add(f"{pointer}/properties", {})
        yield _add(f"{pointer}/properties/{trait.pointer.rpartition('/')[2]}", {"description": seen})
        return
    name = trait.event if trait.aspect == "event" else trait.name
    if "discriminator" in schema:
        definition = f"learned_{escape(name)}"
        yield _add(f"/$defs/{definition}", {"description": seen})
        yield _add(f"{pointer}/discriminator/mapping/{escape(name)}", f"#/$defs/{definition}")
    elif "enum" in schema:
        yield _add(f"{pointer}/enum/-", name)


def _add(path: str, value: JSON) -> Mapping[str, JSON]:
    return {"op": "add", "path": path, "value": value}
