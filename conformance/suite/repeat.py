"""Repeats each case, for gateways that do not always behave the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from conformance.core.case_id import full_id
from conformance.core.model import Case


def repeated(cases: Iterable[Case], times: int) -> tuple[Case, ...]:
    """Return each case `times` times. Each repetition has its own test id, and therefore its own canary word."""
    if times == 1:
        return tuple(cases)
    numbers = range(1, times + 1)
    return tuple(replace(case, id=full_id(case.id, repetition=number)) for number in numbers for case in cases)
