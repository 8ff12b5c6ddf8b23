"""`--offline`: the request and the error alone show the cause, and nothing is sent. These tests have no sockets."""

from __future__ import annotations

import io
import json

import pytest

from conformance.cli import main

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-reference")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("curl https://h/v1/chat/completions -H 'content-type: application/json' -d '{}'", "body"),
        ("curl https://h/v1/v1/messages -H 'content-type: application/json' -d '{}'", "base-url"),
        (
            "curl https://h/v1/responses -H 'content-type: application/json' "
            '-d \'{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}\'',
            "wrong-family",
        ),
        ('curl https://h/v1/responses -d \'{"model": "m", "input": "Hi"}\'', "header"),
        ("openai.RateLimitError: Error code: 429 - {'error': {'code': 'insufficient_quota'}}", "budget"),
        ("openai.APITimeoutError: Request timed out.", "timeout"),
    ],
)
def test_offline_sends_nothing(text: str, cause: str, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["doctor", "-", "--offline", "--json", "--gateway-url", "https://h/v1"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["cause"], found["proven"], found["requests"]) == (cause, False, [])
