"""The greedy order of cases: the most new faults per cost first."""

from __future__ import annotations

from conformance.suite import greedy
from conformance.suite.greedy import Candidate


def case(name: str, notices: str, requests: int = 1, tokens: int = 0, controls: str = "") -> Candidate:
    return Candidate(name, requests, tokens, frozenset(controls.split()), frozenset(notices))


def ordered(*cases: Candidate, faults: str = "abcdef") -> list[str]:
    return [found.id for found in greedy.order(cases, dict.fromkeys(faults, 1.0))]


def test_a_case_with_new_faults_comes_before_a_broader_one() -> None:
    assert ordered(case("broad", "abcd"), case("same", "abc"), case("new", "ef")) == ["broad", "new", "same"]


def test_requests_and_tokens_are_costs() -> None:
    assert ordered(case("two", "abc", requests=2), case("one", "de")) == ["one", "two"]
    assert ordered(case("long", "abc", tokens=greedy.TOKENS), case("short", "de")) == ["short", "long"]


def test_control_requests_have_no_price() -> None:
    assert ordered(case("more", "abc", controls="recalls relays"), case("plain", "de")) == ["more", "plain"]


def test_ties_go_to_the_broader_case_and_then_to_the_first_id() -> None:
    assert ordered(case("b", "c"), case("a", "d"), case("d", "ab"), case("c", "ab", requests=2)) == ["d", "a", "b", "c"]


def test_a_fault_that_is_noticed_already_still_counts() -> None:
    assert ordered(case("z", "ab"), case("none", ""), case("again", "a")) == ["z", "again", "none"]


def test_a_fault_may_keep_more_of_its_weight() -> None:
    cases = [case("both", "ab"), case("kept", "a"), case("lost", "b"), case("new", "c")]
    weights = {"a": 1.0, "b": 1.0, "c": 0.5}
    found = [one.id for one in greedy.order(cases, weights, {"a": 0.9})]
    assert found == ["both", "kept", "new", "lost"]


def test_faults_without_a_weight_do_not_count() -> None:
    assert ordered(case("a", "xyz"), case("b", "a"), faults="a") == ["b", "a"]


def test_every_case_has_a_place() -> None:
    cases = [case(f"c{number}", "") for number in range(5)]
    assert sorted(ordered(*cases)) == [found.id for found in cases]
