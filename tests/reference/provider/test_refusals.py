"""Refusals of the scripted provider: status, envelope, type, parameter, code."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import httpx
import pytest
import zstandard

from tests.support.provider_client import (
    CHAT,
    KEY,
    MESSAGES,
    RESPONSES,
    TOOLS,
    VERSION,
    body,
    error,
    families,
    headers,
    post,
)

pytestmark = pytest.mark.socket


TURN = {"role": "user", "content": "Hi"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
FLAT_CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
ASSISTANT = {"role": "assistant", "content": None, "tool_calls": [CALL]}
STRICT = {"name": "f", "strict": True, "parameters": {"type": "object", "properties": {}}}
OPENAI_FAULTS: list[tuple[str, dict[str, Any], str | None, str | None]] = [
    (CHAT, {"model": ...}, None, None),
    (CHAT, {"model": "none"}, None, "model_not_found"),
    (CHAT, {"model": 5}, "model", "invalid_type"),
    (CHAT, {"messages": ...}, "messages", "missing_required_parameter"),
    (CHAT, {"messages": []}, "messages", "empty_array"),
    (CHAT, {"messages": "x"}, "messages", "invalid_type"),
    (CHAT, {"messages": ["x"]}, "messages[0]", "invalid_type"),
    (CHAT, {"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role", "invalid_value"),
    (CHAT, {"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
    (CHAT, {"messages": [{"role": "user", "content": {}}]}, "messages[0].content", "invalid_type"),
    (CHAT, {"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type",
     "missing_required_parameter"),
    (CHAT, {"messages": [{"role": "user", "content": [{"type": "tool_use"}]}]}, "messages[0].content[0].type",
     "invalid_value"),
    (CHAT, {"messages": [{**TURN, "content": [{"type": "text", "text": "x", "colour": 1}]}]},
     "messages[0].content[0].colour", "unknown_parameter"),
    (CHAT, {"messages": [TURN, {**ASSISTANT, "tool_calls": []}]}, "messages[1].tool_calls", "empty_array"),
    (CHAT, {"messages": [TURN, ASSISTANT]}, "messages[2].role", None),
    (CHAT, {"messages": [TURN, RESULT]}, "messages[1].role", None),
    (CHAT, {"messages": [TURN, {"role": "assistant"}]}, "messages[1].content", "invalid_type"),
    (CHAT, {"foo": 1}, None, None),
    (CHAT, {"max_output_tokens": 16}, "max_output_tokens", "unknown_parameter"),
    (CHAT, {"system": "x"}, "system", "unknown_parameter"),
    (CHAT, {"temperature": 3}, "temperature", "decimal_above_max_value"),
    (CHAT, {"temperature": "hot"}, "temperature", "invalid_type"),
    (CHAT, {"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
    (CHAT, {"max_tokens": 1.5}, "max_tokens", "invalid_type"),
    (CHAT, {"n": 129}, "n", "integer_above_max_value"),
    (CHAT, {"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
    (CHAT, {"stream": "yes"}, "stream", "invalid_type"),
    (CHAT, {"stream_options": {"include_usage": True}}, "stream_options", None),
    (CHAT, {"top_logprobs": 2}, "top_logprobs", None),
    (CHAT, {"tools": []}, "tools", "empty_array"),
    (CHAT, {"tools": [{"type": "function", "name": "f"}]}, "tools[0].function", "missing_required_parameter"),
    (CHAT, {"tools": [{"name": "f", "input_schema": {}}]}, "tools[0].type", "missing_required_parameter"),
    (CHAT, {"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "invalid_value"),
    (CHAT, {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "wat"}}}]},
     "tools[0].function.parameters", "invalid_function_parameters"),
    (CHAT, {"tools": [{"type": "function", "function": STRICT}]}, "tools[0].function.parameters",
     "invalid_function_parameters"),
    (CHAT, {"tool_choice": "required"}, "tool_choice", None),
    (CHAT, {"tools": [TOOLS[CHAT]], "tool_choice": "sometimes"}, "tool_choice", "invalid_value"),
    (CHAT, {"tools": [TOOLS[CHAT]], "tool_choice": {"type": "function", "function": {"name": "g"}}},
     "tool_choice", None),
    (CHAT, {"response_format": {"type": "json_schema", "json_schema": {}}}, "response_format.json_schema.name",
     "missing_required_parameter"),
    (CHAT, {"safety_identifier": "x" * 129}, "safety_identifier", "string_above_max_length"),
    (RESPONSES, {"safety_identifier": "x" * 129}, "safety_identifier", "string_above_max_length"),
    (CHAT, {"functions": []}, "functions", "empty_array"),
    (CHAT, {"functions": [{"name": "f"}], "function_call": {"name": "g"}}, "function_call", None),
    (CHAT, {"modalities": ["text", "audio"]}, "audio", "missing_required_parameter"),
    (RESPONSES, {"model": ...}, "model", "missing_required_parameter"),
    (RESPONSES, {"model": "none"}, "model", "model_not_found"),
    (RESPONSES, {"input": ...}, "input", "missing_required_parameter"),
    (RESPONSES, {"input": 5}, "input", "invalid_type"),
    (RESPONSES, {"input": [{"role": "tool", "content": "x"}]}, "input[0].role", "invalid_value"),
    (RESPONSES, {"input": [{"type": "text", "text": "x"}]}, "input[0].type", "invalid_value"),
    (RESPONSES, {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "input[0].content[0].type",
     "invalid_value"),
    (RESPONSES, {"input": ..., "messages": [TURN]}, "messages", "unsupported_parameter"),
    (RESPONSES, {"response_format": {"type": "text"}}, "response_format", "unsupported_parameter"),
    (RESPONSES, {"foo": 1}, "foo", "unknown_parameter"),
    (RESPONSES, {"max_output_tokens": 5}, "max_output_tokens", "integer_below_min_value"),
    (RESPONSES, {"temperature": -1}, "temperature", "decimal_below_min_value"),
    (RESPONSES, {"background": True, "store": False}, "store", "unsupported_value"),
    (RESPONSES, {"prompt": {"id": "pmpt_1"}}, "prompt", "unsupported_parameter"),
    (RESPONSES, {"conversation": "conv_1", "previous_response_id": "resp_1"}, "previous_response_id",
     "mutually_exclusive_parameters"),
    (RESPONSES, {"include": ["everything"]}, "include[0]", "invalid_value"),
    (RESPONSES, {"input": [TURN, FLAT_CALL]}, "input", None),
    (RESPONSES, {"input": [TURN, {"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input", None),
    (RESPONSES, {"tools": [TOOLS[CHAT]]}, "tools[0].name", "missing_required_parameter"),
    (RESPONSES, {"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name",
     "missing_required_parameter"),
]  # fmt: skip


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
def test_accepts_a_safety_identifier_of_128_characters(client: httpx.Client, path: str) -> None:
    assert post(client, path, {**body(path), "safety_identifier": "x" * 128}).status_code == 200


@pytest.mark.parametrize(("path", "change", "param", "code"), OPENAI_FAULTS)
def test_refuses_as_openai_does(
    client: httpx.Client, path: str, change: dict[str, Any], param: str | None, code: str | None
) -> None:
    payload = {key: each for key, each in {**body(path), **change}.items() if each is not ...}
    response = post(client, path, payload)
    assert response.status_code == (404 if code == "model_not_found" else 400)
    refused = error(path, response)
    assert (refused["type"], refused["param"], refused["code"]) == ("invalid_request_error", param, code)
    named = param or next(iter(change))
    assert named.rsplit(".", 1)[-1].split("[")[0] in refused["message"] or code is None


def test_unknown_fields_of_a_chat_message_are_passed_over(client: httpx.Client) -> None:
    said = {"role": "assistant", "content": "Hello", "provider_specific_fields": {"refusal": None}}
    assert post(client, CHAT, body(CHAT, messages=[{**TURN, "colour": 1}, said, TURN])).status_code == 200


USE = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
USED = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}
SAID = {"role": "assistant", "content": [USE]}
TEXT = {"type": "text", "text": "x"}
ANTHROPIC_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"model": ...}, "model"),
    ({"max_tokens": ...}, "max_tokens"),
    ({"messages": ...}, "messages"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_tokens": "5"}, "max_tokens"),
    ({"messages": []}, "messages"),
    ({"messages": "x"}, "messages"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
    ({"messages": [{"role": "user", "content": ""}]}, "messages.0.content"),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]}, "messages.0.content.0.text"),
    ({"messages": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]}, "messages.0.content.0.type"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
    ({"messages": [{"role": "system", "content": "x"}, TURN]}, "messages.0.role"),
    ({"messages": [{"role": "user", "content": [USE]}]}, "messages.0.content.0"),
    ({"messages": [TURN, {"role": "assistant", "content": [USED]}, TURN]}, "messages.1.content.0"),
    ({"messages": [TURN, SAID, TURN]}, "toolu_1"),
    ({"messages": [TURN, {"role": "user", "content": [USED]}]}, "toolu_1"),
    ({"messages": [TURN, SAID, {"role": "user", "content": [TEXT, USED]}]}, "first"),
    ({"messages": [TURN, {"role": "assistant", "content": "Once"}]}, "last"),
    ({"foo": 1}, "foo"),
    ({"input": "x"}, "input"),
    ({"context_management": {}}, "context_management"),
    ({"temperature": 1.0}, "temperature"),
    ({"thinking": {"type": "enabled", "budget_tokens": 100}}, "thinking.budget_tokens"),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "max_tokens"),
    ({"tools": [TOOLS[CHAT]]}, "tools.0"),
    ({"tools": [TOOLS[MESSAGES], TOOLS[MESSAGES]]}, "get_weather"),
    ({"tools": [TOOLS[MESSAGES]], "tool_choice": "auto"}, "tool_choice"),
    ({"tools": [TOOLS[MESSAGES]], "tool_choice": {"type": "tool", "name": "g"}}, "tool_choice"),
    ({"tool_choice": {"type": "any"}}, "tool_choice"),
    ({"messages": [{"role": "user", "content": [{**TEXT, "citations": [{}]}]}]}, "citations"),
]


@pytest.mark.parametrize(("change", "named"), ANTHROPIC_FAULTS)
def test_refuses_as_anthropic_does(client: httpx.Client, change: dict[str, Any], named: str) -> None:
    payload = {key: each for key, each in {**body(MESSAGES), **change}.items() if each is not ...}
    response = post(client, MESSAGES, payload)
    assert response.status_code == 400
    refused = error(MESSAGES, response)
    assert refused["type"] == "invalid_request_error"
    assert named in refused["message"]


def test_the_older_api_version_takes_sampling_parameters(client: httpx.Client) -> None:
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 5}
    old = {"anthropic_version": "2023-06-01"}
    assert post(client, MESSAGES, body(MESSAGES, **sampling), **old).status_code == 200
    refused = post(client, MESSAGES, body(MESSAGES, temperature=1.5), **old)
    assert "temperature" in error(MESSAGES, refused)["message"]
    cited = [{"role": "user", "content": [{**TEXT, "citations": [{}]}]}]
    assert post(client, MESSAGES, body(MESSAGES, messages=cited), **old).status_code == 200


def test_betas_bring_their_fields(client: httpx.Client) -> None:
    edits = {"edits": []}
    answer = post(client, MESSAGES, body(MESSAGES, context_management=edits), anthropic_beta="context-1,never-heard-of")
    assert answer.json()["context_management"] == {"applied_edits": []}


@pytest.mark.parametrize("version", [None, "2020-01-01", "2023-06-01, 2023-06-01"])
def test_the_version_header_is_required(client: httpx.Client, version: str | None) -> None:
    sent = {"authorization": f"Bearer {KEY}"} | ({"anthropic-version": version} if version else {})
    refused = client.post(MESSAGES, json=body(MESSAGES), headers=sent)
    assert refused.status_code == 400
    assert "anthropic-version" in error(MESSAGES, refused)["message"]


@families
@pytest.mark.parametrize(
    "sent",
    [{}, {"authorization": "Bearer sk-wrong-key-abcdefgh"}, {"authorization": KEY}, {"authorization": "Bearer"}],
)
def test_a_key_is_required(client: httpx.Client, path: str, sent: dict[str, str]) -> None:
    version = {"anthropic-version": VERSION} if path == MESSAGES else {}
    refused = client.post(path, json=body(path), headers=sent | version)
    assert refused.status_code == 401
    assert "sk-wrong-key-abcdefgh" not in refused.text
    kind = "authentication_error" if path == MESSAGES else "invalid_request_error"
    assert error(path, refused)["type"] == kind
    if path != MESSAGES and "wrong" in sent.get("authorization", ""):
        assert error(path, refused)["code"] == "invalid_api_key"
    if path == CHAT:
        assert refused.headers["content-type"] == "application/json; charset=utf-8"


def test_keys_in_all_their_forms(client: httpx.Client) -> None:
    version = {"anthropic-version": VERSION}
    for sent in (
        {"x-api-key": KEY},
        {"authorization": f"bearer {KEY}"},
        {"x-api-key": KEY, "authorization": "Bearer x"},
    ):
        assert client.post(f"{MESSAGES}?beta=true", json=body(MESSAGES), headers=sent | version).status_code == 200
    assert client.post(CHAT, json=body(CHAT), headers={"x-api-key": KEY}).status_code == 401
    assert client.get("/v1/models", headers={"x-api-key": KEY} | version).status_code == 200


RAW = [b"", b"{", b'{"model": "a",}', b"[]", b'"text"', b"null", b"\xff\xfe{}", b'{"a": "\\ud83d"}', b'{"a": NaN}',
       b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b'{"model": ' + b"[" * 5000 + b"]" * 5000 + b"}"]  # fmt: skip


@families
@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_bodies_that_are_not_json_objects(client: httpx.Client, path: str, raw: bytes) -> None:
    refused = client.post(path, content=raw, headers=headers(path, content_type="application/json"))
    assert refused.status_code == 400
    assert error(path, refused)["type"] == "invalid_request_error"


@families
def test_content_types_duplicates_and_size(client: httpx.Client, path: str) -> None:
    def sent(content: bytes, kind: str) -> httpx.Response:
        return client.post(path, content=content, headers=headers(path, content_type=kind))

    good = json.dumps(body(path)).encode()
    assert sent(good, "application/json; charset=utf-8").status_code == 200
    assert sent(good, "text/plain").status_code == 400
    assert sent(good, "application/json; charset=latin-1").status_code == 400
    assert sent(b'{"model": "none", ' + good[1:], "application/json").status_code == 200
    refused = sent(b" " * (32 * 1024 * 1024 + 1), "application/json")
    assert refused.status_code == 413
    assert error(path, refused)["message"]


@families
def test_wrong_methods_and_paths(client: httpx.Client, path: str) -> None:
    wrong = client.put(path, json={}, headers=headers(path))
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert error(path, wrong)["type"] == "invalid_request_error"
    missing = client.post(f"{path}/", json=body(path), headers=headers(path))
    assert missing.status_code == 404
    assert error(path, missing)["type"] == ("not_found_error" if path == MESSAGES else "invalid_request_error")


CODED = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.ZstdCompressor().compress}


def sent(client: httpx.Client, content: bytes, coding: str) -> httpx.Response:
    given = {**headers(CHAT), "content-type": "application/json", "content-encoding": coding}
    return client.post(CHAT, content=content, headers=given)


@pytest.mark.parametrize("coding", CODED)
def test_a_compressed_body_is_read(client: httpx.Client, coding: str) -> None:
    plain = json.dumps(body(CHAT)).encode()
    assert sent(client, CODED[coding](plain), coding).status_code == 200
    assert sent(client, plain, "identity").status_code == 200
    refused = sent(client, plain, coding)
    assert (refused.status_code, error(CHAT, refused)["code"]) == (400, "request_body_encoding_unsupported")
    refused = sent(client, CODED[coding](plain)[:-4], coding)
    assert refused.status_code == 400


def test_a_body_is_measured_after_decoding(client: httpx.Client) -> None:
    refused = sent(client, gzip.compress(bytes(33 * 1024 * 1024)), "gzip")
    assert (refused.status_code, error(CHAT, refused)["code"]) == (413, "request_too_large")
    refused = sent(client, b"x", "compress")
    assert error(CHAT, refused)["code"] == "request_body_encoding_unsupported"
