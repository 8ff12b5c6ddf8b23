"""Ways for a gateway to be wrong, each of which the suite must notice.

One module for each subject, one entry for each fault. `FAULTS` holds them all by id.
"""

from collections.abc import Mapping
from itertools import chain

from conformance.reference.faults import chat_completions, http, messages, routing, timing
from conformance.reference.faults.fault import Fault

_MODULES = (http, routing, timing, chat_completions, messages)

FAULTS: Mapping[str, Fault] = {entry.id: entry for entry in chain.from_iterable(module.FAULTS for module in _MODULES)}

__all__ = ["FAULTS", "Fault"]
