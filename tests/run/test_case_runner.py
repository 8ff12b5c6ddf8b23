"""The requests that a case sends, and those that it must not send."""

from __future__ import annotations

import socket
import time

import pytest

from conformance.client.http import Client
from conformance.client.retry import SendLimits, SharedLimits
from conformance.core import data_files
from conformance.core.model import Case, Step
from conformance.reference import DEFAULT_KEY
from conformance.run.case_runner import CaseRunner
from conformance.suite.load import load_cases
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.servers import Said, json_answer, raw, says

pytestmark = pytest.mark.socket

NOBODY = "http://127.0.0.1:9/v1"
CASES = {case.id: case for case in load_cases(data_files.folder("cases"))}


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
        verdict = CaseRunner(target, client).run(CASES[name])
    assert (verdict.outcome, verdict.reason) == ("not_applicable", f"the profile does not offer {lacking}")
    assert verdict.exchanges == ()


def probe(*steps: Step) -> Case:
    return Case("e/p/o", "t", "elsewhere", "p", "elsewhere", "must", "https://h", (), steps, "p.yaml", 1)


def target(origin: str) -> Target:
    return Target(f"{origin}/v1", Profile(endpoints=("elsewhere",)), "k", {"default": "m"})


def test_polling_ends_after_the_time_limit_of_an_exchange() -> None:
    """The time limit is the client's, as set by `--gateway-timeout`, and not the profile's."""
    step = Step({"method": "GET", "until": {"/status": ["completed"]}}, {"outcome": "success"})
    with raw(says(json_answer({"status": "in_progress"}))) as said, Client(timeout=0.5) as client:
        start = time.monotonic()
        CaseRunner(target(said.origin), client).run(probe(step))
        assert time.monotonic() - start < 5
    assert len(said.requests) == 3


def test_a_step_that_may_not_be_sent_waits_for_those_that_go_together_with_it() -> None:
    answered: list[bool] = []

    def slow(connection: socket.socket, said: Said) -> None:
        said.ended.wait(0.5)
        answered.append(True)
        connection.sendall(json_answer({}))

    steps = (Step({"method": "GET", **more}, {"outcome": "success"}) for more in ({}, {"together": True}))
    limits = SharedLimits(SendLimits(requests=1))
    with raw(slow) as said, Client(timeout=5) as client:
        verdict = CaseRunner(target(said.origin), client, limits).run(probe(*steps))
        assert answered == [True]
        assert limits.in_flight == 0
    assert verdict.outcome == "unverified"
    assert "--gateway-max-requests" in verdict.reason


@pytest.mark.parametrize(
    ("capabilities", "reason"),
    [
        ({}, "only tested if the profile claims refuses_unknown_fields"),
        ({"refuses_unknown_fields": False}, "the profile denies refuses_unknown_fields"),
    ],
)
def test_an_unclaimed_optional_capability_is_not_called_denied(capabilities: dict[str, bool], reason: str) -> None:
    case = next(case for case in CASES.values() if case.needs == ("refuses_unknown_fields",))
    with Client(timeout=1) as client:
        verdict = CaseRunner(Target(NOBODY, Profile(capabilities=capabilities), DEFAULT_KEY), client).run(case)
    assert (verdict.outcome, verdict.reason) == ("not_applicable", reason)
