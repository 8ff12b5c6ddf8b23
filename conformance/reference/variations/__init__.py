"""Unusual but legal ways to answer: the suite must not mistake any of them for a defect.

`VARIATIONS` holds all entries of the tables and modules below, by id.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.reference.tables import collected
from conformance.reference.variations.variation import Variation

VARIATIONS: Mapping[str, Variation] = collected(__name__, __path__, "variations", Variation)

__all__ = ["VARIATIONS", "Variation"]
