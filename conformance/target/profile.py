"""A gateway's profile: what it claims to support, and how to reach it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.core import redaction
from conformance.core.model import JSON
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError, read_yaml
from conformance.protocol import family
from conformance.target import capabilities

KEY_VARIABLE = "GATEWAY_API_KEY"
UPSTREAM_KEY_VARIABLE = "CONTROL_API_KEY"
"""The environment variables with the keys of the gateway and of its upstream."""

TIMEOUT = 60.0
"""Seconds for one exchange: long enough for slow models, short enough for a nightly run to end."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A gateway's profile; schemas/profile.schema.json describes the members.

    `conversions` are pairs (family of the body, endpoint). `upstreams` is model -> endpoint -> the family in which the
    gateway sends the requests to its upstream, or `family.UNREACHABLE`. `timeouts` is model -> seconds. `timeout` is in
    seconds. `endpoints` is None if the profile does not list them.
    """

    name: str = ""
    version: str = ""
    base_url: str = ""
    key_env: str = KEY_VARIABLE
    key_header: str = "bearer"
    models: Mapping[str, str] = field(default_factory=dict)
    endpoints: tuple[str, ...] | None = None
    serves: Mapping[str, Sequence[str]] = field(default_factory=dict)
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    conversions: frozenset[tuple[str, str]] = frozenset()
    upstreams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    timeouts: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT

    def offers(self, endpoint: str) -> bool | None:
        """Whether the gateway offers the endpoint; None if the profile does not say."""
        if endpoint == family.ELSEWHERE:
            return True
        return None if self.endpoints is None else endpoint in self.endpoints

    def claims(self, capability: str) -> bool | None:
        """Whether the gateway claims the capability; None if the profile does not say and it may be tried."""
        if capability == "body_limit" and "body_bytes" in self.limits:
            return True
        return self.capabilities.get(capability, capabilities.unsaid(capability))

    def lane(self, endpoint: str, upstream: str, *, gives_up: bool = False) -> str | None:
        """The model whose requests at `endpoint` go to the gateway's upstream in the family `upstream`.

        "" is any model: a profile without `upstreams` says nothing, and then native lanes are tried. None if no model
        is known. If it `gives_up`, the gateway ends a request to its upstream after the seconds in `timeouts`.
        """
        if gives_up:
            return next((model for model in self.timeouts if self._leads(model, endpoint) == upstream), None)
        if not self.upstreams:
            return "" if endpoint == upstream else None
        for model, families in self.upstreams.items():
            if families.get(endpoint) == upstream:
                return model
        return None

    def _leads(self, model: str, endpoint: str) -> str | None:
        return self.upstreams.get(model, {}).get(endpoint)

    def converts(self, source: str, endpoint: str) -> bool:
        """Whether the profile says that `endpoint` converts bodies of the family `source`."""
        return (source, endpoint) in self.conversions


def load_profile(path: Path, key_env: str = KEY_VARIABLE) -> Profile:
    """Read a profile. `key_env` is the default for the variable with the key. Raises InputError."""
    document = read_yaml(path, "profile.schema.json")
    entry = {"key_env": key_env, **document.value}
    for place, name in _endpoints(entry):
        if name not in family.names() and not (name == family.UNREACHABLE and place[0] == "upstreams"):
            known = ", ".join(family.names())
            raise InputError(f"{document.at(*place)}: unknown endpoint {name!r}; known endpoints: {known}")
    for name in entry.get("capabilities", {}):
        if name not in capabilities.table():
            known = ", ".join(capabilities.table())
            raise InputError(
                f"{document.at('capabilities', name)}: unknown capability {name!r}; known capabilities: {known}"
            )
    for name, value in entry.get("headers", {}).items():
        if redaction.is_secret(name) and not redaction.is_variable(value):
            raise InputError(
                f"{document.at('headers', name)}: the header {name} carries a credential; put it into an environment "
                "variable and write $NAME as the value, with the variable's name in capitals"
            )
    if "base_url" in entry:
        try:
            checked_url(entry["base_url"])
        except InputError as error:
            raise InputError(f"{document.at('base_url')}: {error}") from None
    endpoints = entry.pop("endpoints", None)
    conversions = frozenset((pair["from"], pair["to"]) for pair in entry.pop("conversions", ()))
    entry["upstreams"] = {
        model: dict.fromkeys(family.MAIN, families) if isinstance(families, str) else families
        for model, families in entry.get("upstreams", {}).items()
    }
    return Profile(endpoints=None if endpoints is None else tuple(endpoints), conversions=conversions, **entry)


def _endpoints(entry: Mapping[str, JSON]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield (path, name) for every name of an endpoint in a profile."""
    yield from ((("endpoints", index), name) for index, name in enumerate(entry.get("endpoints", ())))
    yield from ((("models", name), name) for name in entry.get("models", {}) if name != "default")
    for model, served in entry.get("serves", {}).items():
        yield from ((("serves", model, index), name) for index, name in enumerate(served))
    for model, families in entry.get("upstreams", {}).items():
        if isinstance(families, str):
            yield ("upstreams", model), families
        else:
            yield from ((("upstreams", model, name), name) for name in families)
            yield from ((("upstreams", model, name), name) for name in families.values())
    for index, pair in enumerate(entry.get("conversions", ())):
        yield from ((("conversions", index, end), pair[end]) for end in ("from", "to"))
