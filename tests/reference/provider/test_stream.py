"""Streams of the scripted provider: event by event on the wire, and the same answers as without streaming."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from tests.support.provider_client import (
    CAP,
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
    provider,
    stream,
)

pytestmark = pytest.mark.socket


REQUESTS: list[dict[str, Any]] = [
    {"text": "Reply with exactly: Grüße, 世界 👩‍👩‍👧!"},
    {"text": "Write a long story.", "cap": 40},
    {"text": "What is the weather in Oslo and Paris?", "tools": True},
    {"text": "Hello", "reasoning": True},
    {"text": "Weather in Oslo?", "reasoning": True, "tools": True},
]


def settings(path: str, request: dict[str, Any]) -> dict[str, Any]:
    more: dict[str, Any] = {"tools": [TOOLS[path]]} if "tools" in request else {}
    if "cap" in request:
        more[CAP[path]] = request["cap"]
    if "reasoning" in request:
        more |= {
            CHAT: {"reasoning_effort": "low"},
            RESPONSES: {"reasoning": {"effort": "low", "summary": "auto"}},
            MESSAGES: {"thinking": {"type": "adaptive"}},
        }[path]
    return more


def stable(value: Any) -> Any:
    """A value without ids, times and other members that differ in every answer."""
    if isinstance(value, dict):
        fresh = ("id", "call_id", "created", "created_at", "completed_at", "signature", "obfuscation", "item_id")
        return {key: stable(each) for key, each in value.items() if key not in fresh}
    return [stable(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("request_", REQUESTS)
def test_chat_stream_is_the_answer(client: httpx.Client, request_: dict[str, Any]) -> None:
    more = settings(CHAT, request_) | {"logprobs": True, "n": 2}
    answer = ask(client, CHAT, request_["text"], **more)
    read = stream(client, CHAT, request_["text"], stream_options={"include_usage": True}, **more)
    assert read.pop() == (None, "[DONE]")
    chunks = [chunk for _, chunk in read]
    assert {name for name, _ in read} == {None}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    assert all(chunk["obfuscation"] for chunk in chunks)
    usage = chunks.pop()
    assert (usage["choices"], usage["usage"]) == ([], answer["usage"])
    assert all(chunk["usage"] is None for chunk in chunks)
    for index in (0, 1):
        assert stable(assembled(chunks, index)) == stable(answer["choices"][index])


def assembled(chunks: list[dict[str, Any]], index: int) -> dict[str, Any]:
    """The choice that the chunks of one index add up to."""
    parts = [chunk["choices"][0] for chunk in chunks if chunk["choices"][0]["index"] == index]
    first, last = parts[0]["delta"], parts[-1]
    assert first["role"] == "assistant"
    assert all("role" not in part["delta"] for part in parts[1:])
    assert last["delta"] == {}
    assert all(part["finish_reason"] is None for part in parts[:-1])
    made: list[dict[str, Any]] = []
    for fragment in (each for part in parts for each in part["delta"].get("tool_calls", [])):
        if fragment["index"] == len(made):
            made.append({key: each for key, each in fragment.items() if key != "index"})
        else:
            assert set(fragment) == {"index", "function"}
            made[fragment["index"]]["function"]["arguments"] += fragment["function"]["arguments"]
    content = "".join(part["delta"].get("content") or "" for part in parts)
    message = {"role": "assistant", "content": None if made else content, "refusal": None, "annotations": []}
    logged = [each for part in parts if part["logprobs"] for each in part["logprobs"]["content"]]
    logprobs = None if made else {"content": logged, "refusal": None}
    message |= {"tool_calls": made} if made else {}
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": last["finish_reason"]}


def test_chat_stream_options(client: httpx.Client) -> None:
    read = stream(client, CHAT, "Hello", stream_options={"include_obfuscation": False})
    assert not any("usage" in chunk or "obfuscation" in chunk for _, chunk in read[:-1])


@pytest.mark.parametrize("request_", REQUESTS)
def test_responses_stream_is_the_answer(client: httpx.Client, request_: dict[str, Any]) -> None:
    more = settings(RESPONSES, request_)
    answer = ask(client, RESPONSES, request_["text"], **more)
    read = stream(client, RESPONSES, request_["text"], **more)
    assert all(name == event["type"] for name, event in read)
    assert [event["sequence_number"] for _, event in read] == list(range(len(read)))
    types = [name for name, _ in read]
    assert types[:2] == ["response.created", "response.in_progress"]
    assert types[-1] == f"response.{answer['status']}"
    final = read[-1][1]["response"]
    assert stable(final) == stable(answer)
    assert {event["response"]["id"] for _, event in read if "response" in event} == {final["id"]}
    assert [event["item"] for _, event in read if event["type"] == "response.output_item.done"] == final["output"]
    for index, item in enumerate(final["output"]):
        mine = [event for _, event in read if event.get("output_index") == index]
        assert {event["item_id"] for event in mine if "item_id" in event} <= {item["id"]}
        deltas = "".join(event["delta"] for event in mine if event["type"].endswith(".delta"))
        assert deltas == whole(item)


def whole(item: dict[str, Any]) -> str:
    """The sum of an output item's deltas."""
    if item["type"] == "message":
        return item["content"][0]["text"]
    return item["arguments"] if item["type"] == "function_call" else item["summary"][0]["text"]


@pytest.mark.parametrize("request_", REQUESTS)
def test_messages_stream_is_the_answer(client: httpx.Client, request_: dict[str, Any]) -> None:
    more = settings(MESSAGES, request_)
    answer = ask(client, MESSAGES, request_["text"], **more)
    read = stream(client, MESSAGES, request_["text"], **more)
    assert all(name == event["type"] for name, event in read)
    assert [name for name, _ in read].count("ping") == 1
    message: dict[str, Any] = {}
    for _, event in read:
        message = grown(message, event)
    assert stable(message) == stable(answer)
    assert read[-1][0] == "message_stop"


def grown(message: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """A message after one more event of its stream."""
    if event["type"] == "message_start":
        assert event["message"]["content"] == []
        return event["message"]
    if event["type"] == "content_block_start":
        assert event["index"] == len(message["content"])
        message["content"].append(event["content_block"] | {"json": ""})
    elif event["type"] == "content_block_delta":
        block, delta = message["content"][event["index"]], event["delta"]
        for field, key in (
            ("text", "text"),
            ("thinking", "thinking"),
            ("signature", "signature"),
            ("json", "partial_json"),
        ):
            block[field] = block.get(field, "") + delta[key] if key in delta else block.get(field)
    elif event["type"] == "content_block_stop":
        block = {key: each for key, each in message["content"][event["index"]].items() if each is not None}
        text = block.pop("json")
        message["content"][event["index"]] = block | ({"input": json.loads(text or "{}")} if "input" in block else {})
    elif event["type"] == "message_delta":
        message |= event["delta"]
        message["usage"] |= event["usage"]
    return message


@families
def test_a_stream_is_incremental_on_the_wire(path: str) -> None:
    with provider(pace=0.02) as slow:
        payload = body(path, "Count from 1 to 12", stream=True)
        with slow.stream("POST", path, json=payload, headers=headers(path)) as response:
            arrivals = [time.monotonic() for _ in response.iter_raw()]
    assert len(arrivals) > 10
    assert arrivals[-1] - arrivals[0] > 0.2


@families
def test_a_refused_stream_is_plain_json(client: httpx.Client, path: str) -> None:
    refused = post(client, path, body(path, stream=True, model="no-such-model"))
    assert refused.status_code == 404
    assert error(path, refused)["message"]
