"""The gateway under test: its address, its claims, its models and its credential."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance import address
from conformance.profile import Profile
from conformance.yamls import InputError


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
        chosen = self.models.get(endpoint) or self.models.get(_FAMILY_OF.get(endpoint, ""))
        return chosen or self.models.get("default", "")

    def url(self, path: str) -> str:
        """The URL of a path that is given from the root, where /v1 stands for the base URL's own last part."""
        if path.startswith("/v1/"):
            return self.base_url + path.removeprefix("/v1")
        return address.root(self.base_url) + path


_FAMILY_OF: Mapping[str, str] = {
    "count_tokens": "messages",
    "models_anthropic": "messages",
    "model_anthropic": "messages",
}


def key(profile: Profile, default: str = "") -> str:
    """The key from the environment. Raises InputError where the variable is not set and there is no default."""
    found = os.environ.get(profile.key_env) or default
    if not found:
        raise InputError(
            f"{profile.key_env}: the environment variable with the gateway's key is not set; "
            f"set it (export {profile.key_env}=...), or name another as key_env in the profile"
        )
    if not found.isascii() or not found.isprintable() or found != found.strip():
        raise InputError(
            f"{profile.key_env}: the key has spaces around it, or characters that no HTTP header can carry; "
            "set it again"
        )
    return found
