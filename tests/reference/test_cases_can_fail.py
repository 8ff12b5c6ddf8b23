"""Every case fails on at least one wrong gateway. A case that cannot fail proves nothing about a gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from conformance.core import data_files
from conformance.core.canary import canary
from conformance.core.model import JSON, Case, Headers, Verdict
from conformance.reference import DEFAULT_KEY
from conformance.reference.gateway import BEHIND, Answer, Answering, Call
from conformance.reference.gateway.app import dialect_of
from conformance.reference.gateway.errors import refusal
from conformance.reference.gateway.wire import whole
from conformance.run import connect
from conformance.run.case_runner import CaseRun, CaseRunner
from conformance.suite.load import load_cases
from conformance.target.profile import load_profile
from conformance.target.target import Target
from tests.support.in_process import InProcessClient, gateway
from tests.support.lanes import UPSTREAMS

pytestmark = pytest.mark.proof

AT_ONCE = 8
CLAIMS = replace(load_profile(connect._REFERENCE_PROFILE), upstreams=UPSTREAMS)
MODEL = "reference-large"
WORDS = [canary(f"control plain {endpoint}") for endpoint in ("chat_completions", "responses", "messages")]
"""The words of the control requests. They are answered correctly, because otherwise the model would be at fault."""


def refuses(_right: Answering) -> Answering:
    """A gateway that refuses everything, in the envelope of the endpoint."""

    async def answer(call: Call) -> Answer:
        return refusal(call, dialect_of(call), 400, "No.")

    return answer


def agrees(right: Answering) -> Answering:
    """A gateway that answers every request with a greeting, in the requested shape."""

    async def answer(call: Call) -> Answer:
        return await right(call if _is_control(call) else _greeted(call))

    return answer


def breaks(right: Answering) -> Answering:
    """A gateway that answers with 500 and an HTML page, but not to control requests: it is not down."""

    async def answer(call: Call) -> Answer:
        if _is_control(call):
            return await right(call)
        return Answer(500, (("content-type", "text/html"),), whole(b"<h1>Internal Server Error</h1>"))

    return answer


def _is_control(call: Call) -> bool:
    """Whether a request is a plain control request, or the one for the list of models."""
    is_list = (call.method, call.target) == ("GET", b"/v1/models")
    with_key = ("authorization", f"Bearer {DEFAULT_KEY}") in call.headers
    return (is_list and with_key) or any(word.encode() in call.body for word in WORDS)


def _greeted(call: Call) -> Call:
    """Replaces a call by one that asks for the text hello at an endpoint of the same family."""
    headers: Headers = (("authorization", f"Bearer {DEFAULT_KEY}"), ("content-type", "application/json"))
    if dialect_of(call) == "anthropic":
        headers = (*headers, ("anthropic-version", "2023-06-01"))
    if "/models" in call.path:
        return replace(call, method="GET", path=f"/v1/models/{MODEL}", headers=headers, body=b"")
    asked = _object(call.body)
    path, question = _question(call.path)
    body = {"model": MODEL, "stream": asked.get("stream") is True, **question}
    return replace(
        call, method="POST", path=path, target=path.encode(), headers=headers, body=json.dumps(body).encode()
    )


def _question(path: str) -> tuple[str, dict[str, JSON]]:
    messages = [{"role": "user", "content": "Reply with exactly: hello"}]
    if "messages" in path:
        return "/v1/messages", {"max_tokens": 16, "messages": messages}
    if "responses" in path:
        return "/v1/responses", {"input": "Reply with exactly: hello"}
    return "/v1/chat/completions", {"messages": messages}


def _object(body: bytes) -> dict[str, JSON]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def verdicts(cases: Sequence[Case], wrong: Callable[[Answering], Answering]) -> list[Verdict]:
    """The verdicts on a gateway that is wrong in one way."""
    transport = gateway(wrong, translations=BEHIND)
    with InProcessClient(transport, CLAIMS.timeout) as client:
        target = Target("http://gateway.test/v1", CLAIMS, DEFAULT_KEY, {"default": MODEL})
        runner = CaseRunner(target, client, provider=transport.provider())
        turns = asyncio.Semaphore(AT_ONCE)

        async def run(case: Case) -> CaseRun:
            async with turns:
                return await runner.run_case(case)

        return [runner.verdict(one.result()) for one in [client.submit(run(case)) for case in cases]]


def fails(verdict: Verdict) -> bool:
    """Whether the wrong answer breaks the case, at the case's level."""
    return verdict.outcome == "failed" or (verdict.case.level == "should" and verdict.outcome == "warned")


def test_every_case_fails_at_a_wrong_gateway() -> None:
    cases: Sequence[Case] = load_cases(data_files.folder("cases"), CLAIMS.serves)
    for wrong in (breaks, refuses, agrees):  # nearly every case fails at the first, so the others have few to run
        cases = [verdict.case for verdict in verdicts(cases, wrong) if not fails(verdict)]
    assert [case.id for case in cases] == []


def test_every_case_of_the_matrix_passes_at_the_reference_gateway() -> None:
    cases = [case for case in load_cases(data_files.folder("cases"), CLAIMS.serves) if case.family == "matrix"]
    assert len(cases) == 12
    assert {verdict.outcome for verdict in verdicts(cases, lambda right: right)} == {"passed"}


def test_a_model_that_is_left_out_of_an_endpoint_has_to_be_refused_there() -> None:
    served = {"no-such-model-7c1f": ["messages"], MODEL: ["chat_completions", "responses", "messages"]}
    cases = [case for case in load_cases(data_files.folder("cases"), served) if "-refuses[" in case.id]
    assert [case.id for case in cases] == [
        "matrix/model-endpoint/chat-refuses[refused=no-such-model-7c1f]",
        "matrix/model-endpoint/responses-refuses[refused=no-such-model-7c1f]",
    ]
    assert {verdict.outcome for verdict in verdicts(cases, lambda right: right)} == {"passed"}
    assert {verdict.outcome for verdict in verdicts(cases, agrees)} == {"warned"}
