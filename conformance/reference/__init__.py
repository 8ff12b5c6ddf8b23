"""Reference servers for testing the suite: a scripted provider, and a correct gateway in front of it.

The gateway can misbehave on request: `faults` break the contract, `variations` are unusual but legal. Both are built
from `changes` and selected by `switch`.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.reference.gateway import Answering

DEFAULT_KEY = "sk-reference"
"""The key of the reference gateway if `GATEWAY_API_KEY` is not set."""

PACE = 0.01
"""Seconds between the events of the provider's streams."""


@dataclass(frozen=True, slots=True)
class ScriptedProvider:
    """A running scripted provider. `url` is without `/v1`; gateways send `key`, the suite sends `control_key`."""

    url: str
    key: str = field(repr=False)
    control_key: str = field(repr=False)
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A running reference gateway; `base_url` ends in `/v1`."""

    base_url: str
    key: str = field(repr=False)
    models: tuple[str, ...]
    provider: ScriptedProvider | None = None


@contextmanager
def reference_gateway(
    faults: Sequence[str] = (),
    variations: Sequence[str] = (),
    *,
    around: Callable[[Answering], Answering] = lambda answering: answering,
    pace: float = PACE,
    translate: bool = False,
) -> Iterator[Reference]:
    """Runs the scripted provider and the gateway in front of it on free ports until the block ends.

    `faults` and `variations` are ids; `around` is applied after them. `translate` adds the models of
    `conformance.reference.gateway.families.VIA`, whose upstream is of one family on every endpoint, and the others
    of `BEHIND`.
    Raises UnknownIdError (conformance.reference.switch) for an id that does not exist.
    """
    # Imported here: a run against another gateway does not start a server.
    from conformance.reference.gateway import BEHIND, VIA, create_app
    from conformance.reference.serving import serve

    key = os.environ.get("GATEWAY_API_KEY") or DEFAULT_KEY
    wrong = misbehaving(faults, variations)
    with scripted_provider(pace=pace) as provider:
        app = create_app(
            upstream=provider.url,
            upstream_key=provider.key,
            key=key,
            models=provider.models,
            around=lambda answering: around(wrong(answering)),
            translations=BEHIND if translate else None,
        )
        with serve(app, web_sockets=True) as url:
            models = (*provider.models, *(VIA if translate else ()))
            yield Reference(f"{url}/v1", key, models, provider)


def misbehaving(faults: Sequence[str], variations: Sequence[str]) -> Callable[[Answering], Answering]:
    """A function for `around` that adds these faults and variations to the gateway.

    Raises UnknownIdError (conformance.reference.switch) for an id that does not exist.
    """
    if not faults and not variations:
        return lambda answering: answering
    # Imported here: reading the tables of faults takes most of a second.
    from conformance.reference.switch import misbehaviour

    return misbehaviour(faults, variations)


@contextmanager
def running_provider(
    pace: float = PACE, models: Sequence[str] | None = None
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Runs the provider on a free port. Yields its base URL without `/v1`, a key made for this run, and its models.

    `models` are its models if they are not the usual two.
    """
    from conformance.reference.provider import DEFAULT_MODELS, create_app
    from conformance.reference.serving import serve

    key = f"sk-upstream-{secrets.token_hex(16)}"
    served = tuple(models or DEFAULT_MODELS)
    with serve(create_app(key=key, models=served, pace=pace)) as url:
        yield url, key, served


@contextmanager
def scripted_provider(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    key: str = "",
    pace: float = PACE,
    models: Sequence[str] | None = None,
) -> Iterator[ScriptedProvider]:
    """Runs the provider that answers as the suite tells it, until the block ends. Port 0 selects a free port.

    Without `key`, one is made for this run. Raises ServingError (conformance.reference.serving) if it cannot start.
    """
    from conformance.reference import scripted
    from conformance.reference.provider import DEFAULT_MODELS
    from conformance.reference.serving import serve

    own = key or f"sk-upstream-{secrets.token_hex(16)}"
    control_key = secrets.token_hex(16)
    served = tuple(models or DEFAULT_MODELS)
    with serve(scripted.create_app(key=own, control_key=control_key, models=served, pace=pace), host, port) as url:
        yield ScriptedProvider(url, own, control_key, served)
