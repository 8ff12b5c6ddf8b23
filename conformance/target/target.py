"""The gateway under test: its address, profile, models and key."""

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
    """Everything that is needed to send requests to a gateway.

    `base_url` ends in /v1, or in the gateway's own replacement for it. `models` maps an endpoint, or `default`, to the
    model to use there. `notes` are remarks for the report. `listed` are the models in the gateway's list; () if no
    complete list could be read.
    """

    base_url: str
    profile: Profile
    key: str = field(repr=False)
    models: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    route: str = ""
    """The name of this route to the gateway, if there are several; "" otherwise."""
    listed: tuple[str, ...] = ()

    def model(self, endpoint: str) -> str:
        """Return the model to use at an endpoint; "" if none is known."""
        return model_for(self.models, endpoint)

    def url(self, path: str) -> str:
        """Return the URL of an absolute path. /v1 at its start is replaced by the path of the base URL."""
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
    """Return the key from the environment. Raises InputError if the variable is not set and there is no default."""
    found = os.environ.get(profile.key_env) or default
    if not found:
        raise InputError(
            f"{profile.key_env}: the environment variable with the gateway's key is not set; "
            f"set it (export {profile.key_env}=...), or name another variable as key_env in the profile"
        )
    return _checked_header_value(found, profile.key_env)


def secrets(profile: Profile) -> Mapping[str, str]:
    """Return `$NAME` -> the environment variable's value for the profile's headers with `$NAME`. Raises InputError."""
    return {value: _variable(value[1:], header) for header, value in profile.headers.items() if is_variable(value)}


def _variable(name: str, header: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise InputError(
            f"{name}: the environment variable that the profile names for the header {header} is not set; "
            f"set it (export {name}=...), or remove the header from the profile"
        )
    return _checked_header_value(found, name)


def _checked_header_value(secret: str, variable: str) -> str:
    """Return the secret. Raises InputError if it is not a valid header value."""
    if not secret.isascii() or not secret.isprintable() or secret != secret.strip():
        raise InputError(
            f"{variable}: the key has spaces around it, or characters that are not allowed in an HTTP header; "
            "set it again"
        )
    return secret
