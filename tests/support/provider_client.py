"""Drives the scripted provider for its tests: requests of every family, and what their answers say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from conformance.reference.provider import create_app
from conformance.reference.serving import serve

KEY = "sk-provider-key-0123456789"
MODEL = "reference-large"
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
VERSION = "2026-10-21"
WEATHER_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
    "required": ["city"],
}
WEATHER = {"name": "get_weather", "description": "Tells the weather of a city.", "parameters": WEATHER_SCHEMA}
TOOLS = {
    CHAT: {"type": "function", "function": WEATHER},
    RESPONSES: {"type": "function", **WEATHER},
    MESSAGES: {"name": "get_weather", "description": WEATHER["description"], "input_schema": WEATHER_SCHEMA},
}
FORCED = {
    CHAT: {"type": "function", "function": {"name": "get_weather"}},
    RESPONSES: {"type": "function", "name": "get_weather"},
    MESSAGES: {"type": "tool", "name": "get_weather"},
}
REQUIRED: dict[str, Any] = {CHAT: "required", RESPONSES: "required", MESSAGES: {"type": "any"}}
CAP = {CHAT: "max_completion_tokens", RESPONSES: "max_output_tokens", MESSAGES: "max_tokens"}
families = pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES])


@contextmanager
def provider(pace: float = 0) -> Iterator[httpx.Client]:
    """A client of a provider on a real socket; nothing is verified but what the tests verify."""
    app = create_app(key=KEY, models=(MODEL, "reference-mini", "vendor/nested/model"), pace=pace)
    with serve(app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def headers(path: str, **more: str) -> dict[str, str]:
    version = {"anthropic-version": VERSION} if path.startswith(MESSAGES) else {}
    return {"authorization": f"Bearer {KEY}", **version, **{k.replace("_", "-"): v for k, v in more.items()}}


def body(path: str, prompt: Any = "Reply with exactly: pong", /, **more: Any) -> dict[str, Any]:
    if path == RESPONSES:
        return {"model": MODEL, "input": prompt, **more}
    cap = {"max_tokens": 512} if path == MESSAGES else {}
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}], **cap, **more}


def post(client: httpx.Client, path: str, payload: Any, **more: str) -> httpx.Response:
    return client.post(path, json=payload, headers=headers(path, **more))


def ask(client: httpx.Client, path: str, prompt: Any = "Reply with exactly: pong", /, **more: Any) -> dict[str, Any]:
    response = post(client, path, body(path, prompt, **more))
    assert response.status_code == 200, response.text
    return response.json()


def events(response: httpx.Response) -> list[tuple[str | None, Any]]:
    """Events of a stream, read strictly: one optional `event` line, one `data` line, one blank line."""
    assert response.content.endswith(b"\n\n")
    read = []
    for block in response.content.decode().removesuffix("\n\n").split("\n\n"):
        found = re.fullmatch(r"(?:event: (\S+)\n)?data: (.+)", block)
        assert found, block
        read.append((found[1], found[2] if found[2] == "[DONE]" else json.loads(found[2])))
    return read


def stream(client: httpx.Client, path: str, text: Any, **more: Any) -> list[tuple[str | None, Any]]:
    response = post(client, path, body(path, text, stream=True, **more))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    return events(response)


def said(path: str, answer: dict[str, Any]) -> str:
    if path == CHAT:
        return answer["choices"][0]["message"]["content"] or ""
    if path == RESPONSES:
        parts = [part for item in answer["output"] if item["type"] == "message" for part in item["content"]]
        return "".join(part["text"] for part in parts)
    return "".join(block["text"] for block in answer["content"] if block["type"] == "text")


def calls(path: str, answer: dict[str, Any]) -> list[tuple[str, Any]]:
    if path == CHAT:
        made = answer["choices"][0]["message"].get("tool_calls", [])
        return [(call["function"]["name"], json.loads(call["function"]["arguments"])) for call in made]
    if path == RESPONSES:
        made = [item for item in answer["output"] if item["type"] == "function_call"]
        return [(item["name"], json.loads(item["arguments"])) for item in made]
    return [(block["name"], block["input"]) for block in answer["content"] if block["type"] == "tool_use"]


def end(path: str, answer: dict[str, Any]) -> str | None:
    if path == CHAT:
        return answer["choices"][0]["finish_reason"]
    return answer["status"] if path == RESPONSES else answer["stop_reason"]


def error(path: str, response: httpx.Response) -> dict[str, Any]:
    """The error of a refusal, after checking the envelope of its family."""
    envelope = response.json()
    assert response.headers["content-type"].startswith("application/json")
    if path.startswith(MESSAGES):
        assert set(envelope) == {"type", "error", "request_id"}
        assert envelope["type"] == "error"
        assert envelope["request_id"] == response.headers["request-id"]
        assert set(envelope["error"]) == {"type", "message"}
    else:
        assert set(envelope) == {"error"}
        assert set(envelope["error"]) == {"message", "type", "param", "code"}
        assert response.headers["x-request-id"]
    return envelope["error"]
