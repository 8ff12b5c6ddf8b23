"""The errors that the official SDKs raise for mistakes of their users, with and without the traceback."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.client.http import Client
from conformance.doctor import intake, read
from conformance.doctor.intake import Options
from conformance.reference import Reference, reference_gateway
from conformance.run import doctor

pytestmark = pytest.mark.sdk

HI: Any = [{"role": "user", "content": "Hi"}]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Reference]:
    with reference_gateway(pace=0.0) as running:
        yield running


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(doctor.FIRST, doctor.MAX_BYTES) as running:
        yield running


def chat(base: str, key: str, **changed: Any) -> None:
    import openai

    with openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=5) as sdk:
        sdk.chat.completions.create(**{"model": "reference-large", "messages": HI, **changed})


def responses(base: str, key: str, **changed: Any) -> None:
    import openai

    with openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=5) as sdk:
        sdk.responses.create(**{"model": "reference-large", "input": "Hi", **changed})


def messages(base: str, key: str, **changed: Any) -> None:
    own: Any = {} if "max_tokens" in changed else {"timeout": 5}
    import anthropic

    with anthropic.Anthropic(base_url=base, api_key=key, max_retries=0, **own) as sdk:
        sdk.messages.create(**{"model": "reference-large", "max_tokens": 64, "messages": HI, **changed})


@pytest.mark.parametrize(
    ("call", "base", "changed", "cause"),
    [
        (chat, "{v1}", {"model": "gpt-9"}, "model-missing"),
        (chat, "{v1}", {"model": "reference-larg"}, "model-name"),
        (chat, "{root}", {}, "base-url"),
        (chat, "{v1}/v1", {}, "base-url"),
        (chat, "{v1}", {"temperature": 7}, "body"),
        (chat, "{v1}", {"key": "sk-other"}, "wrong-key"),
        (chat, "http://127.0.0.1:9/v1", {}, "unreachable"),
        (responses, "{v1}", {"model": "gpt-9"}, "model-missing"),
        (responses, "{root}", {}, "base-url"),
        (messages, "{root}", {"model": "claude-9"}, "model-missing"),
        (messages, "{v1}", {}, "base-url"),
        (messages, "{root}", {"key": "sk-other"}, "wrong-key"),
        (messages, "{root}", {"max_tokens": 64_000}, "sdk-mode"),
    ],
)
def test_the_error_shows_the_cause(
    gateway: Reference, client: Client, call: Any, base: str, changed: dict[str, Any], cause: str
) -> None:
    v1 = gateway.base_url
    root = v1.removesuffix("/v1")
    own = {"key": gateway.key, **changed}
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the SDKs raise many kinds
        call(base.format(v1=v1, root=root), **own)
    whole = "".join(traceback.format_exception(caught.value))
    for text in (whole, f"{caught.type.__module__}.{caught.type.__name__}: {caught.value}"):
        case = intake.case(read.read(text), Options(root if call is messages else v1, key=gateway.key))
        assert doctor.with_client(case, client).cause == cause, text
