"""Validates a run against schemas/report.schema.json, each kind of part once.

A run has thousands of verdicts, exchanges, findings and observations, which have few different signatures. Parts with
equal signatures are all valid, or all invalid.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from conformance.core import data_files, schema_validator
from conformance.core.model import JSON
from conformance.core.schema_outline import SchemaOutline, build_outline

_Validator = schema_validator.validator_class()


def violation(document: object) -> ValidationError | None:
    """The most relevant violation of the schema."""
    validator = _Validator(data_files.schema("report.schema.json"))
    seen = set(_valid_parts)
    if best_match(validator.iter_errors(_without_similar_parts(document, seen))) is None:
        if len(seen) <= _MAX_PARTS:
            _valid_parts.update(seen)
        return None
    mistake: ValidationError | None = best_match(validator.iter_errors(document))
    return mistake


_valid_parts: set[Hashable] = set()
"""Signatures of the parts of valid runs: other runs that are read in the same process have many of them as well."""
_MAX_PARTS, _MAX_TOKENS = 5000, 1000
"""The limits of these: their number, and the tokens of each."""


def _without_similar_parts(document: object, seen: set[Hashable]) -> object:
    """A copy with one verdict, exchange, finding and observation for each signature.

    Parts with the signatures in `seen` are left out; those of the parts that are kept are added, except large ones.
    The document may still have any form.
    """
    outline = _outline_of_verdicts()
    verdicts = document.get("verdicts") if isinstance(document, dict) else None
    if outline is None or not isinstance(document, dict) or not isinstance(verdicts, list):
        return document

    def is_new(member: str, part: object) -> bool:
        if _has_digests(part):
            return True
        tokens = outline.signature(part)
        if tokens is None:
            return True
        signature = member, _matched(part), tokens
        known = signature in seen
        if len(tokens) <= _MAX_TOKENS:
            seen.add(signature)
        return not known

    def reduced(entry: object) -> object:
        if not isinstance(entry, dict) or _has_digests(entry):
            return entry  # beside digests, the number of exchanges matters
        changed = dict(entry)
        for member in _SIMILAR:
            if isinstance(entry.get(member), list):
                changed[member] = [part for part in entry[member] if is_new(member, part)]
        if "upstream" in entry:
            changed["upstream"] = reduced(entry["upstream"])
        return changed

    return {**document, "verdicts": [entry for entry in map(reduced, verdicts) if is_new("verdicts", entry)]}


_SIMILAR = ("exchanges", "findings", "observed")
"""The members of a verdict with many similar parts."""


def _has_digests(part: object) -> bool:
    """Whether a verdict refers to exchanges by their digests, which have a pattern that a signature cannot replace."""
    upstream = part.get("upstream") if isinstance(part, dict) else None
    return isinstance(part, dict) and ("stored" in part or (isinstance(upstream, dict) and "stored" in upstream))


def _matched(part: object) -> Hashable:
    """The values that patterns of the schema look at, which a signature does not contain, or whether they match."""
    if not isinstance(part, dict):
        return None
    rule, name = part.get("rule"), part.get("id")
    return rule if isinstance(rule, str) else isinstance(name, str) and bool(re.search(_pattern_of_ids(), name))


@cache
def _pattern_of_ids() -> str:
    return str(data_files.schema("report.schema.json")["$defs"]["verdict"]["properties"]["id"]["pattern"])


@cache
def _outline_of_verdicts() -> SchemaOutline | None:
    """The outline of the schemas of verdicts, without the patterns in them."""
    return build_outline([_without_patterns(data_files.schema("report.schema.json")["$defs"])])


def _without_patterns(schema: JSON) -> JSON:
    if isinstance(schema, list):
        return [_without_patterns(part) for part in schema]
    if isinstance(schema, dict):
        return {name: _without_patterns(part) for name, part in schema.items() if name != "pattern"}
    return schema
