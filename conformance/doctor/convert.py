"""Converts the body of one API to another one's, with the translation of the reference gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.core.model import JSON

_TRIES = 12
"""The most parameters without a counterpart that are left out."""


def converted(body: Mapping[str, JSON], source: str, target: str) -> tuple[dict[str, Any], list[str]] | None:
    """The body for the family `target`, and the names of the parameters that it cannot keep; None if impossible."""
    # Imported here: the translation loads the HTTP client.
    from conformance.reference.gateway.translate.ask import UnusableError
    from conformance.reference.gateway.translate.fates import FATES, REFUSED
    from conformance.reference.gateway.translate.lane import FAMILIES

    if source not in FAMILIES or target not in FAMILIES:
        return None
    fates = FATES.get(source, {})
    lost = [name for name in body if fates.get(name, {}).get(target) not in (None, "kept")]
    kept = {name: value for name, value in body.items() if fates.get(name, {}).get(target) != REFUSED}
    for _ in range(_TRIES):
        try:
            ask = FAMILIES[source].read_request(kept)
            return FAMILIES[target].write_request(ask, source), lost
        except UnusableError as error:
            name = (error.param or "").split(".")[0].split("[")[0]
            if name not in kept or name in ("model", "messages", "input", "max_tokens"):
                return None
            del kept[name]
            lost.append(name)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return None
    return None
