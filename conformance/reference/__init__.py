"""Real servers to judge and to be judged against: a scripted provider, and a faithful gateway in front of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

DEFAULT_KEY = "sk-reference"
"""What the reference gateway accepts where `GATEWAY_API_KEY` is not set."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A running reference gateway: its base URL with `/v1`, the key it accepts, the models it offers."""

    base_url: str
    key: str = field(repr=False)
    models: tuple[str, ...]


@contextmanager
def reference_gateway() -> Iterator[Reference]:
    """Run the provider and the gateway in front of it, on free ports, until the block ends."""
    # Imported here: a run against somebody's own gateway starts no server and needs none of this.
    from conformance.reference.gateway import create_app
    from conformance.reference.serving import serve

    key = os.environ.get("GATEWAY_API_KEY") or DEFAULT_KEY
    with running_provider() as (upstream, upstream_key, models):
        app = create_app(upstream=upstream, upstream_key=upstream_key, key=key, models=models)
        with serve(app) as url:
            yield Reference(f"{url}/v1", key, models)


@contextmanager
def running_provider() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Run the provider on a free port: its base URL without `/v1`, its key of this run, its models."""
    from conformance.reference.provider import DEFAULT_MODELS, create_app
    from conformance.reference.serving import serve

    key = f"sk-upstream-{secrets.token_hex(16)}"
    with serve(create_app(key=key)) as url:
        yield url, key, tuple(DEFAULT_MODELS)
