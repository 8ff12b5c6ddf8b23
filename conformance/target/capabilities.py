"""Optional features of gateways, by name, as used in a case's `needs` and a profile's `capabilities`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from conformance.core import data_files


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Return capability -> its entry: a description, and `unsaid`, what happens if a profile does not mention it."""
    entries: Mapping[str, Mapping[str, str]] = data_files.table("capabilities.yaml")
    return entries


def unsaid(name: str) -> bool | None:
    """Return what a profile claims that does not mention the capability.

    False: cases that need it are skipped, for example because they are expensive. None: they are tried.
    """
    return False if table().get(name, {}).get("unsaid") == "not tried" else None
