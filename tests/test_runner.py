"""What is sent for a case, and what is not."""

from __future__ import annotations

import pytest

from conformance import data, library
from conformance.client import Client
from conformance.profile import Profile
from conformance.reference import DEFAULT_KEY
from conformance.runner import Runner
from conformance.target import Target

NOBODY = "http://127.0.0.1:9/v1"
CASES = {case.id: case for case in library.load(data.folder("cases"))}


@pytest.mark.parametrize(
    ("name", "offered", "lacking"),
    [
        ("http/concurrency/all-families", ("chat_completions", "responses"), "messages"),
        ("http/concurrency/all-families", ("responses", "messages"), "chat_completions"),
        ("models/openai/one-as-listed", ("models",), "model"),
    ],
)
def test_a_case_that_calls_an_endpoint_which_is_not_offered_does_not_apply(
    name: str, offered: tuple[str, ...], lacking: str
) -> None:
    target = Target(NOBODY, Profile(endpoints=offered), DEFAULT_KEY, {"default": "m"})
    with Client(timeout=1) as client:
        verdict = Runner(target, client).run(CASES[name])
    assert (verdict.outcome, verdict.reason) == ("not_applicable", f"the profile does not offer {lacking}")
    assert verdict.exchanges == ()


@pytest.mark.parametrize(
    ("capabilities", "reason"),
    [
        ({}, "only asked where the profile claims refuses_unknown_fields"),
        ({"refuses_unknown_fields": False}, "the profile denies refuses_unknown_fields"),
    ],
)
def test_what_is_only_asked_where_it_is_claimed_is_not_called_denied(
    capabilities: dict[str, bool], reason: str
) -> None:
    case = next(case for case in CASES.values() if case.needs == ("refuses_unknown_fields",))
    with Client(timeout=1) as client:
        verdict = Runner(Target(NOBODY, Profile(capabilities=capabilities), DEFAULT_KEY), client).run(case)
    assert (verdict.outcome, verdict.reason) == ("not_applicable", reason)
