"""Runs `gateway-conformance serve provider|gateway`: prints URL, key and models, then serves until Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from conformance.reference import DEFAULT_KEY, gateway, misbehaving, provider, running_provider
from conformance.reference.serving import run

DEFAULT_PROVIDER_KEY = "sk-provider"
"""The key of the provider if `PROVIDER_API_KEY` is not set."""


def serve_provider(host: str = "127.0.0.1", port: int = 0) -> None:
    """Serve the scripted provider in the foreground. Raises ServingError when it cannot start."""
    key = os.environ.get("PROVIDER_API_KEY") or DEFAULT_PROVIDER_KEY
    models = tuple(provider.DEFAULT_MODELS)
    run(provider.create_app(key=key), host, port, _announce("PROVIDER_API_KEY", DEFAULT_PROVIDER_KEY, models))


def serve_gateway(
    host: str = "127.0.0.1", port: int = 0, faults: Sequence[str] = (), variations: Sequence[str] = ()
) -> None:
    """Serve the gateway in the foreground, a provider behind it; without faults and variations it is faithful.

    Raises ServingError likewise, and UnknownIdError where there is no such fault or variation.
    """
    key = os.environ.get("GATEWAY_API_KEY") or DEFAULT_KEY
    around = misbehaving(faults, variations)
    with running_provider() as (upstream, upstream_key, models):
        app = gateway.create_app(upstream=upstream, upstream_key=upstream_key, key=key, models=models, around=around)
        run(app, host, port, _announce("GATEWAY_API_KEY", DEFAULT_KEY, models))


def _announce(variable: str, default: str, models: Sequence[str]) -> Callable[[str], None]:
    """Says where the server is; a key of the user's own is named by its variable, never shown."""
    key = f"the value of {variable}" if os.environ.get(variable) else default

    def announce(url: str) -> None:
        lines = [f"base URL  {url}/v1", f"key       {key}", f"models    {', '.join(models)}", "Ctrl-C ends it."]
        print("\n".join(lines), flush=True)

    return announce
