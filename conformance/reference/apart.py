"""The provider and the reference gateway, each in a process of its own, so that they do not wait for each other.

`python -m conformance.reference.apart provider`, `... scripted` and `... gateway UPSTREAM` print the address, take
their keys from the environment, and exit when their standard input is closed. The provider of `scripted` answers as the
suite tells it; its control key is its own key.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.reference import PACE, gateway, provider, scripted
from conformance.reference.serving import serve

_OWN, _UPSTREAM = "CONFORMANCE_OWN_KEY", "CONFORMANCE_UPSTREAM_KEY"
"""Environment variables of the child processes."""


@dataclass(frozen=True, slots=True)
class Apart:
    """The running servers: base URLs that end in /v1, the key of both, and a model that both serve."""

    gateway_url: str
    provider_url: str
    model: str
    key: str = field(repr=False)


@contextmanager
def apart(*, is_scripted: bool = False) -> Iterator[Apart]:
    """Runs both until the block ends. `is_scripted` makes the provider a scripted one."""
    key = f"sk-apart-{secrets.token_hex(16)}"
    environment = {**os.environ, _OWN: key, _UPSTREAM: key}
    kind = "scripted" if is_scripted else "provider"
    with _child(environment, kind) as upstream, _child(environment, "gateway", upstream) as front:
        yield Apart(f"{front}/v1", f"{upstream}/v1", provider.DEFAULT_MODELS[0], key)


@contextmanager
def in_front(upstream: str, upstream_key: str) -> Iterator[tuple[str, str]]:
    """Runs the gateway in front of a provider that runs already; yields its base URL, ending in /v1, and its key."""
    own = f"sk-apart-{secrets.token_hex(16)}"
    environment = {**os.environ, _OWN: own, _UPSTREAM: upstream_key}
    with _child(environment, "gateway", upstream.rstrip("/").removesuffix("/v1")) as front:
        yield f"{front}/v1", own


@contextmanager
def _child(environment: dict[str, str], *arguments: str) -> Iterator[str]:
    """Runs a server and yields its address."""
    with subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", __name__, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()


def main() -> None:
    """Serves until standard input is closed."""
    own, upstream_key, models = os.environ[_OWN], os.environ[_UPSTREAM], provider.DEFAULT_MODELS
    if sys.argv[1] == "provider":
        app = provider.create_app(key=own, models=models, pace=PACE)
    elif sys.argv[1] == "scripted":
        app = scripted.create_app(key=own, control_key=own, models=models, pace=PACE)
    else:
        app = gateway.create_app(upstream=sys.argv[2], upstream_key=upstream_key, key=own, models=models)
    with serve(app) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
