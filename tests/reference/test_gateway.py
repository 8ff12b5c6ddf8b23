"""The reference gateway on real sockets: its routing, errors and model lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from conformance.reference.gateway import Answer, Answering, Call
from tests.support.upstreams import BEARER, BODY, CHAT, COUNT, KEY, MESSAGES, MODELS, RESPONSES, assert_refused, gateway

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with gateway() as (client, _):
        yield client


class TestRouting:
    @pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/chat/completions", "/v1/v1/messages", "/v1/models/"])
    def test_an_unknown_path_is_404(self, client: httpx.Client, path: str) -> None:
        assert_refused(client.post(path, json=BODY, headers=BEARER), 404, "openai", "invalid_request_error")

    def test_an_unknown_path_under_messages_is_404_in_its_envelope(self, client: httpx.Client) -> None:
        answer = client.post("/v1/messages/nothing", json=BODY, headers=BEARER)
        assert_refused(answer, 404, "anthropic", "not_found_error")

    @pytest.mark.parametrize(
        ("path", "dialect", "kind"),
        [
            (CHAT, "openai", "invalid_request_error"),
            (RESPONSES, "openai", "invalid_request_error"),
            (MESSAGES, "anthropic", "not_found_error"),
            (COUNT, "anthropic", "not_found_error"),
        ],
    )
    def test_a_trailing_slash_is_404_without_a_redirect(
        self, client: httpx.Client, path: str, dialect: str, kind: str
    ) -> None:
        assert_refused(client.post(f"{path}/", json=BODY, headers=BEARER), 404, dialect, kind)

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    @pytest.mark.parametrize(
        ("path", "dialect"), [(CHAT, "openai"), (RESPONSES, "openai"), (MESSAGES, "anthropic"), (COUNT, "anthropic")]
    )
    def test_a_wrong_method_is_405_and_says_what_is_allowed(
        self, client: httpx.Client, method: str, path: str, dialect: str
    ) -> None:
        answer = client.request(method, path, headers=BEARER)
        assert_refused(answer, 405, dialect, "invalid_request_error")
        assert answer.headers["allow"] == "POST"

    def test_posting_to_the_model_list_is_405(self, client: httpx.Client) -> None:
        assert client.post("/v1/models", headers=BEARER).headers["allow"] == "GET, HEAD"

    def test_query_parameters_do_not_route_and_are_forwarded(self) -> None:
        with gateway() as (client, upstream):
            assert client.post(f"{MESSAGES}?beta=true&x=%2F", json=BODY, headers=BEARER).status_code == 200
        assert upstream.seen[0].target == f"{MESSAGES}?beta=true&x=%2F"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", f"{RESPONSES}/resp_1?include=x"),
            ("DELETE", f"{RESPONSES}/resp_1"),
            ("GET", f"{RESPONSES}/resp_1/input_items?limit=2"),
            ("POST", f"{RESPONSES}/resp_1/cancel"),
        ],
    )
    def test_stored_responses_are_relayed(self, method: str, path: str) -> None:
        with gateway() as (client, upstream):
            assert client.request(method, path, headers=BEARER).json() == {"ok": True}
        assert (upstream.seen[0].method, upstream.seen[0].target) == (method, path)


class TestModels:
    def test_openai_shape(self, client: httpx.Client) -> None:
        value = client.get("/v1/models", headers=BEARER).json()
        assert value.keys() == {"object", "data"}
        assert [model["id"] for model in value["data"]] == list(MODELS)
        assert all(model.keys() == {"id", "object", "created", "owned_by"} for model in value["data"])

    def page(self, client: httpx.Client, query: str) -> dict[str, Any]:
        headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
        return dict(client.get(f"/v1/models{query}", headers=headers).json())

    def test_anthropic_shape(self, client: httpx.Client) -> None:
        value = self.page(client, "?limit=1000&beta=true")
        assert value.keys() == {"data", "has_more", "first_id", "last_id"}
        assert (value["has_more"], value["first_id"], value["last_id"]) == (False, MODELS[0], MODELS[-1])
        assert [model["type"] for model in value["data"]] == ["model"] * 3

    @pytest.mark.parametrize(
        ("query", "ids", "more"),
        [
            ("?limit=2", ["alpha", "beta"], True),
            ("?limit=2&after_id=beta", ["vendor/gamma"], False),
            ("?after_id=vendor/gamma", [], False),
            ("?limit=1&before_id=vendor/gamma", ["beta"], True),
            ("?limit=1&before_id=beta", ["alpha"], False),
        ],
    )
    def test_anthropic_pages(self, client: httpx.Client, query: str, ids: list[str], more: bool) -> None:
        value = self.page(client, query)
        assert ([model["id"] for model in value["data"]], value["has_more"]) == (ids, more)
        assert (value["first_id"], value["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "after_id=no", "before_id=no"])
    def test_impossible_pages_are_refused(self, client: httpx.Client, query: str) -> None:
        answer = client.get(f"/v1/models?{query}", headers={**BEARER, "anthropic-version": "2023-06-01"})
        error = assert_refused(answer, 400, "anthropic", "invalid_request_error")
        assert error["message"].startswith(query.partition("=")[0])

    @pytest.mark.parametrize("path", ["alpha", "vendor/gamma", "vendor%2Fgamma"])
    def test_one_model(self, client: httpx.Client, path: str) -> None:
        name = path.replace("%2F", "/")
        answer = client.get(f"/v1/models/{path}", headers=BEARER).json()
        assert (answer["id"], answer["object"]) == (name, "model")
        answer = client.get(f"/v1/models/{path}", headers={**BEARER, "anthropic-version": "2026-10-21"}).json()
        assert (answer["id"], answer["type"]) == (name, "model")

    def test_one_unknown_model(self, client: httpx.Client) -> None:
        answer = client.get("/v1/models/delta", headers=BEARER)
        assert "delta" in assert_refused(answer, 404, "openai", "invalid_request_error")["message"]
        answer = client.get("/v1/models/delta", headers={**BEARER, "anthropic-version": "2026-10-21"})
        assert "delta" in assert_refused(answer, 404, "anthropic", "not_found_error")["message"]

    @pytest.mark.parametrize(
        ("path", "dialect", "kind"),
        [
            (CHAT, "openai", "invalid_request_error"),
            (RESPONSES, "openai", "invalid_request_error"),
            (MESSAGES, "anthropic", "not_found_error"),
            (COUNT, "anthropic", "not_found_error"),
        ],
    )
    def test_asking_an_unknown_model(self, client: httpx.Client, path: str, dialect: str, kind: str) -> None:
        answer = client.post(path, json={"model": "delta"}, headers=BEARER)
        error = assert_refused(answer, 404, dialect, kind)
        assert "delta" in error["message"]
        assert dialect == "anthropic" or (error["param"], error["code"]) == ("model", "model_not_found")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"{}", b'{"model": 5}', b"\xff", b"[" * 100_000], ids=lambda body: repr(body[:9])
    )
    def test_a_body_without_a_model_is_forwarded(self, body: bytes) -> None:
        with gateway() as (client, upstream):
            assert client.post(CHAT, content=body, headers=BEARER).status_code == 200
        assert upstream.seen[0].body == body


def test_a_wrapper_sees_every_call_and_may_change_every_answer() -> None:
    def louder(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            made = await answering(replace(call, headers=(*call.headers, ("x-added", "1"))))

            async def shouted() -> Any:
                async for data in made.body:
                    yield data.upper()

            return replace(made, status=made.status + 1, body=shouted())

        return answer

    with gateway(around=louder) as (client, upstream):
        answer = client.post(CHAT, json=BODY, headers=BEARER)
        missing = client.post("/v1/nothing", headers=BEARER)
    assert (answer.status_code, answer.content) == (201, b'{"OK": TRUE}')
    assert missing.status_code == 405
    assert upstream.seen[0].headers["x-added"] == "1"
