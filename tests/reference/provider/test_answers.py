"""The scripted provider over a real socket: usage, headers, stored responses, lists of models."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.support.provider_client import (
    CHAT,
    MESSAGES,
    RESPONSES,
    TOOLS,
    ask,
    body,
    error,
    families,
    headers,
    post,
    said,
)

pytestmark = pytest.mark.socket


def test_usage_adds_up_and_agrees_with_count_tokens(client: httpx.Client) -> None:
    usage = ask(client, CHAT, n=2, reasoning_effort="low")["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 16
    usage = ask(client, RESPONSES)["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    payload = body(MESSAGES, "Weather in Oslo?", tools=[TOOLS[MESSAGES]], system="Be brief.")
    asked = post(client, MESSAGES, payload).json()["usage"]["input_tokens"]
    del payload["max_tokens"]
    assert post(client, f"{MESSAGES}/count_tokens", payload).json() == {"input_tokens": asked}


@families
def test_answers_are_fresh_and_dated(client: httpx.Client, path: str) -> None:
    one, other = ask(client, path), ask(client, path)
    assert one["id"] != other["id"]
    if path != MESSAGES:
        assert abs(one["created" if path == CHAT else "created_at"] - time.time()) < 60


@families
def test_headers(client: httpx.Client, path: str) -> None:
    sent = post(client, path, body(path)).headers
    streamed = post(client, path, body(path, stream=True)).headers
    assert sent["content-type"] == "application/json"
    if path == MESSAGES:
        assert sent["request-id"].startswith("req_")
        assert "x-request-id" not in sent
        assert streamed["cache-control"] == "no-cache"
        assert {"anthropic-ratelimit-requests-limit", "anthropic-ratelimit-output-tokens-reset"} <= set(streamed)
    else:
        assert sent["openai-version"] == "2020-10-01"
        assert sent["openai-processing-ms"].isdecimal()
        assert {"x-request-id", "x-ratelimit-remaining-tokens"} <= set(sent)
        assert "cache-control" not in streamed
    assert "content-length" not in streamed


def test_stored_responses(client: httpx.Client) -> None:
    first = ask(client, RESPONSES, "My name is Ada.")
    url = f"{RESPONSES}/{first['id']}"
    assert client.get(url, headers=headers(url)).json() == first
    second = ask(client, RESPONSES, "What is my name?", previous_response_id=first["id"])
    assert said(RESPONSES, second) == "Ada"
    assert second["previous_response_id"] == first["id"]
    items = client.get(f"{RESPONSES}/{second['id']}/input_items", headers=headers(url)).json()
    assert [item["role"] for item in items["data"]] == ["user", "assistant", "user"]
    assert items["data"][0]["content"] == [{"type": "input_text", "text": "What is my name?"}]
    assert not items["has_more"]
    reference = [
        {"type": "item_reference", "id": items["data"][-1]["id"]},
        {"role": "user", "content": "What is my name?"},
    ]
    assert said(RESPONSES, ask(client, RESPONSES, reference)) == "Ada"
    assert client.delete(url, headers=headers(url)).json() == {"id": first["id"], "object": "response", "deleted": True}
    assert client.get(url, headers=headers(url)).status_code == 404
    gone = post(client, RESPONSES, body(RESPONSES, previous_response_id=first["id"]))
    assert error(RESPONSES, gone) == error(RESPONSES, gone) | {
        "code": "previous_response_not_found",
        "param": "previous_response_id",
    }


def test_unstored_responses_are_forgotten(client: httpx.Client) -> None:
    url = f"{RESPONSES}/{ask(client, RESPONSES, store=False)['id']}"
    assert error(url, client.get(url, headers=headers(url)))["message"]


def test_models_in_both_shapes(client: httpx.Client) -> None:
    plain, versioned = headers(CHAT), headers(MESSAGES)
    listed = client.get("/v1/models", headers=plain).json()
    assert listed["object"] == "list"
    assert set(listed["data"][0]) == {"id", "object", "created", "owned_by"}
    nested = client.get("/v1/models/vendor/nested/model", headers=plain).json()
    assert (nested["id"], nested["object"]) == ("vendor/nested/model", "model")
    assert client.get("/v1/models/vendor%2Fnested%2Fmodel", headers=versioned).json()["type"] == "model"
    page = client.get("/v1/models?limit=2", headers=versioned).json()
    assert (len(page["data"]), page["has_more"], page["last_id"]) == (2, True, "reference-mini")
    page = client.get("/v1/models", params={"after_id": page["last_id"]}, headers=versioned).json()
    assert (page["first_id"], page["has_more"]) == ("vendor/nested/model", False)
    page = client.get("/v1/models", params={"before_id": page["first_id"], "limit": 1}, headers=versioned).json()
    assert (page["first_id"], page["has_more"]) == ("reference-mini", True)
    missing = client.get("/v1/models/none", headers=plain)
    assert (missing.status_code, error(CHAT, missing)["code"]) == (404, "model_not_found")
    missing = client.get("/v1/models/none", headers=versioned)
    assert error(MESSAGES, missing)["type"] == "not_found_error"
    assert client.get("/v1/models?limit=0", headers=versioned).status_code == 400
