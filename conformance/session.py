"""A run against one gateway: what the options mean, and what is started and stopped for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance import address, profile, target
from conformance.client import Client
from conformance.model import JSON
from conformance.preflight import prepare
from conformance.profile import Profile
from conformance.settings import Wire
from conformance.target import Target

_REFERENCE_PROFILE = Path(__file__).parent / "reference" / "profile.yaml"


@dataclass(frozen=True, slots=True)
class Options:
    """What a user chose on the command line."""

    url: str = ""
    profile: Profile | None = None
    models: Sequence[str] = ()
    wire: Wire = field(default_factory=Wire)

    @property
    def claims(self) -> Profile:
        """What is claimed: the given profile, the built-in gateway's own, or nothing."""
        return self.profile or (profile.load(_REFERENCE_PROFILE) if self.is_reference else Profile())

    @property
    def is_reference(self) -> bool:
        """Whether nothing names a gateway, so that the built-in one is judged."""
        return not self.url

    def client(self) -> Client:
        """What speaks with the gateway, as the options and the profile want it."""
        wire = self.wire
        return Client(wire.timeout or self.claims.timeout, wire.most_bytes, wire.http2, wire.trust)


def options(url: str, profile_file: str, models: Sequence[str], wire: Wire) -> Options:
    """The options, checked before anything is sent. Raises InputError."""
    claims = profile.load(Path(profile_file)) if profile_file else None
    chosen = url or (claims.base_url if claims else "")
    return Options(address.checked(chosen) if chosen else "", claims, tuple(models), wire)


@contextmanager
def opened(chosen: Options) -> Iterator[Target]:
    """The gateway, reached and probed; the built-in one runs until the block ends. Raises InputError."""
    with ExitStack() as stack:
        if chosen.is_reference:
            from conformance.reference import reference_gateway

            running = stack.enter_context(reference_gateway())
            claims = chosen.profile or profile.load(_REFERENCE_PROFILE)
            url, key = running.base_url, running.key
        else:
            claims = chosen.profile or Profile()
            url, key = chosen.url, target.key(claims)
        with chosen.client() as client:
            prepared = prepare(url, claims, key, chosen.models, client)
        yield replace(prepared, notes=(*prepared.notes, *_remarks(chosen.wire)))


def _remarks(wire: Wire) -> Iterator[str]:
    if wire.trust.insecure:
        yield "--insecure: the gateway's certificate was not checked"


def to_json(prepared: Target) -> JSON:
    """What a worker process needs to know of the target; never the key."""
    return {
        "base_url": prepared.base_url,
        "models": dict(prepared.models),
        "notes": list(prepared.notes),
    }


def from_json(document: Any, chosen: Options) -> Target:
    """The target in a worker process, which reads the key and the profile for itself."""
    if chosen.is_reference:
        from conformance.reference import DEFAULT_KEY

        claims = chosen.profile or profile.load(_REFERENCE_PROFILE)
        key = target.key(replace(claims, key_env=profile.KEY_VARIABLE), default=DEFAULT_KEY)
    else:
        claims = chosen.profile or Profile()
        key = target.key(claims)
    return Target(document["base_url"], claims, key, document["models"], tuple(document["notes"]))
