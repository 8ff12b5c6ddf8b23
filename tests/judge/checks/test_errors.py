"""Every rule about the content of errors is broken by an example, and the vendors' own errors break none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Exchange
from conformance.judge import contract
from tests.support import wire
from tests.support.wire import CHAT, JSON_TYPE, MESSAGES, RESPONSES, SHARED, broken, exchange


def openai(message: object = "The request is wrong.", status: int = 400, **fields: object) -> Exchange:
    return exchange(CHAT, wire.openai_error(message, **fields), status)


def anthropic(kind: str, status: int, message: str = "The request is wrong.") -> Exchange:
    return exchange(MESSAGES, wire.anthropic_error(message, kind), status)


def in_stream(family: str, error: dict[str, Any]) -> Exchange:
    body = wire.named([error]) if family != CHAT else wire.unnamed([error]) + "data: [DONE]\n\n"
    return exchange(family, body, stream=True)


def limited(*headers: tuple[str, str], kind: str = "tokens") -> Exchange:
    body = wire.openai_error("Slow down, please.", type=kind, code="rate_limit_exceeded")
    return exchange(CHAT, body, 429, headers=(JSON_TYPE, ("x-request-id", "r"), *headers))


DAMAGED: list[tuple[str, Callable[[], Exchange], set[str]]] = [
    ("error.message.reason", lambda: exchange(CHAT, {"detail": "Not Found"}, 404), set()),
    ("error.message.reason", lambda: exchange(CHAT, {"error": {"type": "invalid_request_error"}}, 400), set()),
    ("error.message.reason", lambda: exchange(CHAT, [], 400), set()),
    ("error.message.empty", lambda: openai(" "), set()),
    ("error.message.empty", lambda: in_stream(CHAT, wire.openai_error("")), set()),
    ("error.message.empty", lambda: in_stream(MESSAGES, wire.anthropic_error("", "api_error")), set()),
    ("error.message.placeholder", lambda: openai("[object Object]"), set()),
    ("error.message.placeholder", lambda: openai("None"), set()),
    ("error.message.html", lambda: openai("<html><body>Not found</body></html>"), set()),
    ("error.message.json", lambda: openai('{"error": {"message": "No."}}'), set()),
    ("error.message.json", lambda: openai('[{"loc": ["body"]}]'), set()),
    ("error.message.embedded-error", lambda: openai('Upstream said {"error":{"message":"No."}}'), set()),
    ("error.message.embedded-error", lambda: openai("Error code: 404 - {'error': {'message': 'No.'}}"), set()),
    ("error.message.program-text", lambda: openai("'NoneType' object has no attribute 'get'"), set()),
    ("error.message.program-text", lambda: openai("Cannot read properties of undefined (reading 'x')"), set()),
    ("error.message.program-text", lambda: in_stream(CHAT, wire.openai_error("list index out of range")), set()),
    ("error.message.code-only", lambda: openai("'role'"), set()),
    ("error.message.code-only", lambda: openai("invalid_request_error"), set()),
    ("error.message.code-only", lambda: openai("500"), set()),
    ("error.fields.placeholder", lambda: openai(param="None"), set()),
    ("error.fields.placeholder", lambda: openai(code="undefined"), set()),
    ("error.fields.placeholder", lambda: anthropic("", 400), set()),
    ("error.type.name", lambda: openai(type="Bad Request"), set()),
    ("error.type.name", lambda: openai(type="BadRequestError"), set()),
    ("error.type.documented", lambda: anthropic("invalid_api_key", 401), set()),
    ("error.type.documented", lambda: anthropic("not_found_error", 400), {"error.type.agrees"}),
    ("error.type.agrees", lambda: openai(status=500), set()),
    ("error.type.agrees", lambda: openai(type="server_error"), set()),
    ("error.type.agrees", lambda: anthropic("overloaded_error", 500), set()),
    ("error.code.agrees", lambda: openai(code="invalid_api_key"), set()),
    ("error.code.agrees", lambda: openai(code="model_not_found", type="server_error", status=500), set()),
    ("error.code.status", lambda: openai(code="400"), set()),
    ("error.status.agrees", lambda: openai(code=404), set()),
    ("error.status.agrees", lambda: exchange(CHAT, {**wire.openai_error(), "statusCode": 502}, 400), set()),
    ("error.status.agrees", lambda: openai(code="404"), {"error.code.status"}),
    ("error.status.validation", lambda: openai(status=422), set()),
    ("error.status.wait", lambda: limited(), set()),
]


@pytest.mark.parametrize(("rule", "make", "others"), DAMAGED, ids=[f"{i}-{row[0]}" for i, row in enumerate(DAMAGED)])
def test_an_error_breaks_its_rule(rule: str, make: Callable[[], Exchange], others: set[str]) -> None:
    assert broken(make()) == {rule, *others}


def test_every_rule_is_broken_here() -> None:
    assert {rule for rule in SHARED if rule.startswith("error.")} == {row[0] for row in DAMAGED}


USUAL: list[Callable[[], Exchange]] = [
    lambda: openai(),
    lambda: openai("[] is too short - 'messages'", param=None),
    lambda: openai("Invalid type for 'tools': expected one of ['a', 'b'], got {'x': 1}.", param="tools"),
    lambda: openai("Unauthorized", 401, code="invalid_api_key"),
    lambda: openai("The model is not there.", 404, code="model_not_found"),
    lambda: openai("You have no access to it.", 403, code="model_not_found"),
    lambda: openai("The server had an error.", 500, type="server_error"),
    lambda: limited(("retry-after", "20")),
    lambda: limited(("retry-after-ms", "20")),
    lambda: limited(("x-should-retry", "false")),
    lambda: limited(kind="insufficient_quota"),
    lambda: anthropic("invalid_request_error", 400, "max_tokens: Field required"),
    lambda: anthropic("authentication_error", 401, "invalid x-api-key"),
    lambda: anthropic("not_found_error", 404, "model: m"),
    lambda: anthropic("overloaded_error", 529, "Overloaded"),
    lambda: anthropic("api_error", 500, "Internal server error"),
    lambda: anthropic("request_too_large", 413, "Request exceeds the maximum size"),
    lambda: in_stream(CHAT, wire.openai_error("The server had an error.", type="server_error")),
    lambda: in_stream(MESSAGES, wire.anthropic_error("Overloaded", "overloaded_error")),
    lambda: in_stream(RESPONSES, {"type": "error", "code": None, "message": "It broke.", "param": None}),
]


@pytest.mark.parametrize("make", USUAL, ids=range(len(USUAL)))
def test_usual_exchanges_break_nothing(make: Callable[[], Exchange]) -> None:
    assert broken(make()) == set()


def test_an_unknown_path_only_needs_an_error_with_a_message() -> None:
    lost = replace(exchange(CHAT, {"detail": "Not Found"}, 404), family="elsewhere")
    assert {(found.rule, found.level) for found in contract.findings(lost)} == {("elsewhere.error-message", "should")}
    nothing = replace(exchange(CHAT, {}, 404), family="elsewhere")
    assert ("elsewhere.error-object", "must") in {(found.rule, found.level) for found in contract.findings(nothing)}
    unknown = replace(nothing, request=replace(nothing.request, url="https://h/v1/no-such-endpoint"))
    assert ("elsewhere.error-json", "should") in {(found.rule, found.level) for found in contract.findings(unknown)}
    assert not any(found.level == "must" for found in contract.findings(unknown))


@pytest.mark.parametrize("family", [CHAT, RESPONSES, MESSAGES])
def test_an_error_for_long_headers_needs_no_envelope(family: str) -> None:
    body = {"error": "Request Header Fields Too Large", "message": "Exceeded maximum header size", "statusCode": 431}
    assert not contract.findings(exchange(family, body, 431))
    assert not contract.findings(exchange(family, {"detail": "Too long"}, 431))
    assert {found.level for found in contract.findings(exchange(family, {"detail": "Too long"}, 400))} >= {"must"}


JUNK: list[Any] = [None, True, 7, 1.5, "text", [], {}, [{}], {"error": []}, {"error": [1]}, {"error": "No."}]


@pytest.mark.parametrize("family", [CHAT, RESPONSES, MESSAGES])
@pytest.mark.parametrize("junk", JUNK, ids=str)
def test_an_error_of_any_shape_is_judged(family: str, junk: Any) -> None:
    for status in (200, 400, 429, 500):
        broken(exchange(family, junk, status))
        broken(exchange(family, {"error": junk, "type": junk, "status": junk}, status))
        broken(exchange(family, {"error": {"message": junk, "type": junk, "code": junk, "param": junk}}, status))
        broken(exchange(family, wire.unnamed([{"error": junk, "response": junk, "type": junk}]), stream=True))
