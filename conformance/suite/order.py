"""The order of the cases in which every prefix notices most, with what each case costs.

The order is the file `cases/_order.tsv`. `gateway-conformance order` computes it from the faults of the reference
gateway.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from conformance.core import data_files
from conformance.core.case_id import case_id
from conformance.core.model import Case

NAME = "_order.tsv"

_HEAD = "# The cases, the one that tells most first: requests, control requests, id. See `gateway-conformance order`."
_FINGERPRINT = "# made from: "


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a case in the order, from 0, and its cost.

    `requests` are those of its steps. `controls` are the control requests that it needs; a run sends each of them once.
    """

    number: int
    requests: int
    controls: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Order:
    """The places by case id, and the fingerprint of the cases and faults that they were computed from."""

    places: Mapping[str, Place] = field(default_factory=dict)
    fingerprint: str = ""

    def place(self, case: Case) -> Place:
        """The place of a case; the place of one that the order does not have is after all others."""
        known = self.places.get(case_id(case.id, case.route))
        return known or Place(len(self.places), len(case.steps))


@cache
def load_order(path: Path | None = None) -> Order:
    """The order of the built-in cases."""
    lines = (path or data_files.folder("cases") / NAME).read_text("utf-8").splitlines()
    fingerprint = next((line.removeprefix(_FINGERPRINT) for line in lines if line.startswith(_FINGERPRINT)), "")
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    places = {
        id_: Place(number, int(requests), frozenset(controls.split(" ")) - {""})
        for number, (requests, controls, id_) in enumerate(rows)
    }
    return Order(places, fingerprint)


def lines(rows: Iterable[tuple[str, int, Iterable[str]]], fingerprint: str) -> Iterator[str]:
    """The lines of the file; `rows` are (id, requests, controls)."""
    yield _HEAD
    yield _FINGERPRINT + fingerprint
    yield from ("\t".join((str(requests), " ".join(sorted(controls)), id_)) for id_, requests, controls in rows)


def fingerprint(cases: Iterable[str], faults: Iterable[str]) -> str:
    """A hash of the ids of cases and faults. An order with another fingerprint is stale."""
    return hashlib.sha256(json.dumps([sorted(cases), sorted(faults)]).encode()).hexdigest()[:32]
