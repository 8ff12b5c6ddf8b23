"""Ways for a gateway to be wrong, each of which the suite must notice.

`FAULTS` holds all entries of the tables and modules below, by id.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.reference.faults.fault import Fault
from conformance.reference.tables import collected

FAULTS: Mapping[str, Fault] = collected(__name__, __path__, "faults", Fault)

ONE_SIDED: Mapping[str, Fault] = {id_: fault for id_, fault in FAULTS.items() if not fault.is_behind}
"""The faults that are noticed in front of the gateway."""

__all__ = ["FAULTS", "ONE_SIDED", "Fault"]
