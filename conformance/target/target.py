"""The gateway under test: its address, its claims, its models and its credential."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.core import urls
from conformance.core.redaction import is_variable
from conformance.core.yaml_input import InputError
from conformance.target.profile import Profile


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that sending needs. `base_url` ends in /v1, or in what stands for it at this gateway."""

    base_url: str
    profile: Profile
    key: str = field(repr=False)
    models: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    route: str = ""
    """What this way to the gateway is called, where there are several."""

    def model(self, endpoint: str) -> str:
        """The model to ask at an endpoint; "" where none is known."""
        return model_for(self.models, endpoint)

    def url(self, path: str) -> str:
        """The URL of a path that is given from the root, where /v1 stands for the base URL's own last part."""
        if path.startswith("/v1/"):
            return self.base_url + path.removeprefix("/v1")
        return urls.root(self.base_url) + path


_FAMILY_OF: Mapping[str, str] = {
    "count_tokens": "messages",
    "models_anthropic": "messages",
    "model_anthropic": "messages",
}


def model_for(models: Mapping[str, str], endpoint: str) -> str:
    """The model of an endpoint: its own, its family's or the default one; "" where none is known."""
    chosen = models.get(endpoint) or models.get(_FAMILY_OF.get(endpoint, ""))
    return chosen or models.get("default", "")


def key(profile: Profile, default: str = "") -> str:
    """The key from the environment. Raises InputError where the variable is not set and there is no default."""
    found = os.environ.get(profile.key_env) or default
    if not found:
        raise InputError(
            f"{profile.key_env}: the environment variable with the gateway's key is not set; "
            f"set it (export {profile.key_env}=...), or name another as key_env in the profile"
        )
    return _sendable(found, profile.key_env)


def secrets(profile: Profile) -> Mapping[str, str]:
    """What the environment has for the `$NAME` among a profile's headers, by these signs. Raises InputError."""
    return {sign: _variable(sign[1:], header) for header, sign in profile.headers.items() if is_variable(sign)}


def _variable(name: str, header: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise InputError(
            f"{name}: the environment variable that the profile names for the header {header} is not set; "
            f"set it (export {name}=...), or take the header out of the profile"
        )
    return _sendable(found, name)


def _sendable(secret: str, variable: str) -> str:
    """A secret that a header can carry. Raises InputError."""
    if not secret.isascii() or not secret.isprintable() or secret != secret.strip():
        raise InputError(
            f"{variable}: the key has spaces around it, or characters that no HTTP header can carry; set it again"
        )
    return secret
