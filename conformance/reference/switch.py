"""Chooses faults and variations by id: for the whole life of a server, or for each request."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from conformance.core.model import JSON
from conformance.reference.changes import Change, chain, only
from conformance.reference.changes.flows import HASTE
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import first, without
from conformance.reference.variations import VARIATIONS, Variation

HEADER = "x-fault"
"""The header in which a request names the ids for a server with a `Switch`, separated by commas."""


class UnknownIdError(LookupError):
    """There is no such fault or variation; the message is one sentence with similar ids."""


def misbehaviour(faults: Iterable[str] = (), variations: Iterable[str] = ()) -> Change:
    """These faults and variations together, the faults nearer to the gateway. Raises UnknownIdError."""
    chosen = [_find(id_, FAULTS, "fault") for id_ in faults]
    unusual = [_find(id_, VARIATIONS, "variation") for id_ in variations]
    return chain(*(only(entry.family, entry.apply) for entry in (*chosen, *unusual)))


def changed_by(ids: Iterable[str]) -> Change:
    """These faults and variations together, in any order. Raises UnknownIdError."""
    chosen = tuple(ids)
    variations = [id_ for id_ in chosen if id_ in VARIATIONS]
    return misbehaviour([id_ for id_ in chosen if id_ not in VARIATIONS], variations)


def entries() -> list[dict[str, JSON]]:
    """Every fault and every variation as a plain record, for listings."""
    wrong = [_record("fault", entry, rules=list(entry.rules), url=entry.url) for entry in FAULTS.values()]
    unusual = [_record("variation", entry, why=entry.why, remarks=list(entry.remarks)) for entry in VARIATIONS.values()]
    return wrong + unusual


def _record(kind: str, entry: Fault | Variation, **more: JSON) -> dict[str, JSON]:
    return {"kind": kind, "id": entry.id, "family": entry.family, "sentence": entry.sentence, **more}


def _find(id_: str, known: Mapping[str, Fault] | Mapping[str, Variation], what: str) -> Fault | Variation:
    if id_ in known:
        return known[id_]
    near = difflib.get_close_matches(id_, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`gateway-conformance faults` lists them all"
    raise UnknownIdError(f"there is no {what} {id_!r}; {hint}")


class Switch:
    """The `around` of a server for tests, in which every request chooses its faults and variations.

    `haste` divides the delays of faults: with 100, a minute becomes 0.6 seconds.
    """

    def __init__(self, haste: float = 1.0) -> None:
        self._haste = haste

    def __call__(self, answering: Answering) -> Answering:
        """The gateway with the changes that each call selects; a call with an unknown id raises UnknownIdError."""

        async def answer(call: Call) -> Answer:
            HASTE.set(self._haste)
            asked = first(call.headers, HEADER) or ""
            plain = replace(call, headers=without(call.headers, frozenset({HEADER})))
            return await _change(asked)(answering)(plain)

        return answer


@cache
def _change(asked: str) -> Change:
    return changed_by(id_.strip() for id_ in asked.split(",") if id_.strip())
