"""The suite as the gateway's upstream: the options, the handshake, and a case from both ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.client.http import Client
from conformance.client.provider import Provider, ProviderAddress
from conformance.core.canary import token
from conformance.core.model import Case, Exchange
from conformance.core.provider_control import CONTROL_KEY_VARIABLE
from conformance.core.yaml_input import InputError
from conformance.reference import ScriptedProvider, scripted_provider
from conformance.reference.gateway import create_app
from conformance.reference.serving import serve
from conformance.run import handshake
from conformance.run.case_runner import CaseRunner
from conformance.run.connect import Options, reach
from conformance.run.handshake import ProviderChoice, provider_choice
from conformance.suite.load import load_case_file
from conformance.target.profile import Profile

CASE = """
family: upstream
area: own
source: https://example.com/
cases:
  - id: text
    title: The answer of the upstream reaches the client
    to: messages
    upstream: {family: messages, answers: [{reply: {text: A pelican.}}]}
    request: {body: {model: $model, max_tokens: 50, messages: [{role: user, content: "$token Name a bird."}]}}
    expect: {outcome: success, answer: {contains: pelican}, upstream: {requests: 1, equal: {/max_tokens: 50}}}
"""


@contextmanager
def gateway_before(url: str, upstream_key: str) -> Iterator[str]:
    app = create_app(upstream=url, upstream_key=upstream_key, key="sk-client-key", models=("reference-large",))
    with serve(app) as own:
        yield f"{own}/v1"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedProvider]:
    monkeypatch.setenv("GATEWAY_API_KEY", "sk-client-key")
    with scripted_provider(pace=0.001) as running:
        yield running


def address(provider: ScriptedProvider) -> ProviderAddress:
    return ProviderAddress(provider.url, provider.key, provider.control_key)


def options(url: str, provider: ScriptedProvider) -> Options:
    return Options((url,), Profile(), provider=ProviderChoice(url=provider.url))


def own_case(tmp_path: Path) -> Case:
    file = tmp_path / "own.yaml"
    file.write_text(CASE)
    [case] = load_case_file(file)
    return case


@pytest.mark.socket
def test_a_case_has_the_record_of_both_ends(provider: ScriptedProvider, tmp_path: Path) -> None:
    with gateway_before(provider.url, provider.key) as url:
        chosen = options(url, provider)
        with chosen.client(address(provider)) as client:
            reached = reach(chosen, [url], client, provider=address(provider))
            control = Provider(address(provider), client.secrets)
            verdict = CaseRunner(reached.first, client, provider=control).run(own_case(tmp_path))
            client.submit(control.close()).result()
    assert (verdict.outcome, verdict.findings) == ("passed", ())
    [exchange] = verdict.exchanges
    [behind] = exchange.behind
    assert behind.family == "messages"
    assert token("upstream/own/text 0").encode() in behind.request.body
    assert ("x-api-key", "$PROVIDER_API_KEY") in behind.request.headers


def hands_shaken(url: str, provider: ScriptedProvider) -> None:
    chosen = options(url, provider)
    with chosen.client(address(provider)) as client:
        reach(chosen, [url], client, provider=address(provider))


@pytest.mark.socket
def test_a_gateway_with_another_upstream_is_refused(provider: ScriptedProvider) -> None:
    with (
        scripted_provider(key=provider.key) as other,
        gateway_before(other.url, other.key) as url,
        pytest.raises(InputError, match="did not arrive at the scripted provider; configure the provider"),
    ):
        hands_shaken(url, provider)


@pytest.mark.socket
def test_a_gateway_with_a_wrong_upstream_key_is_refused(provider: ScriptedProvider) -> None:
    with (
        gateway_before(provider.url, "sk-another-key") as url,
        pytest.raises(InputError, match="sends the scripted provider a wrong key"),
    ):
        hands_shaken(url, provider)


@pytest.mark.socket
def test_a_provider_that_is_not_there_is_named(provider: ScriptedProvider) -> None:
    gone = ProviderAddress("http://127.0.0.1:9", "sk-provider", "k")
    with gateway_before(provider.url, provider.key) as url:
        chosen = options(url, provider)
        with chosen.client() as client, pytest.raises(InputError, match="the scripted provider does not answer"):
            reach(chosen, [url], client, provider=gone)


@pytest.mark.socket
def test_a_wrong_control_key_is_named(provider: ScriptedProvider) -> None:
    wrong = ProviderAddress(provider.url, provider.key, "wrong")
    with gateway_before(provider.url, provider.key) as url:
        chosen = options(url, provider)
        with chosen.client() as client, pytest.raises(InputError, match="refuses the control key"):
            reach(chosen, [url], client, provider=wrong)


@pytest.mark.socket
def test_the_clients_key_is_replaced_in_the_record(provider: ScriptedProvider) -> None:
    word = token("leak")

    async def leak(control: Provider) -> tuple[Exchange, ...]:
        import httpx

        await control.register(word, {"family": "chat_completions"})
        async with httpx.AsyncClient() as gateway:
            headers = {"authorization": f"Bearer {provider.key}", "x-client": "sk-client-key"}
            body = {"model": "m", "messages": [{"role": "user", "content": f"{word} sk-client-key"}]}
            await gateway.post(f"{provider.url}/v1/chat/completions", json=body, headers=headers)
        found = await control.take(word, 1)
        await control.close()
        return found

    with Client(5) as client:
        control = Provider(address(provider), [("$GATEWAY_API_KEY", "sk-client-key")])
        [behind] = client.submit(leak(control)).result()
    assert ("x-client", "$GATEWAY_API_KEY") in behind.request.headers
    assert b"sk-client-key" not in behind.request.body


@pytest.mark.parametrize(
    ("listen", "url", "message"),
    [
        ("127.0.0.1:9100", "http://127.0.0.1:9100", "exclude each other"),
        ("127.0.0.1", None, "give an address and a port"),
        ("9100", None, None),
        ("[::1]:9100", None, None),
    ],
)
def test_the_options(listen: str | None, url: str | None, message: str | None) -> None:
    if message is None:
        choice = provider_choice(listen, url)
        assert choice is not None
        assert choice.port == 9100
        return
    with pytest.raises(InputError, match=message):
        provider_choice(listen, url)


def test_a_remote_provider_needs_the_control_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONTROL_KEY_VARIABLE, raising=False)
    with (
        pytest.raises(InputError, match="PROVIDER_CONTROL_KEY"),
        handshake.opened(ProviderChoice(url="http://127.0.0.1:1")),
    ):
        pass
