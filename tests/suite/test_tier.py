"""Tiers: the first cases of the order that fit into a number of requests."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core import data_files
from conformance.core.model import Case, Step
from conformance.core.options import OPTIONS
from conformance.reference.faults import ONE_SIDED
from conformance.suite import order, tier
from conformance.suite.applies import TWO_SIDED
from conformance.suite.load import load_cases
from conformance.suite.order import Order, Place, load_order
from conformance.target.profile import Profile

LIBRARY = tuple(case for case in load_cases(data_files.folder("cases")) if TWO_SIDED not in case.marks)


def made(name: str, endpoint: str = "messages", needs: tuple[str, ...] = (), steps: int = 1) -> Case:
    step = Step({}, {"outcome": "success"})
    return Case(name, "", "messages", "", endpoint, "must", "", needs, (step,) * steps, "", 1)


def ordered(*places: tuple[str, int, str]) -> Order:
    return Order(
        {
            name: Place(number, requests, frozenset(controls.split()))
            for number, (name, requests, controls) in enumerate(places)
        }
    )


def ids(cases: tuple[Case, ...]) -> list[str]:
    return [case.id for case in cases]


def chosen(requests: int, order: Order, *cases: Case, **claims: Any) -> list[str]:
    return ids(tier.chosen(cases, requests, order, Profile(**claims)))


def test_it_has_the_first_cases_of_the_order_in_the_order_of_the_library() -> None:
    places = ordered(("c", 1, ""), ("a", 1, ""), ("b", 1, ""))
    assert chosen(2, places, made("a"), made("b"), made("c")) == ["a", "c"]


def test_control_requests_count_once() -> None:
    places = ordered(("a", 1, "plain/messages"), ("b", 1, "plain/messages"), ("c", 1, "recalls"), ("d", 1, ""))
    assert chosen(4, places, *map(made, "abcd")) == ["a", "b", "d"]


def test_a_case_that_does_not_fit_makes_room_for_the_next() -> None:
    places = ordered(("a", 1, ""), ("b", 20, ""), ("c", 1, ""))
    assert chosen(5, places, *map(made, "abc")) == ["a", "c"]


def test_cases_that_do_not_apply_make_room_for_the_next() -> None:
    places = ordered(("a", 1, ""), ("b", 1, ""), ("c", 1, ""))
    cases = made("a", needs=("tools",)), made("b", "responses"), made("c")
    assert chosen(1, places, *cases) == ["a"]
    assert chosen(1, places, *cases, capabilities={"tools": False}) == ["b"]
    assert chosen(1, places, *cases, capabilities={"tools": False}, endpoints=("messages",)) == ["c"]


def test_cases_without_a_place_come_last_and_cost_their_steps() -> None:
    assert chosen(4, ordered(("z", 1, "")), made("a", steps=2), made("b", steps=2), made("z")) == ["a", "z"]


def test_the_place_of_a_case_is_that_of_all_its_routes_and_repetitions() -> None:
    case = made("a@eu.example#2")
    known = ordered(("a", 1, ""))
    assert known.place(case).number == 1
    assert known.place(Case(**{**_fields(case), "route": "eu.example"})).number == 0


def _fields(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in Case.__slots__}


@pytest.mark.parametrize("name", tier.LIMITS)
@pytest.mark.parametrize("endpoints", [None, ("messages",), ("chat_completions", "models")])
def test_a_tier_is_full_for_every_profile(name: str, endpoints: tuple[str, ...] | None) -> None:
    known, limit = load_order(), tier.LIMITS[name]
    profile = Profile(endpoints=endpoints, capabilities={"tools": False} if endpoints else {})
    found = [known.place(case) for case in tier.chosen(LIBRARY, limit, known, profile)]
    cost = sum(place.requests for place in found) + len(frozenset().union(*(place.controls for place in found)))
    assert limit - 1 <= cost <= limit


@pytest.mark.parametrize("name", tier.LIMITS)
def test_a_tier_has_cases_of_every_family(name: str) -> None:
    found = tier.chosen(LIBRARY, tier.LIMITS[name], load_order(), Profile())
    families = [case.family for case in found]
    assert {"chat_completions", "responses", "messages", "models"} <= set(families)
    counts = [families.count(family) for family in ("chat_completions", "responses", "messages")]
    assert max(counts) <= 2 * min(counts)


def test_the_option_offers_these_tiers() -> None:
    [option] = [option for option in OPTIONS if option.name == "--gateway-tier"]
    assert option.choices == (*tier.LIMITS, tier.FULL)
    assert all(str(limit) in option.help for limit in tier.LIMITS.values())


def test_the_order_is_of_these_cases_and_faults() -> None:
    """If this fails, run the commands of CONTRIBUTING.md that renew the order."""
    cases = [case.id for case in LIBRARY]
    known = load_order()
    assert sorted(known.places) == sorted(cases)
    assert known.fingerprint == order.fingerprint(cases, ONE_SIDED)
