"""A step to the request that is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.client import build_request
from conformance.core.model import Request, Step
from conformance.target.profile import Profile
from conformance.target.target import Target

KEY = "sk-real-key-4711"


def made(endpoint: str = "chat_completions", claims: Profile | None = None, **request: Any) -> Request:
    return build_request.request(
        Step(request, {"outcome": "success"}), endpoint, Target("https://h/v1", claims or Profile(), KEY)
    )


def test_a_body_goes_to_the_endpoint_as_json() -> None:
    request = made(body={"model": "m", "text": "grüß 你 😀"})
    assert (request.method, request.url) == ("POST", "https://h/v1/chat/completions")
    assert json.loads(request.body) == {"model": "m", "text": "grüß 你 😀"}
    assert "你".encode() in request.body
    assert dict(request.headers)["content-type"] == "application/json"
    assert request.auth == ("bearer",)


def test_the_key_is_named_and_not_held() -> None:
    assert KEY not in repr(made(body={}))


def test_headers_of_the_case_win_over_the_profile_over_the_family() -> None:
    claims = Profile(headers={"Anthropic-Version": "2000-01-01", "x-team": "a", "x-both": "profile"})
    headers = dict(made("messages", claims, body={}, headers={"X-Both": "case", "x-none": ""}).headers)
    assert headers == {
        "accept-encoding": "identity", "content-type": "application/json", "anthropic-version": "2000-01-01",
        "x-team": "a", "x-both": "case", "x-none": "",
    }  # fmt: skip


def test_null_removes_a_header() -> None:
    headers = dict(made("messages", body={}, headers={"Content-Type": None, "anthropic-version": None}).headers)
    assert headers == {"accept-encoding": "identity"}


def test_without_a_body_there_is_no_content_type() -> None:
    request = made("models")
    assert (request.method, request.url, request.body) == ("GET", "https://h/v1/models", b"")
    assert "content-type" not in dict(request.headers)


def test_a_number_that_a_step_kept_goes_into_a_header() -> None:
    assert dict(made(headers={"x-count": 3}).headers)["x-count"] == "3"


def test_auth_takes_every_form() -> None:
    assert made().auth == ("bearer",)
    assert made(claims=Profile(key_header="x-api-key")).auth == ("x-api-key",)
    assert made(auth="none").auth == ()
    assert made(auth="x-api-key").auth == ("x-api-key",)
    assert made(auth={"bearer": "valid", "x-api-key": "valid"}).auth == ("bearer", "x-api-key")


def test_a_wrong_key_differs_from_the_valid_key() -> None:
    request = made(auth={"bearer": "wrong", "x-api-key": "valid"})
    assert dict(request.headers)["authorization"] == f"Bearer {build_request.WRONG_KEY}"
    assert request.auth == ("x-api-key",)
    assert build_request.WRONG_KEY != KEY


def test_raw_bodies_are_sent_as_they_are() -> None:
    assert made(raw='{"a": ').body == b'{"a": '
    assert made(raw_base64="//4A").body == b"\xff\xfe\x00"
    assert made(raw="").body == b""


@pytest.mark.parametrize(
    ("request_", "method", "url"),
    [
        ({"query": "beta=true"}, "POST", "https://h/v1/messages?beta=true"),
        ({"path": "/v1/models/m", "method": "GET"}, "GET", "https://h/v1/models/m"),
        ({"path": "/api/hello", "method": "HEAD", "query": "a=1&b"}, "HEAD", "https://h/api/hello?a=1&b"),
    ],
)
def test_method_path_and_query_can_be_given(request_: dict[str, str], method: str, url: str) -> None:
    request = made("messages", **request_)
    assert (request.method, request.url) == (method, url)
