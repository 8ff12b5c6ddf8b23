"""The first request of a run: is the gateway there, does it know the key, and which models does it have?

What is wrong here would be wrong ninety times over, so it ends the run with one sentence.
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
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "image",
    "moderation",
    "rerank",
    "audio",
    "realtime",
    "transcribe",
)
_LIKELY = {"messages": ("claude", "anthropic"), "chat_completions": ("gpt",), "responses": ("gpt",)}
"""Which of several listed models to ask where nobody said: names that the family's own vendor gives."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the model list said: the ids, or why it could not be read."""

    models: tuple[str, ...]
    problem: str = ""


def prepare(
    url: str,
    profile: Profile,
    key: str,
    chosen: Sequence[str],
    client: Client,
    liked: Mapping[str, str] = MappingProxyType({}),
) -> Target:
    """The target, probed with one or two requests. Raises InputError where a run would be in vain.

    `liked` are models by family that are asked for where nobody named others, as far as the list has them.
    """
    base = checked_url(url)
    named = {**profile.models, **_named(chosen)}
    base, listing, notes = _probe(base, profile, key, client)
    models = _choose(named, listing, base, liked)
    return Target(base, profile, key, models, tuple(notes))


def _named(chosen: Sequence[str]) -> Mapping[str, str]:
    """`[FAMILY=]NAME` options as a mapping; without a family it is the default."""
    named = {}
    for option in chosen:
        endpoint, given, name = option.partition("=")
        if not given or not re.fullmatch("[a-z_]*", endpoint):
            endpoint, name = "default", option
        elif endpoint not in family.names():
            known = ", ".join(family.names())
            raise InputError(f"--model {option}: {endpoint!r} is no endpoint; known are {known}")
        if not name:
            raise InputError(f"--model {option}: the model's name is missing; give [FAMILY=]NAME")
        named[endpoint] = name
    return named


def _probe(base: str, profile: Profile, key: str, client: Client) -> tuple[str, Listing, list[str]]:
    """The base URL that answers, its models, and what there is to tell about it."""
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
            f"{base}: what answers there is no HTTP server ({exchange.problem}); check the address and the port"
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
    """Whether a text can be handed on: half of a character, which JSON can write, goes into no other document."""
    return bool(text) and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _problem(exchange: Exchange) -> str:
    """Why an answer is no list of models."""
    if _is_page(exchange):
        return f"status {exchange.status}, a web page"
    location = Reading(exchange).header("location")
    return (
        f"status {exchange.status}, a redirect to {location}" if location else f"status {exchange.status}, no data[].id"
    )


def _choose(
    named: Mapping[str, str], listing: Listing, base: str, liked: Mapping[str, str]
) -> Mapping[str, str]:  # fmt: skip
    """A model for each family: as named, else one that is liked, else the likeliest of the list."""
    candidates = [name for name in listing.models if not any(word in name.lower() for word in _NOT_FOR_TEXT)]
    if not candidates and not named:
        raise InputError(
            f"{base}/models: no model can be read from the list ({listing.problem or 'none answers with text'}); "
            "name one with --model, or in the profile"
        )
    both = {endpoint: name for endpoint, name in liked.items() if name in listing.models}
    first = candidates[0] if candidates else next(iter(named.values()), "")
    default = named.get("default") or both.get("default") or first
    likely = {} if "default" in named else {name: _likeliest(words, candidates) for name, words in _LIKELY.items()}
    return {"default": default, **{name: model for name, model in likely.items() if model}, **both, **named}


def _likeliest(words: Sequence[str], candidates: Sequence[str]) -> str:
    return next((name for name in candidates if any(word in name.lower() for word in words)), "")
