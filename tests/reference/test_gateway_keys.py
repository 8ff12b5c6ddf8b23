"""Which keys the reference gateway accepts, and that it never mixes the client's key with the upstream's."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.support.upstreams import (
    BEARER,
    BODY,
    CHAT,
    COUNT,
    KEY,
    MESSAGES,
    RESPONSES,
    UPSTREAM_KEY,
    assert_refused,
    gateway,
)

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with gateway() as (client, _):
        yield client


class TestCredentials:
    @pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES, COUNT])
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
    def test_every_endpoint_accepts_a_bearer_token(self, client: httpx.Client, path: str, scheme: str) -> None:
        assert client.post(path, json=BODY, headers={"authorization": f"{scheme} {KEY}"}).status_code == 200

    @pytest.mark.parametrize("path", [MESSAGES, COUNT])
    def test_x_api_key_opens_the_anthropic_endpoints(self, client: httpx.Client, path: str) -> None:
        assert client.post(path, json=BODY, headers={"x-api-key": KEY}).status_code == 200

    def test_x_api_key_opens_the_model_list(self, client: httpx.Client) -> None:
        assert client.get("/v1/models", headers={"x-api-key": KEY}).status_code == 200

    def test_both_at_once_are_fine(self, client: httpx.Client) -> None:
        assert client.post(MESSAGES, json=BODY, headers={**BEARER, "x-api-key": KEY}).status_code == 200

    @pytest.mark.parametrize("path", [CHAT, RESPONSES])
    def test_x_api_key_does_not_open_the_openai_endpoints(self, client: httpx.Client, path: str) -> None:
        assert_refused(client.post(path, json=BODY, headers={"x-api-key": KEY}), 401, "openai", "invalid_request_error")

    @pytest.mark.parametrize(
        "headers",
        [{}, {"authorization": "Bearer sk-wrong"}, {"authorization": KEY}, {"authorization": f"Basic {KEY}"}],
        ids=["missing", "wrong", "bare", "basic"],
    )
    @pytest.mark.parametrize(
        ("path", "dialect", "kind"),
        [
            (CHAT, "openai", "invalid_request_error"),
            (RESPONSES, "openai", "invalid_request_error"),
            (MESSAGES, "anthropic", "authentication_error"),
            (COUNT, "anthropic", "authentication_error"),
        ],
    )
    def test_anything_else_is_refused(
        self, client: httpx.Client, path: str, dialect: str, kind: str, headers: dict[str, str]
    ) -> None:
        answer = client.post(path, json=BODY, headers=headers)
        assert_refused(answer, 401, dialect, kind)
        assert "sk-" not in answer.text

    def test_the_model_list_refuses_in_either_envelope(self, client: httpx.Client) -> None:
        assert_refused(client.get("/v1/models"), 401, "openai", "invalid_request_error")
        answer = client.get("/v1/models", headers={"anthropic-version": "2023-06-01", "x-api-key": "sk-wrong"})
        assert_refused(answer, 401, "anthropic", "authentication_error")

    def test_the_errors_for_a_wrong_and_a_missing_key_differ(self, client: httpx.Client) -> None:
        wrong = client.post(CHAT, json=BODY, headers={"authorization": "Bearer sk-wrong"})
        assert wrong.json()["error"]["code"] == "invalid_api_key"
        assert client.post(CHAT, json=BODY).json()["error"]["code"] is None


class TestExchangeOfKeys:
    @pytest.mark.parametrize("path", [CHAT, RESPONSES])
    def test_openai_upstreams_see_their_own_bearer(self, path: str) -> None:
        with gateway() as (client, upstream):
            client.post(path, json=BODY, headers=BEARER)
        assert upstream.seen[0].headers.get_list("authorization") == [f"Bearer {UPSTREAM_KEY}"]

    def test_anthropic_upstreams_see_their_own_x_api_key(self) -> None:
        with gateway() as (client, upstream):
            client.post(MESSAGES, json=BODY, headers={**BEARER, "x-api-key": KEY})
        assert upstream.seen[0].headers.get_list("x-api-key") == [UPSTREAM_KEY]
        assert "authorization" not in upstream.seen[0].headers

    def test_the_clients_key_is_not_forwarded(self) -> None:
        with gateway() as (client, upstream):
            client.post(MESSAGES, json=BODY, headers={**BEARER, "x-api-key": KEY, "cookie": f"key={KEY}"})
        assert not [value for value in upstream.seen[0].headers.values() if KEY in value]

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize(
        ("path", "dialect", "kind"), [(CHAT, "openai", "server_error"), (MESSAGES, "anthropic", "api_error")]
    )
    def test_an_upstream_that_refuses_and_quotes_the_key_is_not_quoted(
        self, status: int, path: str, dialect: str, kind: str
    ) -> None:
        def quoting(request: Request) -> Response:
            return Response(f"wrong key: {UPSTREAM_KEY}", status, {"www-authenticate": UPSTREAM_KEY})

        with gateway(quoting) as (client, _):
            answer = client.post(path, json=BODY, headers=BEARER)
        assert_refused(answer, 502, dialect, kind)
        assert UPSTREAM_KEY not in f"{answer.headers}{answer.text}"
