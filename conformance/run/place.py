"""The gateway under test for real clients, which send their requests themselves."""

from __future__ import annotations

from conformance.core.yaml_input import InputError
from conformance.real_clients.place import Place
from conformance.run.config import Wire
from conformance.run.connect import Reached
from conformance.target import target

_FAMILIES = ("chat_completions", "responses", "messages")


def check_way(wire: Wire) -> None:
    """Raises InputError for settings of the connection that real clients cannot be given."""
    if wire.proxies.is_named:
        raise InputError(
            "--gateway-proxy: real clients have settings of their own; set HTTPS_PROXY, which the SDKs read"
        )
    if wire.trust.own:
        raise InputError("--gateway-client-cert: real clients cannot send a certificate; leave it out")


def place_of(reached: Reached) -> Place:
    """The gateway at its first route, with its scripted provider if it has one. Raises InputError."""
    first, provider = reached.first, reached.provider
    values = target.secrets(first.profile)
    return Place(
        first.base_url,
        first.key,
        {family: first.model(family) for family in _FAMILIES if first.profile.offers(family) is not False},
        {name: values.get(value, value) for name, value in first.profile.headers.items()},
        provider.url if provider else "",
        provider.control_key if provider else "",
    )
