"""Unusual but legal ways to answer: the suite must not mistake any of them for a defect.

`VARIATIONS` holds all entries of the modules below, by id.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from conformance.reference.variations.variation import Variation


def _entries() -> Iterator[Variation]:
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        yield from getattr(importlib.import_module(module.name), "VARIATIONS", ())


VARIATIONS: Mapping[str, Variation] = {
    entry.id: entry for entry in sorted(_entries(), key=lambda entry: (entry.family, entry.id))
}

__all__ = ["VARIATIONS", "Variation"]
