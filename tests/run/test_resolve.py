"""$names are resolved in the same way while a case is run and when its exchanges are judged again."""

from __future__ import annotations

import pytest

from conformance.client.http import Client
from conformance.core.canary import canary
from conformance.core.model import Case, Step
from conformance.run.case_runner import CaseRun, CaseRunner
from conformance.suite.resolve import resolve_steps
from conformance.target.claims import claimed_profile, claims_document
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.servers import json_answer, raw, says

pytestmark = pytest.mark.socket

ID = "elsewhere/probe/one"
PROFILE = Profile(endpoints=("elsewhere",), limits={"body_bytes": 40})
FIRST = Step({"method": "GET"}, {"outcome": "success"}, keep={"first": "/id"})
SECOND = Step({"raw": "$first of $model"}, {"outcome": "success"}, keep={"second": "/none"})
TOGETHER = Step({"raw": "$canary", "together": True}, {"outcome": "success"})
THIRD = Step({"raw": "$second"}, {"outcome": "success"})
WORDED = Step({"method": "GET"}, {"outcome": "success"}, keep={"word": {"at": "/text", "word": 2}})
WORD = Step({"raw": "$word"}, {"outcome": "success"})
UNWORDED = Step({"method": "GET"}, {"outcome": "success"}, keep={"word": {"at": "/text", "word": 4}})
LONG = Step({"raw": ["x", {"$repeat": "y", "times": "$body_limit"}]}, {"outcome": "success"})  # type: ignore[list-item]  # a template


def run(case: Case) -> CaseRun:
    """Runs a case against a server that always answers with the id `seven` and a text of three words."""
    with raw(says(json_answer({"id": "seven", "text": "red  green blue"}))) as server, Client(timeout=5) as client:
        runner = CaseRunner(Target(f"{server.origin}/v1", PROFILE, "k", {"default": "m"}), client)
        return client.submit(runner.run_case(case)).result(30)


@pytest.mark.parametrize(
    ("steps", "sent", "bodies"),
    [
        ([FIRST, SECOND], 2, [None, "seven of m"]),
        ([WORDED, WORD], 2, [None, "green"]),
        ([UNWORDED, WORD], 1, [None, "$word"]),
        ([LONG], 1, [["x", "y" * 40]]),
        ([FIRST, SECOND, TOGETHER, THIRD], 3, [None, "seven of m", canary(ID), "$second"]),
        ([FIRST, THIRD, TOGETHER], 1, [None, "$second", "$canary"]),
    ],
    ids=["kept", "word", "word-missing", "body-limit", "kept-value-missing", "group-not-sent"],
)
def test_a_run_and_judging_it_again_resolve_the_same(steps: list[Step], sent: int, bodies: list[object]) -> None:
    case = Case(ID, "t", "elsewhere", "p", "elsewhere", "must", "https://h", (), tuple(steps), "p.yaml", 1)
    done = run(case)
    assert len(done.exchanges) == sent
    assert [step.request.get("raw") for step in done.case.steps] == bodies
    claimed = claimed_profile(claims_document(PROFILE))
    assert resolve_steps(case, lambda _: "m", claimed, done.exchanges) == done.case
