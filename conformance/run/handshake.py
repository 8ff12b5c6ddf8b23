"""Starts or finds the scripted provider, and checks that it really is the gateway's upstream."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from conformance.client import build_request
from conformance.client.http import Client
from conformance.client.provider import Provider, ProviderAddress, ProviderLostError
from conformance.client.retry import Sender, SharedLimits
from conformance.core import redaction
from conformance.core.canary import token
from conformance.core.case_format import UpstreamScript
from conformance.core.model import Exchange
from conformance.core.provider_control import CONTROL_KEY_VARIABLE, DEFAULT_KEY, KEY_VARIABLE
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.run.control_requests import plain_step
from conformance.target.target import Target

_WAIT = 5.0
"""Seconds that the handshake waits for the end of the gateway's request."""


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """The scripted provider of a run: the address at which to start it, or the URL at which it runs."""

    host: str = ""
    port: int = 0
    url: str = ""


def provider_choice(listen: str | None, url: str | None) -> ProviderChoice | None:
    """The provider that the options ask for. Raises InputError."""
    if listen and url:
        raise InputError("--gateway-provider-listen and --gateway-provider-url exclude each other; give one of them")
    if url:
        return ProviderChoice(url=checked_url(url).removesuffix("/v1"))
    if not listen:
        return None
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        raise InputError(f"--gateway-provider-listen {listen}: give an address and a port, such as 127.0.0.1:9100")
    return ProviderChoice(host.strip("[]") or "127.0.0.1", int(port))


@contextmanager
def opened(choice: ProviderChoice | None) -> Iterator[ProviderAddress | None]:
    """The provider, started if the options ask for it. Raises InputError if it cannot be started."""
    if choice is None:
        yield None
        return
    key = os.environ.get(KEY_VARIABLE) or DEFAULT_KEY
    if choice.url:
        control_key = os.environ.get(CONTROL_KEY_VARIABLE)
        if not control_key:
            raise InputError(
                f"{CONTROL_KEY_VARIABLE}: the environment variable with the provider's control key is not set; "
                "set it to the key that the provider was started with"
            )
        yield ProviderAddress(choice.url, key, control_key)
        return
    from conformance.reference import scripted_provider
    from conformance.reference.serving import ServingError

    try:
        with scripted_provider(choice.host, choice.port, key=key) as running:
            yield ProviderAddress(running.url, running.key, running.control_key)
    except ServingError as error:
        raise InputError(f"--gateway-provider-listen {choice.host}:{choice.port}: {error}") from None


def shake_hands(target: Target, address: ProviderAddress, key: str, client: Client, limits: SharedLimits) -> None:
    """Sends a plain request with a token, and checks that it arrives at the provider. Raises InputError."""
    provider = Provider(address, ((redaction.OWN, key),))
    endpoint, model, family = _way(target)
    word = token(f"handshake {target.base_url}")
    script: UpstreamScript = {"family": family}

    async def ask() -> tuple[Exchange, tuple[Exchange, ...]]:
        try:
            await provider.check()
            await provider.register(word, script)
            led = replace(target, models={endpoint: model})
            request = build_request.request(plain_step(endpoint, led, word), endpoint, led)
            sent = await Sender(client, limits).send(endpoint, request, key, 0, ())
            return sent.exchange, await provider.take(word, _WAIT)
        finally:
            await provider.close()

    try:
        answer, arrived = client.submit(ask()).result()
    except ProviderLostError as error:
        raise InputError(str(error)) from None
    if not arrived:
        raise InputError(
            f"{address.url}: the gateway answered a request to {model!r} at {endpoint} with {_shown(answer)}, but the "
            "request did not arrive at the scripted provider; configure the provider as the upstream of this model"
        )
    if arrived[-1].status in (401, 403):
        raise InputError(
            f"{address.url}: the gateway sends the scripted provider a wrong key; configure the key in {KEY_VARIABLE} "
            f"(default: {DEFAULT_KEY}) as the gateway's upstream key"
        )


def _way(target: Target) -> tuple[str, str, str]:
    """(endpoint, model, family of the upstream) for the handshake: the first lane that the profile states."""
    offered = [endpoint for endpoint in MAIN if target.profile.offers(endpoint) is not False]
    for endpoint in offered:
        for upstream in MAIN:
            if model := target.profile.lane(endpoint, upstream):
                return endpoint, model, upstream
    endpoint = offered[0] if offered else MAIN[0]
    return endpoint, target.model(endpoint), endpoint


def _shown(answer: Exchange) -> str:
    return f"status {answer.status}" if answer.status is not None else f"no answer ({answer.problem})"
