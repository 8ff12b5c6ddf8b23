"""The added time of gateways: a known delay is measured, failures are counted apart, and bad addresses are told."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conformance.analysis.overhead import Sample, Side, failures, rows
from conformance.client.stopwatch import Timed
from conformance.core.model import Chunk, Exchange
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.reference import DEFAULT_KEY, running_provider
from conformance.reference.gateway import Answer, Answering, Call, create_app
from conformance.reference.serving import serve
from conformance.run.overhead import Plan, Server, failure, measure, request
from tests.support.servers import json_answer, raw, resets, says, unused_port
from tests.support.wire import chat_answer

DELAY = 0.050
JSON_TYPE = (("content-type", "application/json"),)
STREAM_TYPE = (("content-type", "text/event-stream"),)


@contextmanager
def sides(wrap: Callable[[Answering], Answering]) -> Iterator[Mapping[Side, Server]]:
    """A reference gateway whose answers `wrap` changes, and its provider, which does not pause in its streams."""
    with running_provider(pace=0) as (upstream, key, models):
        app = create_app(
            upstream=upstream, upstream_key=key, key=DEFAULT_KEY, models=models,
            around=wrap,
        )  # fmt: skip
        with serve(app) as url:
            yield {
                "gateway": Server(f"{url}/v1", models[0], DEFAULT_KEY, "--gateway-url "),
                "provider": Server(f"{upstream}/v1", models[0], key, "--provider-url "),
            }


def later(answering: Answering) -> Answering:
    async def delayed(call: Call) -> Answer:
        await asyncio.sleep(DELAY)
        return await answering(call)

    return delayed


@pytest.mark.socket
def test_a_known_delay_is_measured() -> None:
    told: list[tuple[int, float]] = []
    plan = Plan("messages", requests=20, at_once=(2,))
    with sides(wrap=later) as servers:
        samples = measure(plan, servers, lambda requests, seconds: told.append((requests, seconds)))
    found = list(rows(samples))
    assert [(row.at_once, row.streamed, row.until) for row in found] == [
        (2, streamed, until)
        for streamed in (False, True)
        for until in (("headers", "first event", "total") if streamed else ("headers", "total"))
    ]
    for row in found:
        assert row.answers == {"gateway": 20 * row.at_once, "provider": 20 * row.at_once}
        assert DELAY <= row.added["p50"].value <= DELAY + 0.04, row
        assert row.added["p50"].low <= row.added["p50"].value <= row.added["p50"].high
        assert not row.added["p50"].is_noise
    assert failures(samples) == {"gateway": Counter(), "provider": Counter()}
    [(requests, seconds)] = told
    assert requests == plan.total() == 8 + 21 * 2 * 4
    assert seconds > 20 * 2 * DELAY


@pytest.mark.socket
def test_failures_are_counted_and_not_measured() -> None:
    numbers = itertools.count(1)

    def limited(answering: Answering) -> Answering:
        async def every_third(call: Call) -> Answer:
            answer = await answering(call)
            return replace(answer, status=429) if next(numbers) > 8 and next(numbers) % 3 == 0 else answer

        return every_third

    with sides(wrap=limited) as servers:
        samples = measure(Plan(requests=20, at_once=(1,)), servers)
    counts = failures(samples)
    assert not counts["provider"]
    assert counts["gateway"].keys() == {"status 429"}
    lost = counts["gateway"]["status 429"]
    assert 5 < lost < 35
    answers = [row.answers["gateway"] for row in rows(samples) if row.until == "headers"]
    assert sum(answers) == 40 - lost


@pytest.mark.socket
@pytest.mark.parametrize(
    "problem", ["status 401", "status 500", "ReadError", "ConnectError", "not an answer of its API"]
)
def test_a_side_that_does_not_answer_is_one_sentence(problem: str) -> None:
    scripts = {
        "status 401": says(json_answer({"error": {"message": "no"}}, 401)),
        "status 500": says(json_answer({}, 500)),
        "ReadError": resets(),
        "not an answer of its API": says(json_answer([])),
    }
    with raw(scripts.get(problem, says())) as said:
        url = f"http://127.0.0.1:{unused_port()}" if problem == "ConnectError" else said.origin
        server = Server(f"{url}/v1", "some-model", "sk-test", "--gateway-url ")
        with pytest.raises(InputError) as error:
            measure(Plan(requests=1, at_once=(1,)), {"gateway": server})
    message = str(error.value)
    assert message.startswith(f"--gateway-url {url}/v1/chat/completions: ")
    assert f"with the model some-model fails ({problem}" in message
    assert message.endswith("check the URL, the key and the model")
    assert "sk-test" not in message


def timed(streamed: bool, status: int | None, headers: tuple[tuple[str, str], ...], *parts: bytes) -> Timed:
    server = Server("http://gateway.test/v1", "m", "sk-test")
    asked = request("chat_completions", server, "Bafigome", streamed)
    chunks = tuple(Chunk(0.1, part) for part in parts)
    return Timed(Exchange("chat_completions", asked, status, headers, chunks), 0.1)


CHUNK = (
    b'data: {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "a"}}]}\n\n'
)
WHOLE = json.dumps(chat_answer()).encode()


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (timed(False, 200, JSON_TYPE, WHOLE), ""),
        (timed(True, 200, STREAM_TYPE, CHUNK, b"data: [DONE]\n\n"), ""),
        (timed(True, 200, STREAM_TYPE), "not a stream with events"),
        (timed(True, 200, STREAM_TYPE, b": ping\n\n"), "not a stream with events"),
        (timed(True, 200, JSON_TYPE, WHOLE), "not a stream with events"),
        (timed(True, 200, STREAM_TYPE, CHUNK, b'data: {"error": {"message": "no"}}\n\n'), "an error with status 200"),
        (timed(False, 200, JSON_TYPE, b'{"error": {"message": "no"}}'), "an error with status 200"),
        (timed(False, 200, JSON_TYPE, b""), "not an answer of its API"),
        (timed(False, 429, JSON_TYPE, WHOLE), "status 429"),
        (timed(False, 302, ()), "status 302"),
    ],
)
def test_only_whole_answers_are_measured(found: Timed, problem: str) -> None:
    assert failure(found) == problem


def test_a_cut_answer_is_not_measured() -> None:
    whole = timed(False, 200, JSON_TYPE, WHOLE)
    cut = replace(whole, exchange=replace(whole.exchange, ended="cut", problem="ReadError"))
    assert failure(cut) == "ReadError"


@pytest.mark.parametrize("family", MAIN)
def test_a_request_has_the_model_and_the_word_and_not_the_key(family: str) -> None:
    asked = request(family, Server("http://gateway.test/v1", "some-model", "sk-test"), "Bafigome", True)
    body = json.loads(asked.body)
    assert (body["model"], body["stream"]) == ("some-model", True)
    assert b"Bafigome" in asked.body
    assert "sk-test" not in repr(asked)


def test_a_plan_has_enough_rounds() -> None:
    assert [Plan(requests=400).rounds(at_once) for at_once in (1, 8, 32)] == [400, 50, 20]
    assert [Plan(requests=5).rounds(at_once) for at_once in (1, 8)] == [5, 5]


def sample(number: int, side: Side, seconds: float, failure: str = "") -> Sample:
    return Sample(1, False, number, side, {} if failure else {"total": seconds}, failure)


def test_the_figures_are_the_gateways_minus_the_providers() -> None:
    samples = [
        sample(number, side, number + extra)
        for number in range(100)
        for side, extra in (("gateway", 0.5), ("provider", 0.0))
    ]
    [row] = rows([*samples, sample(100, "gateway", 0, "status 500"), sample(100, "provider", 100)])
    assert row.answers == {"gateway": 100, "provider": 101}
    assert row.of["gateway"]["p50"] == 49.5
    assert row.added["p50"].value == -0.5
    assert row.added["p50"].is_noise
    assert row.left_out == {"p99": "needs 368 answers from each side, and there are 100"}
