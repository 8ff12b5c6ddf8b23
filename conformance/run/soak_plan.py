"""The load of a soak, and its length."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from conformance.core.yaml_input import InputError

AT_ONCE = 64
"""The usual number of sessions at once."""
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to soak: for `seconds`, or until `requests` streams are read to their end, whichever is first.

    `seed` makes the marks of this soak. `grace` is the number of seconds after which an upstream request whose client
    has left should have ended.
    """

    seconds: float = 600.0
    at_once: int = AT_ONCE
    requests: int | None = None
    seed: str = "1"
    grace: float = 15.0

    def __str__(self) -> str:
        return f"{self.at_once} at once, for {self.seconds:g} s (seed {self.seed})"


def seconds(option: str, text: str) -> float:
    """The seconds of a time such as 90s, 10m or 1h. Raises InputError, which names the option."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    number = float(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < number < math.inf:
        raise InputError(f"{option} {text}: give a time such as 90s, 10m or 1h")
    return number
