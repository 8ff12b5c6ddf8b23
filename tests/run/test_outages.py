"""Gateways that fail in the middle of a run: what is still sent, and what counts against them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis import rejudge
from conformance.analysis.gate import Gate, fails_run
from conformance.client import patience, retry
from conformance.client.retry import MAX_SILENCE, SendLimits, SharedLimits
from conformance.core import data_files
from conformance.core.model import Case, Verdict
from conformance.core.reasons import NOT_AWAITED, STOPPED
from conformance.judge import timing_limits
from conformance.judge.inconclusive import late
from conformance.records import run_document
from conformance.records.run_format import GatewayFacts
from conformance.reference import DEFAULT_KEY
from conformance.reference.changes import Change
from conformance.reference.changes.asked import family_of
from conformance.reference.changes.replies import refuse, reply_bytes
from conformance.reference.gateway import Answer, Answering, BrokenOffError, Call
from conformance.reference.gateway.wire import without
from conformance.reference.switch import misbehaviour
from conformance.run import case_runner, connect
from conformance.run.case_runner import CaseRun, CaseRunner
from conformance.run.preflight import prepare
from conformance.target.claims import claims_document
from conformance.target.profile import load_profile
from conformance.target.target import Target
from tests.support.in_process import InProcessClient, gateway
from tests.support.proof import chosen

REFUSALS = "messages/errors/* chat_completions/errors/no-m* routing/*"
MIXED = f"{REFUSALS} messages/text/*"
DOWN = reply_bytes(503, b"no healthy upstream")


@dataclass
class Front:
    """A proxy in front of the gateway: `act` chooses a change for a call, by the number of calls before it.

    The preflight passes unchanged.
    """

    act: Callable[[Call, int], Change | None]
    is_open: bool = False
    calls: list[Call] = field(default_factory=list)

    def around(self, answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            if not self.is_open:
                return await answering(call)
            self.calls.append(call)
            change = self.act(call, len(self.calls) - 1)
            return await (change(answering) if change else answering)(call)

        return answer


@contextmanager
def runner(front: Front, timeout: float = 5.0) -> Iterator[tuple[CaseRunner, InProcessClient]]:
    """A runner with two retries in front of the reference gateway, in this process."""
    claims = load_profile(connect._REFERENCE_PROFILE)
    with InProcessClient(gateway(front.around), timeout) as client:
        target = prepare("http://gateway.test/v1", claims, DEFAULT_KEY, (), client)
        front.is_open = True
        yield CaseRunner(target, client, SharedLimits(SendLimits(at_once=4, retries=2))), client


def verdicts(front: Front, cases: list[Case], timeout: float = 5.0, at_once: int = 4) -> list[Verdict]:
    with runner(front, timeout) as (running, client):
        turns = asyncio.Semaphore(at_once)

        async def one(case: Case) -> CaseRun:
            async with turns:
                return await running.run_case(case)

        found = [running.verdict(run.result()) for run in [client.submit(one(case)) for case in cases]]
    assert_reproducible(found, running._target, cases)
    return found


def assert_reproducible(found: list[Verdict], target: Target, cases: list[Case]) -> None:
    """Checks that run.json has all that is needed to judge these cases again."""
    gateway: GatewayFacts = {
        "base_url": target.base_url,
        "models": dict(target.models),
        "claims": claims_document(target.profile),
    }
    document = run_document.document(gateway, "2026-01-01T00:00:00+00:00", 1.0, [*map(run_document.verdict, found)])
    Draft202012Validator(data_files.schema("report.schema.json")).validate(document)
    assert rejudge.verify(document, cases).differences == ()


@pytest.fixture(autouse=True)
def without_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "BACKOFF", (0.0,))


def of_level_must(found: list[Verdict]) -> list[str]:
    return [f"{one.case.id}: {finding.rule}" for one in found for finding in one.findings if finding.level == "must"]


@pytest.mark.parametrize("change", [DOWN, reply_bytes(500, b"oops"), refuse(502, "Bad gateway")])
def test_a_gateway_that_is_down_from_a_request_on_is_not_blamed_and_gets_few_more(change: Change) -> None:
    healthy = 30
    front = Front(lambda _call, before: change if before >= healthy else None)
    cases = chosen(MIXED)
    found = verdicts(front, cases)
    stopped = [one for one in found if one.reason.startswith(STOPPED)]
    assert len(stopped) > len(cases) / 2
    assert len({one.reason for one in stopped}) == 1
    assert len(front.calls) <= healthy + 8 * MAX_SILENCE
    if change is not DOWN:
        found = [one for one in found if one.case.steps[0].expect["outcome"] == "refusal"]
    assert of_level_must(found) == []


def test_a_gateway_without_one_endpoint_is_not_blamed_for_refusals_there() -> None:
    """The model list is still sent, so the gateway is not down; plain requests to the endpoint show its outage."""
    front = Front(lambda call, before: DOWN if before >= 10 and family_of(call) == "messages" else None)
    found = verdicts(front, chosen("messages/errors/*"))
    assert not any(one.reason.startswith(STOPPED) for one in found)
    assert of_level_must(found) == []
    late = [one for one in found if one.outcome == "unverified"]
    assert len(late) > len(found) / 2
    assert {reason for one in late if "plain request" in (reason := one.reason)} == {
        "the gateway answered 503, and a plain request after it got no answer either"
    }


def test_a_run_without_an_answer_of_one_endpoint_fails() -> None:
    front = Front(lambda call, _before: DOWN if family_of(call) == "messages" else None)
    found = verdicts(front, chosen("messages/{errors/no-m,text/system-and}* chat_completions/errors/no-m*"))
    entries = [run_document.verdict(one) for one in found]
    document = run_document.document({"base_url": "", "name": "", "models": {}, "notes": []}, "", 1.0, entries)
    assessment = Gate(fail_on="regression").assess(document, ())
    assert assessment.silent == ("messages",)
    assert fails_run(assessment, "regression", failed_tests=True)


def test_a_gateway_that_answers_503_to_invalid_bodies_only_is_judged() -> None:
    fault = misbehaviour(["error-status-503-messages"])
    found = verdicts(Front(lambda _call, _before: fault), chosen("messages/errors/*"))
    refused = [one for one in found if "case.status" in {finding.rule for finding in one.findings}]
    assert len(refused) > MAX_SILENCE
    assert {one.outcome for one in refused} == {"failed"}
    reasons = {one.reason for one in found if one.outcome == "unverified"}
    assert all(
        reason.startswith("the gateway answered 503: ") for reason in reasons
    )  # where an answer is accepted, too


def test_server_errors_at_random_are_told_and_not_blamed() -> None:
    chance = random.Random(7)
    front = Front(lambda _call, _before: refuse(500, "Oops.") if chance.random() < 0.1 else None)
    found = verdicts(front, chosen("messages/errors/*"))
    assert {one.outcome for one in found} <= {"passed", "not_applicable"}
    told = [finding for one in found for finding in one.findings if finding.rule == "case.intermittent"]
    assert told
    assert {finding.level for finding in told} == {"may"}
    assert any(finding.got == "status 500, and then status 400" for finding in told)


def cut(answering: Answering) -> Answering:
    """The connection breaks after the first bytes of the body."""

    async def broken(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for data in body:
            yield data[:10]
            raise BrokenOffError

    async def answer(call: Call) -> Answer:
        given = await answering(call)
        return replace(given, headers=without(given.headers, frozenset({"content-length"})), body=broken(given.body))

    return answer


BUSY = refuse(429, "Slow down.")


@pytest.mark.parametrize(
    ("tries", "outcome"),
    [
        ((cut,), "passed"),
        ((cut, cut), "passed"),
        ((cut, cut, cut), "passed"),
        ((cut,) * (3 + retry.CONFIRMATIONS), "failed"),
        ((BUSY, BUSY, cut), "passed"),
        ((refuse(503, "Overloaded."), *(cut,) * 4), "unverified"),
    ],
)
def test_a_broken_connection_counts_if_every_try_breaks(tries: tuple[Change, ...], outcome: str) -> None:
    front = Front(lambda _call, before: tries[before] if before < len(tries) else None)
    [found] = verdicts(front, chosen("messages/text/system-and*stream=false]")[:1])
    assert found.outcome == outcome, found.findings
    rules = {finding.rule for finding in found.findings}
    assert ("http.connection.cut" in rules) is (outcome == "failed")
    assert ("case.intermittent" in rules) is (outcome == "passed")
    if outcome == "unverified":
        assert found.reason.startswith("the connection broke, but not at each try of the request")


def vanish(_answering: Answering) -> Answering:
    """The connection breaks before the answer begins."""

    async def answer(_call: Call) -> Answer:
        raise BrokenOffError

    return answer


NOISE = ((0.025, BUSY), (0.025, refuse(503, "Overloaded.")), (0.01, cut), (0.01, vanish))
"""Shares of the requests, and what happens to them."""


def test_noise_breaks_no_must_rule() -> None:
    """5 % of 429 and 503 and 2 % of broken connections, as in a busy hour of a correct gateway."""
    chance = random.Random(1)
    shares, changes = zip(*NOISE, strict=True)

    def act(_call: Call, _before: int) -> Change | None:
        [change] = chance.choices([*changes, None], [*shares, 1 - sum(shares)])
        return change

    front = Front(act)
    found = verdicts(front, chosen("{messages,chat_completions}/{text,errors}/*"), timeout=30)
    assert len(front.calls) > 150
    assert of_level_must(found) == []
    assert [one.outcome for one in found].count("unverified") < len(found) / 10
    assert any(one.attempts for one in found)


def test_what_a_broken_try_has_deleted_need_not_be_found_again() -> None:
    hit: list[Call] = []

    def act(call: Call, _before: int) -> Change | None:
        if call.method != "DELETE" or hit:
            return None
        hit.append(call)
        return cut

    [found] = verdicts(Front(act), chosen("responses/conversations/deleted"))
    assert (found.outcome, of_level_must([found])) == ("unverified", [])
    assert found.reason == "the connection broke at the first try, which may have deleted it all the same"


def test_a_gateway_that_breaks_every_connection_is_soon_believed() -> None:
    front = Front(lambda call, _before: cut if is_stream(call) else None)
    found = verdicts(front, chosen(STREAMS), at_once=1)
    blamed = [one for one in found if one.outcome == "failed"]
    assert len(blamed) > retry.BELIEVED
    tries = Counter(call.body for call in front.calls if is_stream(call))
    assert sum(count - 3 for count in tries.values()) == retry.BELIEVED * retry.CONFIRMATIONS


def hang(answering: Answering) -> Answering:
    """Streams stop after their first bytes."""

    async def stalled(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for data in body:
            yield data
            await asyncio.sleep(60)

    async def answer(call: Call) -> Answer:
        given = await answering(call)
        return replace(given, body=stalled(given.body))

    return answer


def is_stream(call: Call) -> bool:
    return b'"stream": true' in call.body


STREAMS = "messages/{text,unicode,tools}/*stream=true]"


def test_after_a_few_streams_that_hang_the_others_get_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "RECHECK", 100)
    front = Front(lambda call, _before: hang if is_stream(call) else None)
    cases = chosen("messages/text/*")
    found = verdicts(front, cases, timeout=0.5, at_once=1)
    streams = [one for one in found if any(step.request.get("body", {}).get("stream") for step in one.case.steps)]
    blamed = [one for one in streams if one.outcome == "failed"]
    assert len(blamed) == patience.HANGS
    assert all("case.answered" in {finding.rule for finding in one.findings} for one in blamed)
    rest = [one for one in streams if one.outcome != "failed"]
    assert rest
    assert {(one.outcome, one.reason) for one in rest} == {(
        "unverified",
        f"{NOT_AWAITED}3 messages streams in a row had no end within 0.5 s, and this one had none within 0.05 s",
    )}  # fmt: skip
    assert {one.outcome for one in found if one not in streams} == {"passed"}


def test_a_gateway_with_one_slow_stream_is_waited_for() -> None:
    hung: list[bytes] = []

    def act(call: Call, before: int) -> Change | None:
        if is_stream(call) and before > 8 and not hung:
            hung.append(call.body)
        return hang if call.body in hung else None

    found = verdicts(Front(act), chosen(STREAMS), timeout=0.5, at_once=1)
    assert [one.outcome for one in found].count("failed") == 1
    assert {one.outcome for one in found} == {"failed", "passed"}


def late_at_once(answering: Answering) -> Answering:
    """The body arrives late and in one piece."""

    async def collected(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        pieces = [data async for data in body]
        await asyncio.sleep(0.3)
        yield b"".join(pieces)

    async def answer(call: Call) -> Answer:
        given = await answering(call)
        return replace(given, body=collected(given.body))

    return answer


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the limits about time so short that the tests need not wait for seconds."""
    monkeypatch.setattr(timing_limits, "BURST_AFTER_SECONDS", 0.1)
    monkeypatch.setattr(timing_limits, "BUFFERED_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(timing_limits, "BUFFERED_SHARE", 1.0)
    monkeypatch.setattr(timing_limits, "BUFFERED_EVENTS", 10)
    monkeypatch.setattr(late, "SHORTEST", 0.2)


LONG = "messages/{text/long-answer,limits/max,unicode/emoji,unicode/right,unicode/com,unicode/quotes}*stream=true]"
"""Streams with enough events to be late; each waits for 0.3 s."""


@pytest.mark.usefixtures("_hasty")
def test_a_case_that_is_late_once_is_measured_again() -> None:
    front = Front(lambda call, _before: late_at_once if [*map(is_stream, front.calls)].count(True) == 1 else None)
    [found] = verdicts(front, chosen("messages/limits/max-tokens*stream=true]")[:1])
    assert found.outcome == "passed"
    assert [(one.step, one.got) for one in found.attempts] == [(0, "timing.stream.buffered is broken")]


@pytest.mark.usefixtures("_hasty")
def test_a_gateway_that_is_always_late_is_blamed_and_soon_believed() -> None:
    front = Front(lambda call, _before: late_at_once if is_stream(call) else None)
    cases = chosen(LONG)
    found = verdicts(front, cases, at_once=1)
    blamed = [one for one in found if "timing.stream.buffered" in {finding.rule for finding in one.findings}]
    assert {one.outcome for one in blamed} == {"failed"}
    assert len(blamed) > case_runner.BELIEVED
    bodies = Counter(call.body for call in front.calls)
    assert sum(count - 1 for count in bodies.values()) == case_runner.BELIEVED
