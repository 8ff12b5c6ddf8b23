"""Each case several times, for gateways that do not always do the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.core.case_id import full_id
from conformance.core.model import Case


def repeated(cases: Iterable[Case], times: int) -> tuple[Case, ...]:
    """Every case so many times, each with an id, and so with a canary word, of its own."""
    if times == 1:
        return tuple(cases)
    return tuple(replace(case, id=full_id(case.id, time=time)) for time in range(1, times + 1) for case in cases)
