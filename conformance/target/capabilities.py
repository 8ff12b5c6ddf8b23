"""What a gateway may or may not do, by name: the words of a case's `needs` and of a profile's `capabilities`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conformance.core import data_files


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Capability -> its description, and `unsaid`: what is done where a profile does not mention it."""
    entries: Mapping[str, Mapping[str, str]] = data_files.table("capabilities.yaml")
    return entries


def unsaid(name: str) -> bool | None:
    """False for what is only asked of gateways that claim it, such as what costs much; None for what is tried."""
    return False if table().get(name, {}).get("unsaid") == "not tried" else None
