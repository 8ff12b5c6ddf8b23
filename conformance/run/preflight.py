"""The first requests of a run: check that the gateway answers and accepts the key, and find its models.

An error here would repeat in every case, so it ends the run with one sentence. Transient errors are retried.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from conformance.client import build_request
from conformance.client.http import Client
from conformance.client.retry import Sender, Sent, SharedLimits
from conformance.core.model import Exchange, Request
from conformance.core.pointer import each, get
from conformance.core.reasons import AT_PROXY
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError
from conformance.protocol import family
from conformance.protocol.reading import Reading
from conformance.run.control_requests import plain_endpoints, plain_step
from conformance.target.profile import Profile
from conformance.target.target import Target

_NOT_FOR_TEXT = (
    "embed", "whisper", "tts", "dall-e", "image", "moderation", "rerank", "audio", "realtime", "transcribe",
)  # fmt: skip
"""Parts of the names of models that do not answer with text."""

_VENDOR_NAMES = {"messages": ("claude", "anthropic"), "chat_completions": ("gpt",), "responses": ("gpt",)}
"""Family -> parts of the names of its own vendor's models, which are preferred where the user names none."""


_OK = 200

_REFUSED = (401, 403)
"""Statuses that refuse a key."""

_NO_ANSWER = frozenset({*_REFUSED, 404, 405, 501})
"""Statuses of an endpoint that refuses the key, or that is not there."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The ids in the model list, or why it could not be read.

    `is_complete` is False if the list has further pages. `refused` is the status if the key may not read it.
    """

    models: tuple[str, ...]
    problem: str = ""
    is_complete: bool = True
    refused: int = 0


class _Line:
    """The way to one address: sends with the retries of the run, and keeps a note on each transient error."""

    def __init__(self, client: Client, limits: SharedLimits, key: str) -> None:
        self._client = client
        self._sender = Sender(client, limits)
        self._key = key
        self.notes: list[str] = []

    def send(self, endpoint: str, request: Request) -> Exchange:
        sent: Sent = self._client.submit(self._sender.send(endpoint, request, self._key, 0, ())).result()
        if sent.attempts:
            tries = ", ".join(attempt.got for attempt in sent.attempts)
            self.notes.append(f"{request.method} {request.url}: tried {len(sent.attempts) + 1} times ({tries} before)")
        return sent.exchange

    def ask_plainly(self, target: Target, endpoint: str) -> Exchange:
        """The answer to the plain control request of an endpoint."""
        return self.send(endpoint, build_request.request(plain_step(endpoint, target), endpoint, target))


def prepare(
    url: str,
    profile: Profile,
    key: str,
    chosen: Sequence[str],
    client: Client,
    preferred: Mapping[str, str] = MappingProxyType({}),
    limits: SharedLimits | None = None,
) -> Target:
    """Sends one or two requests, and returns the target. Raises InputError if the gateway cannot be tested.

    `chosen` are the user's models, as [FAMILY=]NAME. `preferred` are models by family, used where the user named
    none and the gateway lists them. `limits` has the number of retries, and counts the requests.
    """
    base = checked_url(url)
    named = named_models(profile, chosen)
    line = _Line(client, limits or SharedLimits(), key)
    base, listing, notes = _probe(base, profile, line)
    if listing.refused and not named:
        raise _refused(base, profile, listing.refused)
    models = _choose(named, listing, base, preferred, line.notes)
    target = Target(base, profile, key, models, listed=listing.models if listing.is_complete else ())
    if listing.refused:
        _check_key(target, line, listing.refused)
        notes.append(f"{base}/models: the key may not read the list (status {listing.refused})")
    return replace(target, notes=(*notes, *line.notes))


def _check_key(target: Target, line: _Line, status: int) -> None:
    """Raises InputError if no endpoint accepts the key; one that may not list models may still use them."""
    for endpoint in plain_endpoints(target.profile):
        answer = line.ask_plainly(target, endpoint)
        if answer.status not in _NO_ANSWER and not _is_page(answer):
            return
    raise _refused(target.base_url, target.profile, status)


def _refused(base: str, profile: Profile, status: int) -> InputError:
    return InputError(
        f"{base}/models: the gateway answers {status} to the key in {profile.key_env}; "
        "check the key, and key_header in the profile"
    )


def check_listed(
    chosen: Sequence[str], profile: Profile, routes: Sequence[Target], client: Client, limits: SharedLimits
) -> Iterator[str]:
    """Yields a note for each model that the user named, that no list has, and that is served all the same.

    Raises InputError for one that is not served. A list that could not be read, or not to its end, proves nothing.
    """
    if not all(route.listed for route in routes):
        return
    listed = dict.fromkeys(name for route in routes for name in route.listed)
    by_option = _named(chosen)
    for endpoint, name in {**profile.models, **by_option}.items():
        if name in listed or not (users := [*_users(endpoint, name, routes)]):
            continue
        if not any(_serves(route, user, client, limits) for route, user in users):
            place = f"--gateway-model {name}" if endpoint in by_option else f"models.{endpoint} in the profile: {name}"
            raise InputError(
                f"{place}: the gateway's model list does not have it, and a plain request to it is not answered; "
                f"{_nearest(name, list(listed))}, or give --gateway-unlisted-model"
            )
        yield f"{name}: the model list does not have it, but it is served"


def _users(endpoint: str, name: str, routes: Sequence[Target]) -> Iterator[tuple[Target, str]]:
    """The routes and endpoints at which a model is used that was named for an endpoint, or as the default."""
    for route in routes:
        for user in plain_endpoints(route.profile):
            if endpoint in (user, "default") and route.model(user) == name:
                yield route, user


def _serves(route: Target, endpoint: str, client: Client, limits: SharedLimits) -> bool:
    return _Line(client, limits, route.key).ask_plainly(route, endpoint).status == _OK


def _nearest(name: str, listed: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, listed, n=3, cutoff=0.5)
    return f"the nearest names are {', '.join(near)}" if near else f"it lists {', '.join(listed[:5])}"


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


def _probe(base: str, profile: Profile, line: _Line) -> tuple[str, Listing, list[str]]:
    """The base URL that answers, its models, and notes for the report."""
    if base.endswith("/v1"):
        return base, _listing(_ask(base, profile, line)), []
    versioned = _ask(f"{base}/v1", profile, line)
    if versioned.status is not None and versioned.status not in (404, 405) and not _is_page(versioned):
        return f"{base}/v1", _listing(versioned), [f"{base} has no /v1; {base}/v1 answers and is used"]
    plain = _listing(_ask(base, profile, line))
    return base, plain, [f"{base} has no /v1, and {base}/v1 does not answer; paths are used without it"]


def _ask(base: str, profile: Profile, line: _Line) -> Exchange:
    request = Request("GET", f"{base}/models", tuple(profile.headers.items()), auth=(profile.key_header,))
    exchange = line.send("models", request)
    if exchange.problem.startswith(AT_PROXY):
        raise InputError(f"{base}: {exchange.problem}; check the proxy's address, user and password")
    also = ", and --gateway-client-cert if it asks for a certificate" if _may_want_certificate(exchange) else ""
    if exchange.ended == "unreachable":
        raise InputError(
            f"{base}: the gateway cannot be reached ({exchange.problem}); check the address and that it runs{also}"
        )
    if exchange.ended == "timeout" and exchange.status is None:
        raise InputError(
            f"{base}: the gateway does not answer ({exchange.problem}); check the address and that it runs"
        )
    if exchange.status is None:
        raise InputError(
            f"{base}: the server there does not speak HTTP ({exchange.problem}); check the address and the port{also}"
        )
    return exchange


def _may_want_certificate(exchange: Exchange) -> bool:
    """Whether a server with TLS ended the connection: some do so without an alert, if the client has no certificate."""
    return exchange.request.url.startswith("https:") and ("ALERT" in exchange.problem or exchange.ended == "cut")


def _is_page(exchange: Exchange) -> bool:
    return Reading(exchange).content_type == "text/html"


def _listing(exchange: Exchange) -> Listing:
    if exchange.status in _REFUSED:
        return Listing((), f"status {exchange.status}", refused=exchange.status)
    document = Reading(exchange).json
    ids = [value for _, value in each(document, "/data/*/id") if isinstance(value, str) and _is_name(value)]
    is_complete = exchange.ended == "complete" and get(document, "/has_more", bool) is not True
    return Listing(tuple(ids), "" if ids else _problem(exchange), is_complete)


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


def _choose(
    named: Mapping[str, str], listing: Listing, base: str, preferred: Mapping[str, str], met: Sequence[str]
) -> Mapping[str, str]:
    """A model for each family: the user's, else a preferred one, else one of the family's vendor, else the first.

    `met` are notes on tries before, for the message where no model is found.
    """
    candidates = [name for name in listing.models if not any(word in name.lower() for word in _NOT_FOR_TEXT)]
    if not candidates and not named:
        raise InputError(
            f"{base}/models: no model can be read from the list "
            f"({'; '.join((listing.problem or 'none answers with text', *met))}); "
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
