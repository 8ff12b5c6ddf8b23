"""The parameters of the request bodies, from schemas/upstream/parameters.yaml, and the requests that have them.

A parameter is known by its endpoint and its id. Its counterparts are the places in the request body of an upstream
where it may arrive; several places are alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from conformance.core import data_files
from conformance.core.model import JSON
from conformance.core.pointer import each, tokens

Matters = Literal["must", "should", "no"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place where a parameter may arrive. `value` is None if the client's own value is expected there.

    With `among`, other values at the pointer are not the parameter, and a text may be inside a longer one.
    """

    at: str
    value: JSON = None
    among: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an endpoint. `patch` is the merge patch (RFC 7396) that adds it to the plain request."""

    id: str
    endpoint: str
    at: str
    patch: JSON
    matters: Matters
    source: str
    matters_in: Mapping[str, Matters] = field(default_factory=dict)
    same_as: tuple[Place, ...] = ()
    becomes: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    def places(self, family: str) -> tuple[Place, ...]:
        """Return the places in the body of an upstream of this family; () if it has no counterpart."""
        if family == self.endpoint:
            return (Place(self.at, among=_is_list(self.at)), *self.same_as)
        return self.becomes.get(family, ())

    def matters_to(self, family: str) -> Matters:
        """Return what an upstream of this family loses without the parameter."""
        return self.matters_in.get(family, self.matters)


@cache
def parameters() -> Mapping[tuple[str, str], Parameter]:
    """Return all parameters by (endpoint, id), in the order of the table. Raises ValueError for a repeated id."""
    table: dict[tuple[str, str], Parameter] = {}
    for entry in _table()["parameters"]:
        found = _parameter(entry)
        if (found.endpoint, found.id) in table:
            raise ValueError(f"the parameter {found.id} of {found.endpoint} is defined twice")
        table[found.endpoint, found.id] = found
    return table


def ids(endpoint: str) -> tuple[str, ...]:
    """Return the ids of an endpoint's parameters, in the order of the table; () for another endpoint."""
    return tuple(name for family, name in parameters() if family == endpoint)


def request_body(parameter: Parameter) -> JSON:
    """Return the plain request of the endpoint with the parameter; its texts still have $names."""
    return merged(_table()["endpoints"][parameter.endpoint]["body"], parameter.patch)


def value_in(body: JSON, at: str) -> JSON:
    """Return the first value that is not null at a pointer, or None."""
    return next((value for _, value in each(body, at) if value is not None), None)


def merged(document: JSON, patch: JSON) -> JSON:
    """Return a document after a JSON merge patch (RFC 7396): objects are merged, null removes a member."""
    if not isinstance(patch, dict):
        return patch
    members = dict(document) if isinstance(document, dict) else {}
    for name, change in patch.items():
        if change is None:
            members.pop(name, None)
        else:
            members[name] = merged(members.get(name), change)
    return members


def _table() -> JSON:
    return data_files.table("upstream/parameters.yaml")


def _parameter(entry: Mapping[str, JSON]) -> Parameter:
    becomes = {family: _places(places) for family, places in entry.get("becomes", {}).items()}
    return Parameter(
        id=entry["id"],
        endpoint=entry["endpoint"],
        at=entry["at"],
        patch=entry["body"] if "body" in entry else _nested(entry["at"], entry["value"]),
        matters=entry["matters"],
        source=entry.get("source", _table()["endpoints"][entry["endpoint"]]["source"]),
        matters_in=entry.get("matters_in", {}),
        same_as=_places(entry.get("same_as", ())),
        becomes=becomes,
    )


def _places(entries: JSON) -> tuple[Place, ...]:
    return tuple(
        Place(entry["at"], entry.get("value"), entry.get("among", False) or _is_list(entry["at"])) for entry in entries
    )


def _is_list(at: str) -> bool:
    """Whether a pointer matches the members of a list of plain values, of which others are not the parameter."""
    return at.endswith("/*")


def _nested(at: str, value: JSON) -> JSON:
    """Return the patch that puts a value at a pointer."""
    for token in reversed(tokens(at)):
        value = {token: value}
    return value
