"""`gateway-conformance doctor`: its text, its JSON, its exit codes, and one sentence for each wrong input."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.reference import Reference, reference_gateway

Said = pytest.CaptureFixture[str]
HI = {"model": "reference-large", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Reference]:
    with reference_gateway(pace=0.0) as running:
        yield running


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-reference")


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        ([], "doctor: there is nothing to examine"),
        (["no-such-file"], "no-such-file: the file cannot be read"),
        (["-"], "the request: it is not JSON"),
        (["--gateway-url", "ftp://host"], "ftp://host: the gateway's URL must start with http"),
        (["--gateway-url", "http://me:pw@host/v1"], "http://host/v1: the URL contains credentials"),
        (
            ["--gateway-url", "http://host/v1", "--gateway-ca-bundle", "no.pem"],
            "--gateway-ca-bundle no.pem: no certificate",
        ),
        (
            ["--gateway-url", "http://host/v1", "--gateway-client-cert", "no.pem"],
            "--gateway-client-cert no.pem: the file",
        ),
        (
            ["--gateway-url", "http://host/v1", "--gateway-proxy", "me:pw@p:1"],
            "--gateway-proxy p:1: not the URL of an HTTP",
        ),
        (["--gateway-url", "http://host/v1", "--client", "cursor"], "--client cursor: this client is not known"),
    ],
)
def test_a_wrong_input_is_one_sentence(
    arguments: list[str], start: str, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("what happened"))
    assert main(["doctor", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gateway-conformance: {start}")
    assert len(said.err.splitlines()) == 1


def test_a_missing_key_is_one_sentence(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_API_KEY")
    assert main(["doctor", "--gateway-url", "http://host/v1"]) == 2
    assert "GATEWAY_API_KEY: the environment variable" in capsys.readouterr().err


@pytest.mark.socket
def test_the_text_has_a_sentence_five_answers_and_a_command(gateway: Reference, tmp_path: Path, capsys: Said) -> None:
    root = gateway.base_url.removesuffix("/v1")
    ticket = tmp_path / "ticket.txt"
    ticket.write_text(
        f"curl {root}/chat/completions -H 'Authorization: Bearer $KEY' -H 'content-type: application/json' "
        f"-d '{json.dumps(HI)}'",
        "utf-8",
    )
    assert main(["doctor", str(ticket)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("base-url: The base URL is wrong, because /v1 is missing")
    answers = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert answers[-5:] == ["model", "endpoint", "body", "base", "SDK"]
    [command] = [line for line in lines if line.startswith("curl ")]
    assert f"{gateway.base_url}/chat/completions" in command
    assert '"authorization: Bearer $GATEWAY_API_KEY"' in command


@pytest.mark.socket
def test_json_and_exit_code_of_a_healthy_request(gateway: Reference, tmp_path: Path, capsys: Said) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps(HI), "utf-8")
    assert main(["doctor", str(body), "--gateway-url", gateway.base_url, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cause"], found["proven"]) == ("healthy", True)
    assert [one["question"] for one in found["questions"]] == ["model", "endpoint", "body", "base URL", "SDK"]
    assert [one["answer"] for one in found["requests"]] == ["healthy"]


@pytest.mark.socket
def test_a_client_shows_what_it_requests(gateway: Reference, capsys: Said) -> None:
    arguments = ["--gateway-url", gateway.base_url, "--gateway-model", "reference-large", "--client", "claude-code"]
    assert main(["doctor", *arguments]) == 1
    said = capsys.readouterr().out
    assert "/v1 is doubled" in said
    assert f"Client: POST {gateway.base_url}/v1/messages?beta=true" in said
    assert f"set ANTHROPIC_BASE_URL to\n  {gateway.base_url.removesuffix('/v1')}." in said


def test_all_clients_are_listed(capsys: Said) -> None:
    assert main(["doctor", "--client", "all"]) == 0
    said = capsys.readouterr().out
    assert "claude-code          https://gateway.example/v1/v1/messages?beta=true" in said
    assert len(said.splitlines()) >= 12
