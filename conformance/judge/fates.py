"""The fate of a request parameter on its way through a gateway, from what arrived at its upstream. Pure.

`Exchange.behind` has the requests that arrived. If there are several, a parameter that one of them has did arrive: the
others are retries after errors of the upstream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from conformance.core.model import JSON, Exchange
from conformance.core.pointer import each, tokens
from conformance.judge.named_parameter import names_a_parameter
from conformance.judge.schema_difference import difference
from conformance.protocol.parameters import Parameter, Place, value_in
from conformance.protocol.reading import Reading, parse

Kind = Literal["forwarded", "translated", "refused", "dropped", "altered", "not_sent"]

UNNAMED = "the error does not say which parameter is unsupported"
UNREADABLE = "the body that arrived is not JSON"

_SCHEMAS = ("/parameters", "/input_schema", "/schema")
"""The ends of places where a schema stands."""

_NOT_ABOUT_THE_BODY = frozenset({401, 403, 408, 429})
"""Statuses 4xx that refuse the client or the moment, and not the request."""


@dataclass(frozen=True, slots=True)
class Fate:
    """The fate of a parameter. `family` is the upstream's, "" if nothing arrived.

    `at` is where it arrived, or where it is missing; `wanted` is the value that the family expects there and `got` the
    value that arrived, None without one. `unknown_there`: it also, or only, arrived under the client's name, which the
    upstream's family does not have. `counterpart` is False if the family has no such parameter.
    """

    kind: Kind
    family: str = ""
    at: str = ""
    wanted: JSON = None
    got: JSON = None
    unknown_there: bool = False
    counterpart: bool = True
    note: str = ""


def fate(parameter: Parameter, exchange: Exchange) -> Fate:
    """Return the fate of a parameter in an exchange whose request has it."""
    if not exchange.behind:
        return _unsent(parameter, exchange)
    sent, _ = parse(exchange.request.body)
    own = value_in(sent, parameter.at)
    fates = [_of_request(parameter, own, arrived) for arrived in exchange.behind]
    return next((found for found in fates if found.kind in ("forwarded", "translated")), fates[-1])


def same(one: JSON, other: JSON, at: str = "") -> bool:
    """Whether two JSON values are equal: 1 is 1.0 but not true. At `…/arguments`, texts are compared as JSON.

    A member that is null is as good as none: SDKs write optional members so. Schemas may differ in what says nothing.
    """
    if at.endswith("/arguments") and isinstance(one, str) and isinstance(other, str):
        (first, wrong), (second, also_wrong) = parse(one), parse(other)
        return one == other if wrong or also_wrong else same(first, second)
    if at.endswith(_SCHEMAS) and isinstance(one, dict):
        return difference(one, other, "") == ""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(name), other.get(name)) for name in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _unsent(parameter: Parameter, exchange: Exchange) -> Fate:
    """The fate if nothing arrived: refused by a 4xx about the request, else not sent."""
    status = exchange.status or 0
    if not 400 <= status < 500 or status in _NOT_ABOUT_THE_BODY:
        return Fate("not_sent", at=parameter.at)
    return Fate("refused", at=parameter.at, note="" if _is_named(parameter, Reading(exchange)) else UNNAMED)


def _is_named(parameter: Parameter, reading: Reading) -> bool:
    """Whether an error names the parameter, or says that something is unsupported."""
    text = reading.text.lower()
    names = [token for token in tokens(parameter.at) if token.isidentifier() and token not in _EVERYWHERE]
    return names_a_parameter(reading) or "support" in text or any(name in text for name in names)


_EVERYWHERE = frozenset({"messages", "input", "content", "type", "name", "function", "text", "id", "value"})
"""Tokens of pointers that are words of any error."""


def _of_request(parameter: Parameter, own: JSON, arrived: Exchange) -> Fate:
    """The fate of the client's value `own` in one request that arrived."""
    body, problem = parse(arrived.request.body)
    if problem:
        return Fate("dropped", arrived.family, parameter.at, own, note=UNREADABLE)
    return _arrived(parameter, arrived.family, own, body)


def _arrived(parameter: Parameter, family: str, own: JSON, body: JSON) -> Fate:
    """The fate of the client's value `own` in the body that arrived at an upstream of this family."""
    places = parameter.places(family)
    is_native = family == parameter.endpoint
    passed = {} if is_native or any(place.at == parameter.at for place in places) else dict(each(body, parameter.at))
    leaked = next((at for at, value in passed.items() if same(own, value, at)), "")
    counterpart = bool(places)
    for place in places:
        wanted = own if place.value is None else place.value
        for at, value in each(body, place.at):
            if same(wanted, value, place.at) or (place.among and _contains(value, wanted)):
                kind: Kind = (
                    "forwarded" if is_native or (place.at, place.value) == (parameter.at, None) else "translated"
                )
                return Fate(kind, family, at, wanted, value, leaked not in ("", at))
    if leaked:
        return Fate("forwarded", family, leaked, own, own, True, counterpart)
    for place, at, value in _others(places, own, body):
        wanted = own if place.value is None else place.value
        return Fate("altered", family, at, wanted, value)
    first = places[0] if places else Place(parameter.at)
    return Fate("dropped", family, first.at, own if first.value is None else first.value, counterpart=counterpart)


def _contains(text: JSON, part: JSON) -> bool:
    return isinstance(text, str) and isinstance(part, str) and part in text


def _others(places: tuple[Place, ...], own: JSON, body: JSON) -> Iterator[tuple[Place, str, JSON]]:
    """Yield the other values at the places; first those of the type that is expected there."""
    found = [
        (place, at, value)
        for place in places
        if not place.among
        for at, value in each(body, place.at)
        if value is not None
    ]
    return iter(sorted(found, key=lambda one: type(one[2]) is not type(one[0].value or own)))
