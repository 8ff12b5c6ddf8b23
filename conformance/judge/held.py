"""The rules that an exchange was held against: those that it could have broken.

They are named in groups, because an exchange is held against hundreds of rules: `messages/stream` are the rules of
Messages about streams, `case/contains` those of an expectation about the text.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cache

from conformance.core import data_files
from conformance.core.model import JSON, Step
from conformance.judge import both_ends
from conformance.judge.checks import Check, all_checks, kinds
from conformance.judge.contract import UNREAD
from conformance.judge.expectations.held import RULES, words
from conformance.protocol import rulebook
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading

BOTH_ENDS = "upstream/any"
"""The group of the rules about both ends."""

CASE = "case"
"""The name of the groups of expectations, in place of a family."""


def held(step: Step, reading: Reading) -> tuple[str, ...]:
    """The groups of rules that an exchange was held against, given its step."""
    both = (BOTH_ENDS,) if step.upstream else ()
    if reading.exchange.ended in UNREAD:
        return both
    contract = (f"{reading.family.name}/{kind}" for kind in sorted(kinds(reading)))
    return (*contract, *(f"{CASE}/{word}" for word in words(step.expect, reading)), *both)


@cache
def rules(group: str) -> frozenset[str]:
    """The rules of a group; none of a group that this version does not have, such as that of an older report."""
    family, _, kind = group.partition("/")
    if group == BOTH_ENDS:
        return frozenset(both_ends.RULES)
    if family == CASE:
        return frozenset(RULES.get(kind, ()))
    checked = (rule for check in all_checks() if check.on == kind for rule in check.rules if _is_own(check, family))
    return frozenset((*checked, *_of_files(family, kind)))


def _is_own(check: Check, family: str) -> bool:
    return not check.families or family in check.families


def _of_files(name: str, kind: str) -> Iterator[str]:
    """The rules that the schema and the grammar of a family name for a kind of answer."""
    family = load_family(name)
    schema = {"json": family.response, "error": family.error, "stream": family.event}.get(kind, "")
    named = set(_texts_of_schema(schema, set())) if schema else set[str]()
    if kind == "stream" and family.stream is not None:
        named |= family.stream.rules()
    return (rule for rule in named if rule in rulebook.rules())


def _texts_of_schema(path: str, seen: set[str]) -> Iterator[str]:
    """The texts in a schema file and in those that it refers to."""
    seen.add(path)
    for text in _texts(data_files.schema(path)):
        yield text
        file = text.partition("#")[0]
        if file.endswith(".schema.json"):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
            if other not in seen:
                yield from _texts_of_schema(other, seen)


def _texts(value: JSON) -> Iterator[str]:
    """All texts in a JSON value that are not names of members."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(member)
