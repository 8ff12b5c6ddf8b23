"""The record of a variation."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.reference.changes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One way for a gateway to be unusual and right: no `must` is broken, and no `should` but those in `remarks`.

    `why` is the reason why it is legal, with its source. `family` is an endpoint's, or `all`. `cases` are globs of
    case ids as in a fault, where the usual selection of the family's cases does not show the variation.
    """

    id: str
    family: str
    sentence: str
    why: str
    apply: Change
    cases: str = ""
    remarks: tuple[str, ...] = ()
