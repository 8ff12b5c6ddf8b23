"""Several routes to one gateway: their names, each case on each route, and the differences."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.analysis import route_differences
from conformance.core.yaml_input import InputError
from conformance.suite import routes
from conformance.suite.load import load_cases
from tests.support.paths import ROOT

CASES = load_cases(ROOT / "cases")[:2]


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        (["https://a.example/v1"], ("",)),
        (["https://a.example/v1", "https://b.example/v1"], ("a.example", "b.example")),
        (["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"], ("127.0.0.1:1", "127.0.0.1:2")),
        (["https://a.example/eu/v1", "https://a.example/us/v1"], ("a.example/eu/v1", "a.example/us/v1")),
        (["http://a.example/v1", "https://a.example/v1"], ("http://a.example/v1", "https://a.example/v1")),
        (["http://[::1]:1/v1", "http://[::1]:2/v1"], ("::1:1", "::1:2")),
    ],
)
def test_routes_are_named_by_the_parts_in_which_their_urls_differ(urls: list[str], names: tuple[str, ...]) -> None:
    assert routes.names(urls) == names


def test_a_url_that_is_given_twice_is_refused() -> None:
    with pytest.raises(InputError, match="--gateway-url http://a/v1: this URL is given twice; give each route once"):
        routes.names(["http://a/v1", "http://b/v1", "http://a/v1"])


def test_every_case_is_asked_by_every_route() -> None:
    found = routes.routed(CASES, ("eu", "us"))
    assert [(case.id, case.route) for case in found] == [
        (f"{case.id}@{route}", route) for case in CASES for route in ("eu", "us")
    ]
    assert routes.routed(CASES, ("",)) == CASES


def entry(id_: str, route: str, outcome: str, *rules: str) -> dict[str, Any]:
    findings = [{"rule": rule, "level": "must"} for rule in rules]
    return {"id": id_, "route": route, "outcome": outcome, "findings": findings}


def differing(*entries: dict[str, Any]) -> list[str]:
    return [str(difference) for difference in route_differences.differences(entries)]


def test_routes_differ_where_outcomes_do_and_the_rules_that_one_alone_broke_are_named() -> None:
    found = differing(
        entry("b/c@eu", "eu", "failed", "r.one", "r.two"),
        entry("b/c@us", "us", "failed", "r.one"),
        entry("a/c@eu", "eu", "passed"),
        entry("a/c@us", "us", "not_applicable"),
    )
    assert found == ["a/c: eu passed; us not applicable", "b/c: eu failed (r.two); us failed"]


def test_routes_that_end_alike_do_not_differ() -> None:
    assert not differing(entry("a@eu", "eu", "failed", "r"), entry("a@us", "us", "failed", "r"))
    assert not differing({"id": "a", "outcome": "failed", "findings": []})


def test_each_time_of_a_repeated_case_is_compared_with_its_like() -> None:
    found = differing(
        entry("a@eu#1", "eu", "passed"),
        entry("a@us#1", "us", "passed"),
        entry("a@eu#2", "eu", "passed"),
        entry("a@us#2", "us", "failed", "r"),
    )
    assert found == ["a#2: eu passed; us failed (r)"]
