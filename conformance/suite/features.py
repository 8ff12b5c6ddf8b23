"""What a case asks for, as short texts: the members and headers of its requests, and what it expects of the answers.

A defect that is not among the known ones may concern any of them, so a small selection of cases should have many.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Case

_KINDS = ("type", "role")
"""Members whose values are kinds of things."""


def features(case: Case) -> frozenset[str]:
    """The features of a case; each begins with the endpoint."""
    return frozenset(_features(case))


def _features(case: Case) -> Iterator[str]:
    yield f"{case.family} {case.area}"
    for step in case.steps:
        endpoint = str(step.request.get("to", case.endpoint))
        yield from (f"{endpoint} {member}" for member in _members(step.request.get("body"), ""))
        yield from (f"{endpoint} {name}" for name in step.request if name != "body")
        yield from (f"{endpoint} header {name}" for name in step.request.get("headers") or {})
        yield from (f"{endpoint} expects {name}" for name in step.expect)
        yield from (f"{endpoint} expects answer {name}" for name in step.expect.get("answer") or {})


def _members(value: JSON, place: str) -> Iterator[str]:
    """The JSON Pointers of a body's members, with `*` for the items of arrays."""
    if isinstance(value, dict):
        for name, member in value.items():
            kind = f"={member}" if name in _KINDS and isinstance(member, str) else ""
            yield f"{place}/{name}{kind}"
            yield from _members(member, f"{place}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _members(item, f"{place}/*")
