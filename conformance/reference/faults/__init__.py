"""Ways for a gateway to be wrong, each of which the suite must notice.

`FAULTS` holds all entries of the modules below, by id.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from conformance.reference.faults.fault import Fault


def _entries() -> Iterator[Fault]:
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        yield from getattr(importlib.import_module(module.name), "FAULTS", ())


FAULTS: Mapping[str, Fault] = {
    entry.id: entry for entry in sorted(_entries(), key=lambda entry: (entry.family, entry.id))
}

__all__ = ["FAULTS", "Fault"]
