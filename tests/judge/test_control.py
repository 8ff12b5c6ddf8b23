"""Control requests: a plain request shows whether the model or the gateway is at fault."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from conformance.client.build_request import request
from conformance.core.canary import canary
from conformance.core.model import Exchange, Step
from conformance.judge import control
from conformance.judge.abilities import ABILITIES
from conformance.judge.control import judge_control, same_error
from conformance.protocol.reading import Reading
from conformance.run import control_requests
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.wire import (
    CHAT,
    MESSAGES,
    RESPONSES,
    anthropic_error,
    chat_answer,
    chat_stream,
    exchange,
    messages_answer,
    openai_error,
)

WORD = "Bafilomu"


def shown(found: Exchange) -> tuple[bool, bool, bool]:
    result = judge_control(Reading(found), WORD)
    assert result.exchange is found
    return result.offered, result.answers, result.obeys


def test_a_model_that_says_the_word_obeys() -> None:
    assert shown(exchange(CHAT, chat_answer(f"Sure: {WORD.upper()}!"))) == (True, True, True)
    assert shown(exchange(MESSAGES, messages_answer(WORD))) == (True, True, True)


def test_a_model_that_says_something_else_answers() -> None:
    assert shown(exchange(CHAT, chat_answer("I am a teapot"))) == (True, True, False)


@pytest.mark.parametrize(
    "found",
    [
        exchange(CHAT, chat_stream(WORD), stream=True),
        exchange(CHAT, "<html>welcome</html>"),
        exchange(CHAT, "[1, 2]"),
        exchange(CHAT, openai_error("overloaded"), 503),
        exchange(CHAT, openai_error("wrong key"), 401),
        exchange(CHAT, b"", status=None, ended="timeout"),
    ],
    ids=range(6),
)
def test_an_answer_that_is_not_plain_text_does_not_count(found: Exchange) -> None:
    assert shown(found) == (True, False, False)


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize(
    "body",
    ["404 page not found", "", openai_error("Invalid URL (POST /v1/responses)"), {"detail": "Not Found"}],
    ids=range(4),
)
def test_a_path_that_is_not_served_is_not_offered(status: int, body: Any) -> None:
    assert shown(exchange(RESPONSES, body, status)) == (False, False, False)


@pytest.mark.parametrize(
    "body",
    [openai_error("The model `m` does not exist"), openai_error("no such thing", code="model_not_found"),
     openai_error("'gpt-oss' is not known here"), anthropic_error("model: m")],
    ids=range(4),
)  # fmt: skip
def test_a_model_that_is_not_found_shows_that_the_endpoint_is_there(body: Any) -> None:
    assert shown(exchange(CHAT, body, 404, ask={"model": "gpt-oss"})) == (True, False, False)


@pytest.mark.parametrize("status", [404, 405, 501])
@pytest.mark.parametrize(
    "body",
    [
        openai_error("Stored responses are not implemented; set store to false."),
        openai_error("max_output_tokens is required"),
        openai_error("Not implemented", param="store"),
        openai_error("Not implemented", code="unsupported_parameter"),
        openai_error("Unsupported parameter: 'store'"),
        openai_error("The parameter input must be a list"),
        openai_error("`input` is not a list"),
        openai_error("input: expected a list"),
        {"detail": "the field instructions is missing"},
        "previous_response_id is not supported",
    ],
    ids=range(10),
)
def test_a_refusal_that_names_a_parameter_shows_that_the_endpoint_is_there(status: int, body: Any) -> None:
    assert shown(exchange(RESPONSES, body, status)) == (True, False, False)
    error = judge_control(Reading(exchange(RESPONSES, body, status)), WORD).error
    assert error.startswith(f"status {status}: ")


@pytest.mark.parametrize(
    "body",
    [
        "Cannot POST /v1/responses",
        "no Route matched with those values",
        openai_error("Unknown request URL: POST /v1/responses. Please check the URL for typos, or see the docs."),
        openai_error("The Responses API is not supported; use chat_completions, or /v1/messages with messages."),
        {"detail": "Not Found", "input": None, "metadata": {}, "user": ""},
        {"message": "The requested resource is not found. Include the version in the path", "statusCode": 404},
        {"error": {"message": "Not Found", "param": None, "code": "unknown_url", "type": "invalid_request_error"}},
        {"error": "this text generation server has no such endpoint; see the user guide, tools and reasoning"},
        '<html><form>Search: <input type="text" name="user"></form> 404: not found, input: none</html>',
        "error in store: no such route",
    ],
    ids=range(10),
)
def test_other_words_do_not_show_that_an_endpoint_is_there(body: Any) -> None:
    assert shown(exchange(RESPONSES, body, 404)) == (False, False, False)


@pytest.mark.parametrize(("statuses", "offered"), [([404, 404], False), ([404, 200], True), ([200], True)])
def test_an_endpoint_that_is_not_there_is_asked_twice(statuses: list[int], offered: bool) -> None:
    left = [*statuses]

    async def send(step: Step, endpoint: str) -> Exchange:
        status = left.pop(0)
        return exchange(CHAT, chat_answer(WORD) if status == 200 else "404 page not found", status)

    controls = control_requests.Controls(send, Target("http://h/v1", Profile(), "k", {"default": "d"}))
    assert asyncio.run(controls.get(CHAT)).offered is offered
    assert left == []


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (exchange(CHAT, openai_error("max_tokens is required"), 400), 'status 400: "max_tokens is required"'),
        (exchange(CHAT, openai_error("slow down"), 429), ""),
        (exchange(CHAT, chat_answer(WORD)), ""),
        (exchange(CHAT, b"", status=None, ended="timeout"), ""),
    ],
    ids=range(4),
)
def test_a_refusal_is_kept_with_its_words(found: Exchange, error: str) -> None:
    assert judge_control(Reading(found), WORD).error == error


def test_equal_errors_may_have_other_request_ids() -> None:
    assert same_error("status 400: 'no (request id: req_1a)'", "status 400: 'no (request id: req_2b)'")
    assert not same_error("status 400: 'no'", "status 422: 'no'")
    assert not same_error("status 400: 'no'", "status 400: 'never'")
    assert not same_error("", "")


def test_each_control_is_sent_once_with_the_model_and_a_word() -> None:
    target = Target("http://h/v1", Profile(), "k", {"default": "d", "messages": "c"})
    sent: list[tuple[str, Any]] = []

    async def send(step: Step, endpoint: str) -> Exchange:
        sent.append((endpoint, json.loads(request(step, endpoint, target).body)))
        word = canary(f"control plain {endpoint}")
        return exchange(endpoint, messages_answer(word) if endpoint == MESSAGES else chat_answer("no"))

    async def asked() -> list[bool]:
        controls = control_requests.Controls(send, target)
        together = await asyncio.gather(*(controls.get(name) for name in (MESSAGES, CHAT, MESSAGES)))
        return [found.obeys for found in (*together, await controls.get(CHAT))]

    assert asyncio.run(asked()) == [True, False, True, False]
    assert [(name, body["model"]) for name, body in sent] == [(MESSAGES, "c"), (CHAT, "d")]
    assert canary("control plain messages") in sent[0][1]["messages"][0]["content"]


@pytest.mark.parametrize(("able", "found"), [((), False), ((MESSAGES,), True), ((CHAT, MESSAGES), True)])
def test_recall_shown_at_one_endpoint_counts_for_all(able: tuple[str, ...], found: bool) -> None:
    target = Target("http://h/v1", Profile(endpoints=(CHAT, MESSAGES)), "k", {"default": "d"})
    asked: list[str] = []

    async def send(step: Step, endpoint: str) -> Exchange:
        asked.append(endpoint)
        word = canary(f"control recall {endpoint}") if endpoint in able else "no"
        return exchange(endpoint, messages_answer(word) if endpoint == MESSAGES else chat_answer(word))

    async def twice() -> list[bool]:
        controls = control_requests.Controls(send, target)
        return [await controls.shows("recalls"), await controls.shows("recalls")]

    assert asyncio.run(twice()) == [found, found]
    assert len(asked) == (1 if CHAT in able else 2)


@pytest.mark.parametrize(
    ("asked", "served", "offered"),
    [
        ("count_tokens", (MESSAGES,), True),
        ("count_tokens", (CHAT, RESPONSES), False),
        ("models_anthropic", (CHAT,), False),
        ("models", (CHAT,), True),
        ("models", (RESPONSES,), True),
        ("model", (MESSAGES,), False),
        ("elsewhere", (), True),
    ],
)
def test_an_endpoint_without_a_model_is_offered_if_a_related_endpoint_is(
    asked: str, served: tuple[str, ...], offered: bool
) -> None:
    async def send(step: Step, endpoint: str) -> Exchange:
        if endpoint not in served:
            return exchange(endpoint, openai_error("Invalid URL"), 404)
        return exchange(endpoint, messages_answer() if endpoint == MESSAGES else chat_answer())

    controls = control_requests.Controls(send, Target("http://h/v1", Profile(), "k", {"default": "d"}))
    assert asyncio.run(controls.get(asked)).offered is offered


@pytest.mark.parametrize(("plain", "asked", "obeys"), [("", 2, True), ("Hello", 1, False)])
def test_a_model_without_words_may_show_in_a_stream_that_it_obeys(plain: str, asked: int, obeys: bool) -> None:
    target = Target("http://h/v1", Profile(), "k", {"default": "d"})
    sent: list[bool] = []

    async def send(step: Step, endpoint: str) -> Exchange:
        sent.append(bool(step.request["body"].get("stream")))
        word = canary(f"control plain {endpoint}")
        return exchange(CHAT, chat_stream(word), stream=True) if sent[-1] else exchange(CHAT, chat_answer(plain))

    assert asyncio.run(control_requests.Controls(send, target).get(CHAT)).obeys is obeys
    assert sent == [False, True][:asked]


@pytest.mark.parametrize(("able", "asked", "found"), [(False, 6, False), (True, 1, True)])
def test_a_model_fills_in_values_where_it_shows_so_in_any_way(able: bool, asked: int, found: bool) -> None:
    target = Target("http://h/v1", Profile(), "k", {"default": "d"})
    sent: list[str] = []

    async def send(step: Step, endpoint: str) -> Exchange:
        sent.append(endpoint)
        city = canary(f"control arguments {endpoint}") if able else "text"
        call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": json.dumps(city)}}
        answer = chat_answer("")
        answer["choices"][0]["message"]["tool_calls"] = [call]
        return exchange(CHAT, answer)

    assert asyncio.run(control_requests.Controls(send, target).shows("fills")) is found
    assert len(sent) == asked


@pytest.mark.parametrize(("obeys", "calls"), [(True, 0), (False, 0), (False, 1), (False, 2)])
def test_a_model_shows_that_it_abstains_and_that_it_makes_two_calls(obeys: bool, calls: int) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}

    async def send(step: Step, endpoint: str) -> Exchange:
        answer = chat_answer(canary(f"control tool_at_hand {endpoint}") if obeys else "Hello")
        answer["choices"][0]["message"] |= {"tool_calls": [call] * calls} if calls else {}
        return exchange(CHAT, answer)

    controls = control_requests.Controls(send, Target("http://h/v1", Profile(), "k", {"default": "d"}))
    assert asyncio.run(controls.shows("abstains")) is obeys
    controls = control_requests.Controls(send, Target("http://h/v1", Profile(), "k", {"default": "d"}))
    assert asyncio.run(controls.shows("pairs")) is (calls == 2)


@pytest.mark.parametrize(
    ("ability", "said", "shown"),
    [
        ("collects", "{word}-ash {word}-elm {word}-oak", True),
        ("collects", "{word}-oak", False),
        ("sees", "The picture is red.", True),
        ("sees", "I see no picture.", False),
        ("reads_schemas", "{word}", True),
        ("reads_schemas", "badge", False),
    ],
)
def test_a_model_shows_that_it_collects_words_sees_pictures_and_reads_schemas(
    ability: str, said: str, shown: bool
) -> None:
    request_name = ABILITIES[ability].request
    sent: list[str] = []

    async def send(step: Step, endpoint: str) -> Exchange:
        sent.append(endpoint)
        return exchange(CHAT, chat_answer(said.format(word=canary(f"control {request_name} {endpoint}"))))

    controls = control_requests.Controls(send, Target("http://h/v1", Profile(endpoints=(CHAT,)), "k", {"default": "d"}))
    assert asyncio.run(controls.shows(ability)) is shown
    assert set(sent) == {CHAT}


def test_the_abilities_that_a_verdict_lacked_are_those_that_it_is_judged_without() -> None:
    lacking = control.without(("sees", "fills"))
    assert lacking.lacks == ("fills", "sees")
    assert control.without(()) == control.ASSUMED


def test_endpoints_in_the_profile_need_no_control_request() -> None:
    async def send(step: Step, endpoint: str) -> Exchange:
        raise AssertionError("nothing is sent")

    controls = control_requests.Controls(send, Target("http://h/v1", Profile(endpoints=(CHAT, "models")), "k"))
    assert asyncio.run(controls.get("models")) == control.ASSUMED
    assert control.ASSUMED.offered
    assert not asyncio.run(controls.get("count_tokens")).offered


def test_the_word_is_the_same_in_every_run_and_differs_between_cases() -> None:
    words = {canary(f"messages/text/{number}") for number in range(50)}
    assert len(words) == 50
    assert canary("a") == canary("a")
    assert all(word.isalpha() and word.isascii() and word.istitle() for word in words)
