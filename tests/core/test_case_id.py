"""Test ids: the parts for case, route and repetition are joined and split again."""

from __future__ import annotations

import pytest

from conformance.core.case_id import case_id, full_id, without_repetition

CASE = "messages/text/a[x=#1y]"


@pytest.mark.parametrize(
    ("route", "time", "id_"),
    [
        ("", None, CASE),
        ("eu.example", None, f"{CASE}@eu.example"),
        ("", 2, f"{CASE}#2"),
        ("eu.example:8443/a@b", 2, f"{CASE}@eu.example:8443/a@b#2"),
    ],
)
def test_an_id_names_its_parts_and_gives_the_case_back(route: str, time: int | None, id_: str) -> None:
    assert full_id(CASE, route, time) == id_
    assert case_id(id_, route) == CASE
    assert without_repetition(id_) == full_id(CASE, route)


def test_text_that_only_looks_like_a_repetition_or_a_route_stays() -> None:
    assert without_repetition(CASE) == CASE
    assert case_id("messages/text/a@eu", "us") == "messages/text/a@eu"
    assert case_id("messages/text/a@eu") == "messages/text/a@eu"
