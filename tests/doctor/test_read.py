"""Pasted requests are read as their shells read them, and every other text gets one sentence."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest

from conformance.core.yaml_input import InputError
from conformance.doctor import curl_command, read, sdk_errors
from conformance.doctor.ticket import Ticket
from tests.support import shell_commands

URL = "https://gateway.example/v1/messages?beta=true&x=1"
SIGNS = "abc \"'\\/{}[]:,$%&|^`!<>#~*?;()=+-_.@\u00fc\u4f60\U0001f600"


EATEN = "^&|<>%"
"""Signs that cmd.exe treats specially after a quote with a backslash, so that a command cannot have them."""


def bodies(without: str = "") -> list[str]:
    """JSON with every sign that some shell treats specially, in random texts."""
    chance = random.Random(7)
    signs = [sign for sign in SIGNS if sign not in without]
    texts = ["".join(chance.choice(signs) for _ in range(chance.randint(0, 40))) for _ in range(60)]
    return [json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}) for text in texts]


@pytest.mark.parametrize("shell", shell_commands.SHELLS)
def test_a_command_is_read_as_its_shell_reads_it(shell: str) -> None:
    headers = [("Content-Type", "application/json"), ("x-note", 'it\'s "50 %" & more')]
    for body in bodies(EATEN if shell == "windows" else ""):
        found = read.read(shell_commands.command(shell, "POST", URL, headers, body))
        assert (found.source, found.method, found.url) == ("curl", "POST", URL)
        assert found.headers == tuple(headers)
        assert found.body is not None
        assert json.loads(found.body) == json.loads(body)


BODY = b'{"a": "it\'s"}'


@pytest.mark.parametrize(
    "text",
    [
        "$ curl https://h/v1/x \\\n> -H 'x: y' \\\n> -d '{\"a\": \"it'\\''s\"}'",
        'KEY=sk-1 URL=https://h/v1\ncurl $URL/x -d "{\\"a\\": \\"it\'s\\"}"',
        'export BODY=\'{"a": "it\'\\\'\'s"}\'; curl --json "$BODY" https://h/v1/x',
        "echo '{\"a\": \"it'\\''s\"}' | curl -sSX POST https://h/v1/x --data-binary @-",
        'curl https://h/v1/x -d "$(cat <<\'EOF\'\n{"a": "it\'s"}\nEOF\n)"',
        'curl -XPOST -d@- https://h/v1/x <<EOF\n{"a": "it\'s"}\nEOF\n',
        'time curl --url https://h/v1/x --request POST --data-raw $\'{"a": "it\\x27s"}\' | jq .',
        "$b = '{\"a\": \"it''s\"}'\n$b | curl.exe https://h/v1/x -H 'x: y' -d '@-'",
        'C:\\> curl.exe https://h/v1/x -d "{\\"a\\": \\"it\'s\\"}"',
        'curl https://h/v1/x -d \'{"a": "it\\\'s"}\'',
        'I ran this:\n\n    curl https://h/v1/x --compressed -k -L --max-time 5 -d "{\\"a\\": \\"it\'s\\"}"\n',
    ],
)
def test_other_ways_to_give_the_body(text: str) -> None:
    found = read.read(text)
    assert found.url == "https://h/v1/x"
    assert found.body == BODY
    assert found.method == "POST"


@pytest.mark.parametrize(
    ("given", "template", "key", "is_named"),
    [
        ("-H 'Authorization: Bearer sk-abc123'", "Bearer {}", "sk-abc123", False),
        ('-H "Authorization: Bearer $OPENAI_API_KEY"', "Bearer {}", "$OPENAI_API_KEY", True),
        ('-H "Authorization: Bearer ${KEY}"', "Bearer {}", "${KEY}", True),
        ("-H 'Authorization: Bearer <your key>'", "Bearer <your {}", "key>", True),
        ("-H 'Authorization: sk-abc123'", "{}", "sk-abc123", False),
        ("-H 'Authorization: Bearer '", "Bearer {}", "", False),
        ("-H 'authorization:Bearer Bearer sk-abc123'", "Bearer Bearer {}", "sk-abc123", False),
        ("--oauth2-bearer sk-abc123", "Bearer {}", "sk-abc123", False),
        ("-u user:sk-abc123", "Basic {}", "sk-abc123", False),
    ],
)
def test_the_key_of_a_command(given: str, template: str, key: str, is_named: bool) -> None:
    [found] = read.read(f"curl https://h/v1/x {given} -d '{{}}'").credentials
    assert (found.template, found.key, found.is_named) == (template, key, is_named)
    assert key not in repr(found) or not key


def test_a_body_without_a_content_type_is_sent_as_a_form_as_curl_does() -> None:
    assert ("content-type", "application/x-www-form-urlencoded") in read.read("curl https://h/v1 -d '{}'").headers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("hello", "it is not JSON, not a curl command"),
        ("curl -H 'a: b'", "it has no URL"),
        ("curl 'https://h/v1", "a quote is not closed"),
        ("curl https://h/v1 -d @body.json", "its body is in the file body.json"),
        ("curl https://h/v1 -d @-", "it reads its body from a pipe"),
        ("curl https://h/v1 -F file=@x.png", "it sends a form or a file"),
        ('{"log": {"entries": []}}', "no entry with a POST request"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_another_text_gets_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read.read(text)
    assert "\n" not in str(caught.value)


def test_the_failed_entry_of_a_har_file_counts() -> None:
    good = json.loads(shell_commands.har("POST", "https://h/v1/responses", [], "{}", 200, "{}"))
    bad = json.loads(shell_commands.har("POST", URL, [("x-api-key", "sk-1"), ("cookie", "c")], '{"a": 1}', 404, "no"))
    good["log"]["entries"] = [*bad["log"]["entries"], *good["log"]["entries"]]
    found = read.read(json.dumps(good))
    assert (found.source, found.url, found.body) == ("har", URL, b'{"a": 1}')
    assert found.said is not None
    assert found.said.status == 404
    assert [name for name, _ in found.headers] == ["content-type"]
    assert found.credentials[0].header == "x-api-key"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"model": "m", "messages": [],}', {"model": "m", "messages": []}),
        ("{'model': 'm', 'stream': True, 'x': None}", {"model": "m", "stream": True, "x": None}),
        ("{\u201cmodel\u201d: \u201cm\u201d}", {"model": "m"}),
        ('{"model": "m", // the model\n "n": 1}', {"model": "m", "n": 1}),
        ('{"model": "m"', {"model": "m"}),
    ],
)
def test_broken_json_is_read_as_it_was_meant(text: str, expected: dict[str, object]) -> None:
    found: Ticket = read.read(text)
    assert found.body == text.encode()
    assert found.repaired is not None
    assert json.loads(found.repaired) == expected


@pytest.mark.parametrize(
    ("text", "kind", "status", "vendor"),
    [
        (
            "anthropic.RateLimitError: Error code: 429 - {'type': 'error', 'error': {'type': 'x'}}",
            "status",
            429,
            "anthropic",
        ),
        ("BadRequestError: 400 Missing required parameter\n  at node_modules/openai/error.js", "status", 400, "openai"),
        ("openai.NotFoundError: <html>nginx</html>", "page", 404, "openai"),
        ("[Errno 111] Connection refused", "refused", None, ""),
        ("Error: connect ETIMEDOUT 10.0.0.1:443", "timeout", None, ""),
        ("Error: unable to get local issuer certificate", "tls", None, ""),
        ("openai.APIConnectionError: Connection error.", "connection", None, "openai"),
        ("everything is fine", "", None, ""),
    ],
)
def test_errors_of_clients(text: str, kind: str, status: int | None, vendor: str) -> None:
    found = sdk_errors.read(text)
    assert (found.kind, found.status, found.vendor) == (kind, status, vendor)


def test_no_text_raises_anything_but_one_sentence() -> None:
    """Damaged commands, HAR files and errors."""
    chance = random.Random(11)
    whole = [
        shell_commands.command(shell, "POST", URL, [("a", "b")], body)
        for shell, body in zip(shell_commands.SHELLS, bodies(), strict=False)
    ]
    whole += [shell_commands.har("POST", URL, [], "{}", 500, "x"), "Error code: 400 - {'error': {'message': 'x'}}"]
    for _ in range(1500):
        text = chance.choice(whole)
        start, length = chance.randrange(len(text)), chance.randint(1, 12)
        damage = "".join(chance.choice(SIGNS) for _ in range(chance.randint(0, 3)))
        with suppress(InputError):
            read.read(text[:start] + damage + text[start + length :])


def test_a_command_is_told_from_prose() -> None:
    assert curl_command.is_curl("$ curl https://h")
    assert not curl_command.is_curl("the curly brackets")
