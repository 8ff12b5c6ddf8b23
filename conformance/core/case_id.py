"""Test ids: `<case id>[@<route>][#<repetition>]`, for example `messages/basics/hello@eu.example.org#2`."""

from __future__ import annotations

ROUTE = "@"
REPETITION = "#"


def full_id(case: str, route: str = "", repetition: int | None = None) -> str:
    """Return the test id: the case id, plus @route if there are several routes, plus #repetition if repeated."""
    return case + (f"{ROUTE}{route}" if route else "") + ("" if repetition is None else f"{REPETITION}{repetition}")


def without_repetition(test_id: str) -> str:
    """Return a test id without its `#repetition`."""
    head, separator, number = test_id.rpartition(REPETITION)
    return head if separator and number.isdecimal() else test_id


def case_id(test_id: str, route: str = "") -> str:
    """Return the case id of a test id, without repetition and route."""
    with_route = without_repetition(test_id)
    return with_route.removesuffix(f"{ROUTE}{route}") if route else with_route
