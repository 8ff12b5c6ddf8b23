"""The refusal of an unclaimed capability is not a failure; any other refusal is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Step
from conformance.judge.control import ASSUMED
from tests.support.judging import BAD_REQUEST, GOOD, REFUSAL, SUCCESS, WRONG_TEXT, case, ended, verdict
from tests.support.wire import CHAT, MESSAGES, anthropic_error, exchange, openai_error


@pytest.mark.parametrize("status", [400, 403, 404, 422, 501])
def test_the_refusal_of_an_unclaimed_capability_does_not_apply(status: int) -> None:
    refused = exchange(CHAT, openai_error("Images are not supported."), status)
    found = verdict(case(SUCCESS, needs=("vision",)), refused)
    assert found.outcome == "not_applicable"
    assert "does not claim vision" in found.reason
    assert not any(finding.rule.startswith("case.") for finding in found.findings)


def test_the_refusal_of_a_claimed_capability_fails() -> None:
    assert ended(verdict(case(SUCCESS, needs=("vision",)), BAD_REQUEST, claims={"vision": True})) == (
        "failed", {"case.accepted"},
    )  # fmt: skip
    both = case(SUCCESS, needs=("vision", "audio"))
    assert verdict(both, BAD_REQUEST, claims={"vision": True}).outcome == "not_applicable"


UPGRADE = {"method": "GET", "headers": {"connection": "Upgrade", "upgrade": "websocket"}, "body": {}}


@pytest.mark.parametrize("status", [200, 404, 405, 426])
def test_a_gateway_without_web_sockets_may_refuse_or_ignore_an_upgrade(status: int) -> None:
    body = {"object": "list", "data": []} if status == 200 else openai_error("Use POST.")
    answer = replace(exchange(CHAT, body, status), family="elsewhere")
    asks = case(SUCCESS, needs=("web_sockets",))
    asks = replace(asks, steps=(replace(asks.steps[0], request=UPGRADE),))
    assert verdict(asks, answer).outcome == "not_applicable"
    assert verdict(asks, answer, claims={"web_sockets": True}).outcome != "not_applicable"
    assert verdict(case(SUCCESS, needs=("web_sockets",)), GOOD).outcome == "passed"


@pytest.mark.parametrize("need", ["tools", "keys"])
def test_basic_capabilities_need_no_claim(need: str) -> None:
    assert verdict(case(SUCCESS, needs=(need,)), BAD_REQUEST).outcome == "failed"
    keys = exchange(CHAT, openai_error("Keys are not supported."), 400)
    assert verdict(case(SUCCESS, needs=(need,)), keys).outcome == "failed"


@pytest.mark.parametrize(
    ("need", "message", "fields"),
    [
        ("tools", "This model does not support tools.", {}),
        ("tools", "tool_choice isn't supported here", {}),
        ("tools", "Not for this model.", {"param": "tools", "code": "unsupported_parameter"}),
        ("stop_sequences", "Unsupported parameter: 'stop' is not supported with this model.", {"param": "stop"}),
        ("stop_sequences", "stop_sequences: not yet supported", {}),
        ("usage_in_stream", "Unsupported: stream_options", {}),
    ],
)
def test_an_error_may_say_that_the_model_does_not_support_a_capability(need: str, message: str, fields: Any) -> None:
    refused = exchange(CHAT, openai_error(message, **fields), 400)
    found = verdict(case(SUCCESS, needs=(need,)), refused)
    assert found.outcome == "not_applicable"
    assert f"does not claim {need}" in found.reason
    assert verdict(case(SUCCESS, needs=(need,)), refused, claims={need: True}).outcome == "failed"
    assert verdict(case(SUCCESS), refused).outcome == "failed"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("The role 'tool' is not supported.", 400),
        ("Invalid value for tools.", 400),
        ("Unsupported parameter: 'stop'.", 400),
        ("Tools are not supported.", 404),
        ("Tools are not supported.", 500),
    ],
)
def test_other_messages_do_not_excuse_the_refusal_of_tools(message: str, status: int) -> None:
    refused = exchange(CHAT, openai_error(message), status)
    assert verdict(case(SUCCESS, needs=("tools",)), refused).outcome == "failed"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_optional_endpoint_that_is_not_there_need_not_refuse_a_wrong_body(status: int) -> None:
    counting = case(REFUSAL, needs=("count_tokens",), family="count_tokens")
    absent = exchange(MESSAGES, anthropic_error("Not Found"), status)
    assert verdict(counting, absent).outcome == "not_applicable"
    assert verdict(counting, absent, claims={"count_tokens": True}).outcome == "failed"
    chat = case(REFUSAL, needs=("vision",))
    assert verdict(chat, exchange(CHAT, openai_error("Not Found"), status)).outcome == "failed"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_optional_endpoint_that_names_a_parameter_is_there(status: int) -> None:
    counting = case(REFUSAL, needs=("count_tokens",), family="count_tokens")
    refused = replace(exchange(MESSAGES, anthropic_error("messages: set max_tokens"), status), family="count_tokens")
    assert verdict(counting, refused).outcome == "not_applicable"  # counting has no max_tokens
    refused = replace(exchange(MESSAGES, anthropic_error("tool_choice is not known"), status), family="count_tokens")
    assert verdict(counting, refused).outcome == "failed"


def test_an_error_that_a_plain_request_gets_too_is_not_about_a_capability() -> None:
    vision = case(SUCCESS, needs=("vision",))
    refused = exchange(CHAT, openai_error("max_tokens is required (request req_1)"), 400)
    plain = replace(ASSUMED, answers=False, error='status 400: "max_tokens is required (request req_2)"')
    found = verdict(vision, refused, control=plain)
    assert ended(found) == ("failed", {"case.accepted"})
    assert found.plain_error == plain.error
    other = replace(plain, error="status 400: 'another error'")
    assert verdict(vision, refused, control=other).outcome == "not_applicable"
    assert verdict(vision, refused).outcome == "not_applicable"


def test_a_refusal_that_breaks_the_contract_fails_without_a_claim() -> None:
    outcome, rules = ended(verdict(case(SUCCESS, needs=("vision",)), exchange(CHAT, "<html>no</html>", 400)))
    assert outcome == "failed"
    assert "case.accepted" not in rules


def test_an_answer_with_an_unclaimed_capability_is_judged() -> None:
    assert ended(verdict(case(SUCCESS, needs=("vision",)), GOOD)) == ("passed", set())
    assert ended(verdict(case(SUCCESS, needs=("vision",)), WRONG_TEXT)) == ("failed", {"case.answer-text"})


def test_a_server_error_is_not_a_refusal() -> None:
    error = exchange(CHAT, openai_error("The server had an error.", type="server_error"), 500)
    assert verdict(case(SUCCESS, needs=("vision",)), error).outcome == "failed"


def test_refusing_a_capability_that_an_earlier_step_used_fails() -> None:
    replayed = replace(case(SUCCESS, SUCCESS, needs=("reasoning",)), steps=(_asking("thinking"), _asking("thinking")))
    assert verdict(replayed, GOOD, BAD_REQUEST).outcome == "failed"


def test_refusing_a_capability_that_no_earlier_step_used_does_not_apply() -> None:
    continued = replace(case(SUCCESS, needs=("responses_state",)), steps=(_asking("store"), _asking("previous")))
    assert verdict(continued, GOOD, BAD_REQUEST).outcome == "not_applicable"
    elsewhere = replace(BAD_REQUEST, request=replace(BAD_REQUEST.request, url="https://example.org/v1/other"))
    again = replace(continued, steps=(_asking("store"), _asking("store")))
    assert verdict(again, GOOD, elsewhere).outcome == "not_applicable"


def _asking(name: str) -> Step:
    return Step({"body": {"model": "m", name: True}}, SUCCESS)


def test_an_expected_refusal_is_judged_without_a_claim() -> None:
    assert ended(verdict(case(REFUSAL, needs=("vision",)), BAD_REQUEST)) == ("passed", set())
