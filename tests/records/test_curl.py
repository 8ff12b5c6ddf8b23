"""Commands that send a request again."""

from __future__ import annotations

import shlex

from conformance.core.model import Request
from conformance.records import curl

UPGRADE = (
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "N2MxZjAwMDAwMDAwMDAwMA=="),
    ("openai-beta", "responses_websockets=2026-02-06"),
)
URL = "https://gateway.test/v1/responses"


def test_a_message_goes_over_a_web_socket() -> None:
    body = '{"model": "m", "stream": true, "input": "it\'s \N{RIGHT-TO-LEFT OVERRIDE}"}'.encode()
    command = curl.command(Request("GET", URL, UPGRADE, body, ("bearer",)))
    words = shlex.split(command)
    assert words == [
        "printf",
        "%s\\n",
        '{"type": "response.create", "model": "m", "input": "it\'s \\u202e"}',
        "|",
        "websocat",
        "-n",
        "-H",
        "openai-beta: responses_websockets=2026-02-06",
        "-H",
        "authorization: Bearer $GATEWAY_API_KEY",
        "wss://gateway.test/v1/responses",
    ]


def test_an_upgrade_without_a_message_is_one_of_curl() -> None:
    command = curl.command(Request("GET", URL, UPGRADE, b"", ()))
    assert command.startswith("curl ")
    assert "'upgrade: websocket'" in command
