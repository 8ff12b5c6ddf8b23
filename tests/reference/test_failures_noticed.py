"""No failure of the upstream ends as a normal answer unnoticed: gateways that swallow each of them are caught."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from conformance.core.model import Case, Verdict
from conformance.reference import DEFAULT_KEY
from conformance.reference.changes import Change, on_events
from conformance.reference.faults.upstream.swallowing import Failed, instead_of_error, swallow
from conformance.reference.gateway import BEHIND, app
from conformance.run import connect
from conformance.run.case_runner import CaseRun, CaseRunner
from conformance.target.profile import load_profile
from conformance.target.target import Target
from tests.support.in_process import InProcessClient, gateway
from tests.support.lanes import UPSTREAMS
from tests.support.proof import AT_ONCE, chosen, told

pytestmark = pytest.mark.proof

CLAIMS = replace(load_profile(connect._REFERENCE_PROFILE), upstreams=UPSTREAMS)
MODEL = "reference-large"
CASES = [case for case in chosen("upstream/failures-*") if case.steps[0].expect["outcome"] == "failure"]
STREAMED = [case for case in CASES if "-cut/" in case.id and case.values["stream"]]
LANE = re.compile(r"(lane|to|upstream|stream)=[a-z_]+,?")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway gives up early, because every silence is tried several times."""
    monkeypatch.setattr(app, "PATIENCE", 0.5)


def kind(case: Case) -> str:
    """The kind and place of a failure, without the lane. The cut points of one family are those of its own stream."""
    return LANE.sub("", case.id)


def verdicts(cases: Sequence[Case], wrong: Change = lambda right: right) -> list[Verdict]:
    """The verdicts on a translating gateway that is wrong in one way, in every lane."""
    transport = gateway(wrong, translations=BEHIND)
    with InProcessClient(transport, CLAIMS.timeout) as client:
        target = Target("http://gateway.test/v1", CLAIMS, DEFAULT_KEY, {"default": MODEL})
        runner = CaseRunner(target, client, provider=transport.provider())
        turns = asyncio.Semaphore(AT_ONCE)

        async def run(case: Case) -> CaseRun:
            async with turns:
                return await runner.run_case(case)

        return [runner.verdict(one.result()) for one in [client.submit(run(case)) for case in cases]]


def test_sixty_kinds_of_failures_are_tried() -> None:
    assert len({kind(case) for case in CASES}) >= 60


def test_a_gateway_that_tells_every_failure_passes() -> None:
    found = verdicts(chosen("upstream/failures-*"))
    assert {verdict.outcome for verdict in found} == {"passed"}, told(found)


SWALLOWING: dict[str, Callable[[Failed], str]] = {
    "empty": lambda _failed: "",
    "apology": lambda _failed: "I am sorry, but something went wrong. Please try again.",
    "words": lambda failed: f"Error: {failed.words}",
    "text-so-far": lambda failed: failed.text or "Yes.",
}


@pytest.mark.parametrize("said", SWALLOWING.values(), ids=SWALLOWING)
def test_a_failure_that_ends_as_a_normal_answer_is_noticed(said: Callable[[Failed], str]) -> None:
    found = verdicts(CASES, swallow(said))
    assert [verdict.case.id for verdict in found if not hidden(verdict)] == [], told(found)


def test_a_stream_that_just_ends_is_noticed() -> None:
    found = verdicts(STREAMED, on_events(instead_of_error(lambda _sent: ())))
    streams = [verdict for verdict in found if verdict.exchanges[0].status == 200]
    assert len(streams) > 100
    assert [verdict.case.id for verdict in streams if not hidden(verdict)] == [], told(found)


def hidden(verdict: Verdict) -> bool:
    rules = {finding.rule for finding in verdict.findings}
    return verdict.outcome == "failed" and "upstream.failure.hidden" in rules
