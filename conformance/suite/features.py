"""The features of a case, as short texts: members and headers of its requests, and the expectations of its answers.

A defect that is not among the known ones may concern any of them, so a small selection of cases should have many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core.model import JSON, Case

_KINDS = ("type", "role")
"""Members whose values are kinds of things, wherever they are."""

_WORD = re.compile("[a-z_]{2,16}")
"""The value of an option, such as `auto`; other texts are content."""


def features(case: Case) -> frozenset[str]:
    """The features of a case; each begins with the endpoint.

    The members of a request that is to be refused do not count: the gateway may not even have read them.
    """
    return frozenset(_features(case))


def _features(case: Case) -> Iterator[str]:
    yield f"{case.family} {case.area}"
    for step in case.steps:
        endpoint = str(step.request.get("to", case.endpoint))
        if step.expect["outcome"] == "success":
            body = step.request.get("body")
            yield from (f"{endpoint} {feature}" for feature in (*_members(body, ""), *_options(body)))
        yield from (f"{endpoint} {name}" for name in step.request if name != "body")
        yield from (f"{endpoint} header {name}" for name in step.request.get("headers") or {})
        yield from (f"{endpoint} expects {name}" for name in step.expect)
        yield from (f"{endpoint} expects answer {name}" for name in step.expect.get("answer") or {})


def _options(body: JSON) -> Iterator[str]:
    """The top members of a body with their values, if these are a choice."""
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, bool) or (isinstance(value, str) and _WORD.fullmatch(value)):
            yield f"/{name}={value}"


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
