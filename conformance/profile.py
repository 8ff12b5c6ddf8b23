"""A gateway's profile: what it claims, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance import family, yamls
from conformance.yamls import InputError

KEY_VARIABLE = "GATEWAY_API_KEY"
TIMEOUT = 60.0
"""Seconds for one exchange: slow models think for long, but a nightly run must end."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The claims of a gateway, as schemas/profile.schema.json describes them."""

    name: str = ""
    version: str = ""
    base_url: str = ""
    key_env: str = KEY_VARIABLE
    key_header: str = "bearer"
    models: Mapping[str, str] = field(default_factory=dict)
    endpoints: tuple[str, ...] | None = None
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    conversions: frozenset[tuple[str, str]] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT

    def offers(self, endpoint: str) -> bool | None:
        """Whether the endpoint is offered; None where the profile does not say."""
        return None if self.endpoints is None else endpoint in self.endpoints

    def claims(self, capability: str) -> bool | None:
        """Whether the capability is claimed; None where the profile does not say."""
        return self.capabilities.get(capability)

    def converts(self, source: str, endpoint: str) -> bool:
        """Whether the profile documents that an endpoint converts bodies of another family."""
        return (source, endpoint) in self.conversions


def load(path: Path) -> Profile:
    """A profile from its file. Raises InputError."""
    document = yamls.read(path, "profile.schema.json")
    entry = dict(document.value or {})
    for key, used in (("endpoints", entry.get("endpoints", ())), ("models", entry.get("models", ()))):
        for name in used:
            if name != "default" and name not in family.names():
                known = ", ".join(family.names())
                raise InputError(f"{document.at(key, name)}: {name!r} is no endpoint; known are {known}")
    endpoints = entry.pop("endpoints", None)
    conversions = frozenset((pair["from"], pair["to"]) for pair in entry.pop("conversions", ()))
    return Profile(endpoints=None if endpoints is None else tuple(endpoints), conversions=conversions, **entry)
