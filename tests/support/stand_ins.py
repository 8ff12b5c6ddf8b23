"""Gateways that word their errors as real ones do: each is a row of tests/doctor/gateways.yaml, on a real socket.

The key says how the gateway behaves: see KEYS. Its checks of bodies are written here on their own, so that a mistake of
the doctor's schemas shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.reference.serving import serve

KEYS = {
    "good": "sk-good-000000000001",
    "wrong": "sk-wrong-00000000002",
    "budget": "sk-broke-00000000003",
    "rate": "sk-quick-00000000004",
    "outage": "sk-down-000000000005",
    "upstream": "sk-upstream-0000006",
    "no-access": "sk-small-0000000007",
    "busy": "sk-busy-000000000008",
}
"""State -> the key that shows it."""

PATHS = {"/chat/completions": "chat", "/responses": "responses", "/messages": "messages"}


@contextmanager
def standing_in(gateway: Mapping[str, Any]) -> Iterator[str]:
    """Serves a gateway of the table; its origin."""
    with serve(app(gateway)) as url:
        yield url


def app(gateway: Mapping[str, Any]) -> ASGIApp:
    """The gateway as an application."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, content, more = decide(gateway, scope["method"], scope["path"], headers, body)
        kind = b"text/html" if content.startswith("<") else b"application/json"
        pairs = [(b"content-type", kind), (b"content-length", str(len(content.encode())).encode())]
        pairs += [(name.encode(), value.encode()) for name, value in more.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content.encode()})

    return answer


Answer = tuple[int, str, dict[str, str]]


def decide(gateway: Mapping[str, Any], method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """The answer to one request: path, method, key, state, JSON, model and body are checked in this order."""
    root = next((root for root in gateway.get("roots", ["/v1"]) if path.startswith(f"{root}/")), None)
    endpoint = path[len(root) :] if root is not None else ""
    told = gateway["says"]
    values = {"path": path, "method": method}
    served = {**PATHS, "/models": "models"}
    if endpoint not in served or (served[endpoint] in gateway.get("lacks", [])):
        return said(told["path"], values)
    if (endpoint == "/models") != (method == "GET"):
        return said(told.get("method", told["path"]), values)
    state = state_of(gateway, headers)
    if endpoint == "/models" and not gateway.get("guards_list", True):
        return models(gateway)
    if state in ("none", "wrong"):
        return said(told["no_key" if state == "none" else "key"], values)
    if state == "outage":
        return said(told["outage"], values)
    if endpoint == "/models":
        return models(gateway)
    if state in ("budget", "rate", "upstream", "busy"):
        return said(told[state], values)
    try:
        document = json.loads(body)
    except ValueError:
        return said(told["json"], values)
    if "json" not in headers.get("content-type", ""):
        return said(told["json"], values)
    if served[endpoint] == "messages" and "anthropic-version" not in headers and gateway.get("wants_version"):
        return said(told["version"], values)
    name = document.get("model") if isinstance(document, dict) else None
    if isinstance(name, str) and name:
        values["model"] = name
        if name not in gateway["models"]:
            return said(told["model"], values)
        only = gateway.get("only", {}).get(name)
        if only and served[endpoint] not in only:
            return said(told["model"], values)
        if state == "no-access" and name != gateway["models"][-1]:
            return said(told["access"], values)
        if name in gateway.get("broken", []):
            return said(told["outage"], values)
    problem = PROBLEMS[served[endpoint]](document) or refused(gateway, document)
    if problem:
        return said(told["body"], {**values, "detail": problem, "member": problem.split()[0]})
    return 200, json.dumps(ANSWERS[served[endpoint]](str(name))), {}


def state_of(gateway: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    found = [key.strip()] if scheme.lower() == "bearer" and "bearer" in gateway.get("keys", ["bearer"]) else []
    found += [headers["x-api-key"]] if "x-api-key" in gateway.get("keys", ["bearer"]) and "x-api-key" in headers else []
    if not any(found):
        return "none"
    return next((state for state, key in KEYS.items() if key in found), "wrong")


def said(entry: Mapping[str, Any], values: Mapping[str, str]) -> Answer:
    """An answer of the table with its $names filled in."""
    text = entry["body"] if isinstance(entry["body"], str) else json.dumps(entry["body"])
    for name, value in {"model": "", "detail": "", "member": "", **values}.items():
        text = text.replace(f"${name}", json.dumps(value)[1:-1])
    return entry["status"], text, entry.get("headers", {})


def models(gateway: Mapping[str, Any]) -> Answer:
    if "list" in gateway["says"]:
        return said(gateway["says"]["list"], {})
    return (
        200,
        json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in gateway["models"]]}),
        {},
    )


def refused(gateway: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    return next((f"{name} is not supported" for name in gateway.get("refuses", []) if name in document), "")


def of_chat(body: Any) -> str:
    turns = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(turns, list) or not turns:
        return "messages is required and has to be a list"
    for turn in turns:
        content = turn.get("content") if isinstance(turn, dict) else None
        if not isinstance(turn, dict) or turn.get("role") not in ("system", "developer", "user", "assistant", "tool"):
            return "messages has a wrong role"
        parts = content if isinstance(content, list) else []
        if any(part.get("type") not in ("text", "image_url", "input_audio", "file") for part in parts):
            return "messages has a content part of a wrong type"
    if any(not isinstance(tool.get("function"), dict) for tool in body.get("tools") or []):
        return "tools has no function"
    if not isinstance(body.get("temperature", 1), int | float) or not 0 <= body.get("temperature", 1) <= 2:
        return "temperature has to be a number from 0 to 2"
    return foreign(
        body, ("system", "stop_sequences", "thinking", "input", "max_output_tokens", "instructions", "mesages")
    )


def of_messages(body: Any) -> str:
    if not isinstance(body, dict) or not isinstance(body.get("max_tokens"), int):
        return "max_tokens: Field required"
    turns = body.get("messages")
    if not isinstance(turns, list) or not turns:
        return "messages: Field required"
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant"):
            return "messages.0.role: Input should be 'user' or 'assistant'"
        parts = turn["content"] if isinstance(turn.get("content"), list) else []
        if any(part.get("type") in ("input_text", "image_url") for part in parts):
            return "messages.0.content: wrong type"
    if any("input_schema" not in tool for tool in body.get("tools") or []):
        return "tools.0.input_schema: Field required"
    return foreign(body, ("stop", "response_format", "max_completion_tokens", "input", "n", "seed"))


def of_responses(body: Any) -> str:
    if not isinstance(body, dict) or not body.get("input"):
        return "input is required"
    if any("function" in tool for tool in body.get("tools") or []):
        return "tools has a function"
    names = ("messages", "max_tokens", "max_completion_tokens", "response_format", "stop", "system")
    return foreign(body, names)


def foreign(body: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((f"{name} is not a parameter" for name in names if name in body), "")


PROBLEMS = {"chat": of_chat, "messages": of_messages, "responses": of_responses}

ANSWERS = {
    "chat": lambda model: {
        "id": "c", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "OK"}, "finish_reason": "stop"}],
    },
    "messages": lambda model: {
        "id": "m", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": "OK"}], "stop_reason": "end_turn",
    },
    "responses": lambda model: {
        "id": "r", "object": "response", "status": "completed", "model": model,
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "OK"}]}],
    },
}  # fmt: skip
