"""The gateway under test for real clients, which send their requests themselves."""

from __future__ import annotations

from conformance.real_clients.place import Place
from conformance.run.connect import Reached
from conformance.target import target

_FAMILIES = ("chat_completions", "responses", "messages")


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
