"""Runs `gateway-conformance serve provider|gateway`: prints URL, key and models, then serves until Ctrl-C."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence

from conformance.core import provider_control
from conformance.reference import DEFAULT_KEY, gateway, misbehaving, provider, running_provider
from conformance.reference.scripted import create_app as scripted_app
from conformance.reference.serving import run


def serve_provider(
    host: str = "127.0.0.1",
    port: int = 0,
    models: Sequence[str] = provider.DEFAULT_MODELS,
    *,
    scripted: bool = False,
) -> None:
    """Serves the provider in the foreground; if `scripted`, a run of the suite can say what it answers.

    The suite's key is PROVIDER_CONTROL_KEY, or one that is made and printed. Raises ServingError if it cannot start.
    """
    key = os.environ.get(provider_control.KEY_VARIABLE) or provider_control.DEFAULT_KEY
    announce = _announce(provider_control.KEY_VARIABLE, provider_control.DEFAULT_KEY, models)
    if not scripted:
        run(provider.create_app(key=key, models=models), host, port, announce)
        return
    given = os.environ.get(provider_control.CONTROL_KEY_VARIABLE)
    control_key = given or secrets.token_hex(16)

    def announce_both(url: str) -> None:
        print(f"control   {'the value of PROVIDER_CONTROL_KEY' if given else control_key}")
        announce(url)

    run(scripted_app(key=key, control_key=control_key, models=models), host, port, announce_both)


def serve_gateway(
    host: str = "127.0.0.1",
    port: int = 0,
    faults: Sequence[str] = (),
    variations: Sequence[str] = (),
    models: Sequence[str] = provider.DEFAULT_MODELS,
    *,
    translate: bool = False,
) -> None:
    """Serves the gateway in the foreground, with a provider behind it; without faults it keeps the contract.

    `translate` adds models whose upstream is of one family on every endpoint.

    Raises ServingError if it cannot start, and UnknownIdError for a fault or variation that does not exist.
    """
    key = os.environ.get("GATEWAY_API_KEY") or DEFAULT_KEY
    around = misbehaving(faults, variations)
    served = tuple(models)
    if translate:
        served = (*served, *(name for name in (gateway.UPSTREAM_MODEL,) if name not in served))
    translations = gateway.VIA if translate else {}
    with running_provider(models=served) as (upstream, upstream_key, _):
        app = gateway.create_app(
            upstream=upstream,
            upstream_key=upstream_key,
            key=key,
            models=models,
            around=around,
            translations=translations,
        )
        announce = _announce("GATEWAY_API_KEY", DEFAULT_KEY, (*models, *translations))
        run(app, host, port, announce, web_sockets=True)


def _announce(variable: str, default: str, models: Sequence[str]) -> Callable[[str], None]:
    """Returns a function that prints the address; a key from the environment is named by its variable, never shown."""
    key = f"the value of {variable}" if os.environ.get(variable) else default

    def announce(url: str) -> None:
        lines = [f"base URL  {url}/v1", f"key       {key}", f"models    {', '.join(models)}", "Press Ctrl-C to stop."]
        print("\n".join(lines), flush=True)

    return announce
