"""The judgement of failing upstreams: the errors that clients get, and the gateways that are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.core import redaction
from conformance.core.model import Case, Exchange, Request, Step
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.wire import (
    CHAT,
    JSON_TYPE,
    MESSAGES,
    RESPONSES,
    SSE_TYPE,
    anthropic_error,
    chat_answer,
    chat_events,
    chat_stream,
    exchange,
    messages_answer,
    messages_events,
    named,
    openai_error,
    unnamed,
)

WORDS = "No birds in the aviary today."
ID = ("x-request-id", "req_1")


def judged(front: Exchange, *behind: Exchange, outcome: str = "failure", family: str = "") -> set[str]:
    """The rules of level must and should that an exchange breaks, given the gateway's requests to its upstream."""
    upstream: Any = {"family": family or behind[-1].family}
    step = Step({"to": front.family}, {"outcome": outcome}, upstream=upstream)  # type: ignore[typeddict-item]
    title, source = "An upstream fails", "https://example.org"
    case = Case("upstream/a/b", title, "upstream", "a", front.family, "must", source, (), (step,), "a.yaml", 1)
    found = judge_exchanges(case, [replace(front, behind=behind)], Profile(), ASSUMED)
    return {finding.rule for finding in found.findings if finding.level in ("must", "should")}


def openai(
    status: int, kind: str, message: str = WORDS, *headers: tuple[str, str], code: str | None = None
) -> Exchange:
    return exchange(CHAT, openai_error(message, type=kind, code=code), status, headers=(JSON_TYPE, ID, *headers))


def anthropic(status: int, kind: str, message: str = WORDS) -> Exchange:
    return exchange(MESSAGES, anthropic_error(message, kind), status)


def cut(body: str = "", status: int | None = 200, family: str = CHAT) -> Exchange:
    headers = (SSE_TYPE,) if status else ()
    return exchange(family, body, status, stream=True, headers=headers, ended="cut", problem="the script: close")  # type: ignore[arg-type]


def limited(wait: str) -> Exchange:
    """A rate limit at a fixed time."""
    return replace(openai(429, "requests", WORDS, ("retry-after", wait)), date="1994-11-06T08:49:37.000+00:00")


def silent(body: str = "", status: int | None = None) -> Exchange:
    """An upstream that stops without closing the connection."""
    return replace(cut(body, status), ended="timeout", problem="the script: stall")


END = unnamed(chat_events("Peli"))
HALF = unnamed(chat_events("Peli", "can")[:-1])
TOLD = unnamed([*chat_events("Peli")[:-1], openai_error("The upstream broke off.", type="server_error")])
BAD_GATEWAY = openai(502, "server_error", "The upstream did not answer.")

HIDDEN: Mapping[str, tuple[Exchange, Exchange]] = {
    "a cut stream gets its end": (exchange(CHAT, chat_stream("Peli", "can"), stream=True), cut(HALF)),
    "a cut stream ends regularly": (exchange(CHAT, HALF, stream=True), cut(HALF)),
    "an error becomes an answer": (exchange(CHAT, chat_answer("Sorry.")), openai(500, "server_error")),
    "no answer becomes an answer": (exchange(CHAT, chat_answer("Sorry.")), cut(status=None)),
    "an empty body becomes an answer": (exchange(CHAT, chat_answer("Hello")), exchange(CHAT, "")),
    "a page becomes an answer": (exchange(CHAT, chat_answer("Hello")), exchange(CHAT, "<html></html>")),
    "an error in a body becomes an answer": (
        exchange(CHAT, chat_answer("Hello")),
        exchange(CHAT, openai_error(WORDS, type="server_error")),
    ),
    "an object without an answer becomes one": (exchange(CHAT, chat_answer("Hello")), exchange(CHAT, {})),
    "an error event of another family is dropped": (
        exchange(CHAT, chat_stream("Peli"), stream=True),
        exchange(
            MESSAGES,
            named([*messages_events()[:4], {"type": "error", "error": {"type": "api_error", "message": WORDS}}]),
            stream=True,
        ),
    ),
}


@pytest.mark.parametrize("pair", HIDDEN.values(), ids=HIDDEN)
def test_a_normal_end_after_a_failure_is_found(pair: tuple[Exchange, Exchange]) -> None:
    assert judged(*pair) == {"upstream.failure.hidden"}


def test_an_error_with_status_200_is_no_error_to_sdks() -> None:
    found = judged(exchange(CHAT, openai_error(WORDS, type="server_error")), openai(500, "server_error"))
    assert {"upstream.failure.hidden", "http.status.error-in-success"} <= found


def test_a_broken_connection_tells_the_client_too_little() -> None:
    assert judged(cut(HALF), cut(HALF)) == {"upstream.failure.form"}
    assert judged(cut(status=None), cut(status=None)) == {"upstream.failure.form"}


RIGHT: Mapping[str, tuple[Exchange, ...]] = {
    "an error event": (exchange(CHAT, TOLD, stream=True), cut(HALF)),
    "a status before the stream": (BAD_GATEWAY, cut(HALF)),
    "502 for a connection that is closed": (BAD_GATEWAY, cut(status=None)),
    "502 for 500": (openai(502, "server_error"), openai(500, "server_error")),
    "503 for 529": (openai(503, "server_error"), openai(529, "server_error")),
    "500 for 408": (openai(500, "server_error"), openai(408, "invalid_request_error")),
    "400 for 413": (openai(400, "invalid_request_error"), openai(413, "invalid_request_error")),
    "400 for 404": (openai(400, "invalid_request_error"), openai(404, "invalid_request_error")),
    "500 for 404": (openai(500, "server_error"), openai(404, "invalid_request_error")),
    "502 for 401, in other words": (BAD_GATEWAY, openai(401, "invalid_request_error")),
    "403 for 403": (openai(403, "permission_error"), openai(403, "permission_error")),
    "422 as it was": (openai(422, "invalid_request_error"), openai(422, "invalid_request_error")),
    "429 without a wait that the upstream did not name": (openai(429, "requests"), openai(429, "requests")),
    "words inside others": (
        openai(500, "server_error", f"ServerError: OpenAIException - {WORDS} Model: m"),
        openai(500, "server_error"),
    ),
    "words of another family": (anthropic(500, "api_error"), openai(500, "server_error")),
    "a longer wait": (
        openai(429, "requests", WORDS, ("retry-after", "60")),
        openai(429, "requests", WORDS, ("retry-after", "2")),
    ),
    "a wait as a date": (limited("Sun, 06 Nov 1994 08:49:39 GMT"), limited("2")),
    "a wait as seconds": (limited("20"), limited("Sun, 06 Nov 1994 08:49:57 GMT")),
    "a wait as the same date": (limited("Sun, 06 Nov 1994 08:49:57 GMT"), limited("Sun, 06 Nov 1994 08:49:57 GMT")),
    "a wait that nobody can read": (limited("soon"), limited("soon")),
    "504 for a time-out": (openai(504, "server_error"), silent()),
    "408 for a time-out": (openai(408, "invalid_request_error"), silent()),
    "500 for a time-out in the middle of a stream": (openai(500, "server_error"), silent(HALF, 200)),
    "an error event after a time-out": (exchange(CHAT, TOLD, stream=True), silent(HALF, 200)),
    "an end although the connection stays open": (exchange(CHAT, chat_stream("Peli"), stream=True), silent(END, 200)),
    "an answer after a retry": (
        exchange(CHAT, chat_answer("Hello")),
        openai(503, "server_error"),
        exchange(CHAT, chat_answer("Hello")),
    ),
    "an end although the connection broke after it": (
        exchange(CHAT, chat_stream("Peli"), stream=True),
        cut(unnamed(chat_events("Peli"))),
    ),
    "an end although the upstream sent no [DONE]": (
        exchange(CHAT, chat_stream("Peli"), stream=True),
        exchange(CHAT, unnamed(chat_events("Peli")), stream=True),
    ),
    "an end after a stop reason without message_stop": (
        exchange(CHAT, chat_stream("Peli"), stream=True),
        cut(named(messages_events("Peli")[:-1]), family=MESSAGES),
    ),
    "an answer to a stream that was asked for": (
        exchange(CHAT, chat_stream("Hello"), stream=True),
        exchange(CHAT, chat_answer("Hello")),
    ),
    "an empty list of blocks": (
        exchange(CHAT, chat_answer("Hello")),
        exchange(MESSAGES, {**messages_answer(), "content": []}),
    ),
}


@pytest.mark.parametrize("exchanges", RIGHT.values(), ids=RIGHT)
def test_a_gateway_that_tells_the_failure_is_right(exchanges: tuple[Exchange, ...]) -> None:
    front, *behind = exchanges
    own = {rule for rule in judged(front, *behind) if rule.startswith("upstream.") or rule.startswith("error.status")}
    assert own == set()


WRONG: Mapping[str, tuple[Exchange, Exchange, str]] = {
    "401 of the gateway's key": (
        openai(401, "invalid_request_error"),
        openai(401, "invalid_request_error"),
        "upstream.failure.status",
    ),
    "500 for the client's mistake": (
        openai(500, "server_error"),
        openai(400, "invalid_request_error"),
        "upstream.failure.status",
    ),
    "500 for a rate limit": (openai(500, "server_error"), openai(429, "requests"), "upstream.failure.status"),
    "500 for 529": (openai(500, "server_error"), openai(529, "server_error"), "upstream.failure.status"),
    "400 for a closed connection": (
        openai(400, "invalid_request_error", "Bad request."),
        cut(status=None),
        "upstream.failure.status",
    ),
    "other words": (
        openai(500, "server_error", "Provider returned error."),
        openai(500, "server_error"),
        "upstream.failure.words",
    ),
    "another code": (
        openai(400, "invalid_request_error", code="upstream_client_error"),
        openai(400, "invalid_request_error", code="context_length_exceeded"),
        "upstream.failure.code",
    ),
    "no wait": (
        openai(503, "server_error"),
        openai(503, "server_error", WORDS, ("retry-after", "20")),
        "upstream.failure.wait",
    ),
    "a date that is over": (limited("Sun, 06 Nov 1994 08:49:38 GMT"), limited("20"), "upstream.failure.wait"),
    "less than until a date": (limited("2"), limited("Sun, 06 Nov 1994 08:49:57 GMT"), "upstream.failure.wait"),
    "400 for a time-out": (
        openai(400, "invalid_request_error", "Bad request."),
        silent(),
        "upstream.failure.status",
    ),
    "a shorter wait": (
        openai(429, "requests", WORDS, ("retry-after", "1")),
        openai(429, "requests", WORDS, ("retry-after", "20")),
        "upstream.failure.wait",
    ),
    "an error event that blames the client": (
        exchange(CHAT, unnamed([*chat_events("Peli")[:-1], openai_error("The upstream broke off.")]), stream=True),
        cut(HALF),
        "upstream.failure.type",
    ),
}


@pytest.mark.parametrize(("front", "behind", "rule"), WRONG.values(), ids=WRONG)
def test_an_error_that_misleads_the_client_is_found(front: Exchange, behind: Exchange, rule: str) -> None:
    assert {one for one in judged(front, behind) if one.startswith("upstream.")} == {rule}


def test_an_upstream_that_refuses_connections_failed() -> None:
    def own(front: Exchange) -> set[str]:
        return {rule for rule in judged(front, family="unreachable") if rule.startswith("upstream.")}

    assert own(BAD_GATEWAY) == set()
    assert own(openai(503, "service_unavailable_error")) == set()
    assert own(openai(400, "invalid_request_error")) == {"upstream.failure.status"}
    assert own(exchange(CHAT, chat_answer("Hello"))) == {"upstream.failure.hidden"}


def test_a_key_of_the_client_that_is_refused_upstream_is_the_clients() -> None:
    request = Request("POST", "http://provider.test/v1/chat/completions", (("authorization", redaction.OWN),))
    behind = replace(openai(401, "invalid_request_error"), request=request)
    assert "upstream.failure.status" not in judged(openai(401, "invalid_request_error"), behind)


def test_a_malformed_error_event_is_found_although_the_upstream_failed() -> None:
    nameless = unnamed([*messages_events("Peli")[:4], anthropic_error("The upstream broke off.", "api_error")])
    found = judged(exchange(MESSAGES, nameless, stream=True), cut(HALF, family=MESSAGES))
    assert "sse.event.unnamed-messages" in found


def test_many_requests_for_one_are_a_storm() -> None:
    failing = openai(503, "server_error")
    assert "upstream.storm" not in judged(failing, *[failing] * 9)
    assert "upstream.storm" in judged(failing, *[failing] * 10)


def test_responses_tells_a_failure_with_the_status_failed() -> None:
    failed = {
        "object": "response",
        "status": "failed",
        "output": [],
        "error": {"code": "server_error", "message": WORDS},
    }
    found = judged(exchange(RESPONSES, failed), exchange(RESPONSES, failed))
    assert not {rule for rule in found if rule.startswith("upstream.")}
