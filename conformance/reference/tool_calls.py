"""Faults of tool calls that show in a share of the requests only, with a seed: no single try tells them.

Each changes the request before the gateway sends it up, as a faulty translation would. The answers keep the contract.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from conformance.reference.changes import Change, on_request
from conformance.reference.changes.asked import if_
from conformance.reference.changes.documents import Edit, all_of, at, drop
from conformance.reference.gateway import Call

_OTHER = {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]}

_EDITS: Mapping[str, Edit] = {
    "lost": all_of(drop("/tools"), drop("/tool_choice")),
    "misnamed": all_of(*(at(f"/tools/*{part}/name", lambda name: f"{name}_v2") for part in ("", "/function"))),
    "misfit": all_of(
        *(at(f"/tools/*{part}", lambda _schema: _OTHER) for part in ("/parameters", "/function/parameters")),
        at("/tools/*/input_schema", lambda _schema: _OTHER),
    ),
}
FAULTS = tuple(_EDITS)
"""The tools do not go up, they go up with another name, or with another schema."""


def sometimes(fault: str, share: float, seed: int = 1) -> Change:
    """One of `FAULTS` in a share of the requests. Raises KeyError for another name."""
    chance = random.Random(seed)  # noqa: S311 - a fault, not a secret

    def is_hit(_call: Call) -> bool:
        return chance.random() < share

    return if_(on_request(_EDITS[fault]), is_hit)
