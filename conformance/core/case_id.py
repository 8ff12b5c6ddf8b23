"""A test's id: the case's, then @ and the route where there are several, then # and the time where it is repeated."""

from __future__ import annotations

ROUTE = "@"
TIME = "#"


def full_id(case: str, route: str = "", time: int | None = None) -> str:
    """The id of a case asked by a route, or for the so-manieth time."""
    return case + (f"{ROUTE}{route}" if route else "") + ("" if time is None else f"{TIME}{time}")


def without_repetition(name: str) -> str:
    """The id without the time."""
    head, separator, number = name.rpartition(TIME)
    return head if separator and number.isdecimal() else name


def case_id(name: str, route: str = "") -> str:
    """The id of the case, whichever time it was, and by whichever route."""
    whole = without_repetition(name)
    return whole.removesuffix(f"{ROUTE}{route}") if route else whole
