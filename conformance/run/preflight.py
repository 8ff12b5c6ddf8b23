"""The first request of a run: checks that the gateway answers and accepts the key, and finds its models.

An error here would repeat in every case, so it ends the run with one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from conformance.client.http import Client
from conformance.core.model import Exchange, Request
from conformance.core.pointer import each
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError
from conformance.protocol import family
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from conformance.target.target import Target

_NOT_FOR_TEXT = (
    "embed", "whisper", "tts", "dall-e", "image", "moderation", "rerank", "audio", "realtime", "transcribe",
)  # fmt: skip
"""Parts of the names of models that do not answer with text."""

_VENDOR_NAMES = {"messages": ("claude", "anthropic"), "chat_completions": ("gpt",), "responses": ("gpt",)}
"""Family -> parts of the names of its own vendor's models, which are preferred where the user names none."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The ids in the model list, or why it could not be read."""

    models: tuple[str, ...]
    problem: str = ""


def prepare(
    url: str,
    profile: Profile,
    key: str,
    chosen: Sequence[str],
    client: Client,
    preferred: Mapping[str, str] = MappingProxyType({}),
) -> Target:
    """Sends one or two requests, and returns the target. Raises InputError if the gateway cannot be tested.

    `chosen` are the user's models, as [FAMILY=]NAME. `preferred` are models by family, used where the user named
    none and the gateway lists them.
    """
    base = checked_url(url)
    named = named_models(profile, chosen)
    base, listing, notes = _probe(base, profile, key, client)
    models = _choose(named, listing, base, preferred)
    return Target(base, profile, key, models, tuple(notes))


def named_models(profile: Profile, chosen: Sequence[str]) -> Mapping[str, str]:
    """The models that the user named, by endpoint or as `default`. Raises InputError."""
    return {**profile.models, **_named(chosen)}


def _named(chosen: Sequence[str]) -> Mapping[str, str]:
    """`[FAMILY=]NAME` options as a mapping; without a family it is the default."""
    named = {}
    for option in chosen:
        endpoint, given, name = option.partition("=")
        if not given or not re.fullmatch("[a-z_]*", endpoint):
            endpoint, name = "default", option
        elif endpoint not in family.names():
            known = ", ".join(family.names())
            raise InputError(f"--gateway-model {option}: {endpoint!r} is not an endpoint; known are {known}")
        if not name:
            raise InputError(f"--gateway-model {option}: the model's name is missing; give [FAMILY=]NAME")
        named[endpoint] = name
    return named


def _probe(base: str, profile: Profile, key: str, client: Client) -> tuple[str, Listing, list[str]]:
    """The base URL that answers, its models, and notes for the report."""
    if base.endswith("/v1"):
        return base, _listing(_ask(base, profile, key, client), profile), []
    versioned = _ask(f"{base}/v1", profile, key, client)
    if versioned.status is not None and versioned.status not in (404, 405) and not _is_page(versioned):
        return f"{base}/v1", _listing(versioned, profile), [f"{base} has no /v1; {base}/v1 answers and is used"]
    plain = _listing(_ask(base, profile, key, client), profile)
    return base, plain, [f"{base} has no /v1, and {base}/v1 does not answer; paths are used without it"]


def _ask(base: str, profile: Profile, key: str, client: Client) -> Exchange:
    request = Request("GET", f"{base}/models", tuple(profile.headers.items()), auth=(profile.key_header,))
    exchange = client.send("models", request, key)
    if exchange.ended == "unreachable":
        raise InputError(
            f"{base}: the gateway cannot be reached ({exchange.problem}); check the address and that it runs"
        )
    if exchange.ended == "timeout" and exchange.status is None:
        raise InputError(
            f"{base}: the gateway does not answer ({exchange.problem}); check the address and that it runs"
        )
    if exchange.status is None:
        raise InputError(
            f"{base}: the server there does not speak HTTP ({exchange.problem}); check the address and the port"
        )
    return exchange


def _is_page(exchange: Exchange) -> bool:
    return Reading(exchange).content_type == "text/html"


def _listing(exchange: Exchange, profile: Profile) -> Listing:
    if exchange.status in (401, 403):
        raise InputError(
            f"{exchange.request.url}: the gateway answers {exchange.status} to the key in {profile.key_env}; "
            "check the key, and key_header in the profile"
        )
    ids = [
        value for _, value in each(Reading(exchange).json, "/data/*/id") if isinstance(value, str) and _is_name(value)
    ]
    return Listing(tuple(ids), "" if ids else _problem(exchange))


def _is_name(text: str) -> bool:
    """Whether a text can be a model's name. JSON can contain lone surrogates, which cannot be written to a file."""
    return bool(text) and not any("\ud800" <= character <= "\udfff" for character in text)


def _problem(exchange: Exchange) -> str:
    """Why an answer is not a list of models."""
    if _is_page(exchange):
        return f"status {exchange.status}, a web page"
    location = Reading(exchange).header("location")
    return (
        f"status {exchange.status}, a redirect to {location}" if location else f"status {exchange.status}, no data[].id"
    )


def _choose(named: Mapping[str, str], listing: Listing, base: str, preferred: Mapping[str, str]) -> Mapping[str, str]:
    """A model for each family: the user's, else a preferred one, else one of the family's vendor, else the first."""
    candidates = [name for name in listing.models if not any(word in name.lower() for word in _NOT_FOR_TEXT)]
    if not candidates and not named:
        raise InputError(
            f"{base}/models: no model can be read from the list ({listing.problem or 'none answers with text'}); "
            "name one with --gateway-model, or in the profile"
        )
    listed = {endpoint: name for endpoint, name in preferred.items() if name in listing.models}
    first = candidates[0] if candidates else next(iter(named.values()), "")
    default = named.get("default") or listed.get("default") or first
    vendors = {} if "default" in named else _vendor_models(candidates)
    return {"default": default, **vendors, **listed, **named}


def _vendor_models(candidates: Sequence[str]) -> Mapping[str, str]:
    """Family -> the first model that its own vendor made, for the families that have one."""
    return {
        endpoint: model
        for endpoint, parts in _VENDOR_NAMES.items()
        if (model := next((name for name in candidates if any(part in name.lower() for part in parts)), ""))
    }
