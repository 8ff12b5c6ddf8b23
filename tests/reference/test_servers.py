"""The reference servers, started by a run and from the command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from conformance.reference import DEFAULT_KEY, Reference, reference_gateway


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GATEWAY_API_KEY", raising=False)
        with reference_gateway() as running:
            yield running


ASKED = [{"role": "user", "content": "Reply with exactly: pong"}]
BODIES: dict[str, dict[str, object]] = {
    "chat/completions": {"messages": ASKED},
    "responses": {"input": ASKED},
    "messages": {"messages": ASKED, "max_tokens": 64},
}


@pytest.mark.socket
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", BODIES)
def test_every_family_answers(reference: Reference, path: str, stream: bool) -> None:
    headers = {"authorization": f"Bearer {reference.key}", "anthropic-version": "2023-06-01"}
    body = {"model": reference.models[0], "stream": stream, **BODIES[path]}
    answer = httpx.post(f"{reference.base_url}/{path}", json=body, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream" if stream else "application/json")
    assert "pong" in answer.text


@pytest.mark.socket
def test_a_translating_gateway_has_more_models() -> None:
    with reference_gateway(translate=True) as running:
        assert running.models[-3:] == ("via-chat", "via-responses", "via-messages")
        headers = {"authorization": f"Bearer {running.key}", "anthropic-version": "2023-06-01"}
        for model in running.models[-3:]:
            for path, body in BODIES.items():
                answer = httpx.post(f"{running.base_url}/{path}", json={"model": model, **body}, headers=headers)
                assert (answer.status_code, "pong" in answer.text) == (200, True)


@pytest.mark.e2e
def test_a_translating_gateway_from_the_command_line() -> None:
    with started("serve_gateway", "translate=True, models=['reference-mini']") as (_, said):
        assert said["models"] == "reference-mini, via-chat, via-responses, via-messages"
        headers = {"authorization": f"Bearer {said['key']}"}
        body = {"model": "via-messages", "input": ASKED}
        assert httpx.post(f"{said['base URL']}/responses", json=body, headers=headers).status_code == 200


@pytest.mark.socket
def test_the_models_of_the_record_are_those_of_the_list(reference: Reference) -> None:
    listed = httpx.get(f"{reference.base_url}/models", headers={"authorization": f"Bearer {reference.key}"}).json()
    assert tuple(model["id"] for model in listed["data"]) == reference.models


@pytest.mark.socket
def test_the_key_is_the_default_one_and_stays_out_of_sight(reference: Reference) -> None:
    assert reference.key == DEFAULT_KEY
    assert reference.key not in repr(reference)


@pytest.mark.socket
def test_the_key_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-mine")
    with reference_gateway() as reference:
        headers = {"authorization": "Bearer sk-mine"}
        assert httpx.get(f"{reference.base_url}/models", headers=headers).status_code == 200


@contextmanager
def started(
    function: str, arguments: str = "", **environment: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A server in its own process, and the values that it printed at the start."""
    code = f"from conformance.reference import command; command.{function}({arguments})"
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], env={**kept, **environment}, **pipes) as process:  # type: ignore[call-overload]
        try:
            said = [process.stdout.readline().rstrip("\n") for _ in range(4)]
            yield process, {line[:10].strip(): line[10:] for line in said}
        finally:
            process.kill()


@pytest.mark.e2e
@pytest.mark.parametrize(("function", "key"), [("serve_provider", "sk-provider"), ("serve_gateway", DEFAULT_KEY)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_prints_its_address_and_ends_with_a_signal(function: str, key: str, number: signal.Signals) -> None:
    with started(function) as (process, said):
        assert said["key"] == key
        listed = httpx.get(f"{said['base URL']}/models", headers={"authorization": f"Bearer {key}"}).json()
        assert said["models"] == ", ".join(model["id"] for model in listed["data"])
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("function", "variable"), [("serve_provider", "PROVIDER_API_KEY"), ("serve_gateway", "GATEWAY_API_KEY")]
)
def test_the_key_of_the_environment_works_and_is_not_printed(function: str, variable: str) -> None:
    with started(function, **{variable: "sk-mine"}) as (_, said):
        assert said["key"] == f"the value of {variable}"
        headers = {"authorization": "Bearer sk-mine"}
        assert httpx.get(f"{said['base URL']}/models", headers=headers).status_code == 200
