"""Connects a run: checks the options, starts the reference gateway if needed, and runs the preflight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.client.http import Client
from conformance.client.provider import ProviderAddress
from conformance.client.proxies import DIRECT
from conformance.client.retry import SendLimits, SharedLimits
from conformance.core import redaction
from conformance.core.model import JSON
from conformance.core.urls import checked_url, without_user_info
from conformance.core.yaml_input import InputError
from conformance.run.config import Wire
from conformance.run.handshake import ProviderChoice, opened, shake_hands
from conformance.run.preflight import check_listed, prepare
from conformance.suite import routes
from conformance.target import profile, target
from conformance.target.profile import Profile, load_profile
from conformance.target.target import Target

_REFERENCE_PROFILE = Path(__file__).parent.parent / "reference" / "profile.yaml"


@cache
def _reference_profile() -> Profile:
    return load_profile(_REFERENCE_PROFILE)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The API behind the gateway, if cases that the gateway fails are also run there."""

    url: str
    claims: Profile


@dataclass(frozen=True, slots=True)
class Options:
    """The user's options. `urls` are the gateway's routes; without one, the reference gateway is tested.

    `unlisted_model` is whether a model may be named that the gateway does not list.
    """

    urls: tuple[str, ...] = ()
    profile: Profile | None = None
    models: Sequence[str] = ()
    wire: Wire = field(default_factory=Wire)
    upstream: Upstream | None = None
    unlisted_model: bool = False
    provider: ProviderChoice | None = None

    @property
    def claims(self) -> Profile:
        """The given profile, else the reference gateway's own, else an empty one."""
        return self.profile or (_reference_profile() if self.is_reference else Profile())

    @property
    def is_reference(self) -> bool:
        """Whether the reference gateway is tested, because no URL was given."""
        return not self.urls

    @property
    def routes(self) -> tuple[str, ...]:
        """The names of the routes; "" for a single one."""
        return routes.names(self.urls) if self.urls else ("",)

    @property
    def has_provider(self) -> bool:
        """Whether the suite is the gateway's upstream as well."""
        return self.provider is not None or self.is_reference

    def client(self, provider: ProviderAddress | None = None) -> Client:
        """A client with the limits and certificates that the options and the profile set. Raises InputError."""
        wire = self.wire
        secrets = self._secrets(provider)
        proxies = DIRECT if self.is_reference else wire.proxies  # a proxy may not reach this machine
        return Client(wire.timeout or self.claims.timeout, wire.max_bytes, wire.http2, wire.trust, secrets, proxies)

    def _secrets(self, provider: ProviderAddress | None) -> Sequence[tuple[str, str]]:
        """The secrets to redact besides the gateway's key, each with the text that replaces it. Raises InputError.

        The upstream's key comes last, because a profile may use the same replacement for another secret.
        """
        own = [*target.secrets(self.claims).items()]
        if provider and provider.key != key(self):  # some gateways pass the client's key on, as they should
            own.append((redaction.PROVIDER, provider.key))
        if self.upstream is None:
            return tuple(own)
        upstream = self.upstream.claims
        return (*own, *target.secrets(upstream).items(), (redaction.UPSTREAM, target.key(upstream)))


@dataclass(frozen=True, slots=True)
class Reached:
    """The result of the preflight: the gateway at each of its routes, its upstream, and the number of requests."""

    routes: tuple[Target, ...]
    upstream: Target | None = None
    requests: int = 0
    provider: ProviderAddress | None = None

    @property
    def first(self) -> Target:
        """The first route; its models are used at all routes."""
        return self.routes[0]


def options(
    urls: Sequence[str],
    profile_file: str | None,
    models: Sequence[str],
    wire: Wire,
    upstream: Upstream | None = None,
    unlisted_model: bool = False,
    provider: ProviderChoice | None = None,
) -> Options:
    """Checks the options; sends nothing. Raises InputError."""
    claims = load_profile(Path(profile_file)) if profile_file else None
    chosen = urls or ([claims.base_url] if claims and claims.base_url else [])
    checked = tuple(checked_url(url) for url in chosen)
    if checked:
        routes.names(checked)
    if provider and not checked:
        raise InputError(
            "--gateway-provider-listen and --gateway-provider-url are for a gateway of your own; "
            "name it with --gateway-url"
        )
    if wire.proxies.is_named and not checked:
        raise InputError("--gateway-proxy is for a gateway of your own; name it with --gateway-url")
    return Options(checked, claims, tuple(models), wire, upstream, unlisted_model, provider)


def upstream(url: str | None, profile_file: str | None) -> Upstream | None:
    """The upstream, if the options name one. Raises InputError."""
    if not url and not profile_file:
        return None
    variable = profile.UPSTREAM_KEY_VARIABLE
    claims = load_profile(Path(profile_file), variable) if profile_file else Profile(key_env=variable)
    if not url and not claims.base_url:
        raise InputError(
            f"--gateway-upstream-profile {profile_file}: it has no base_url; add it, or give --gateway-upstream-url"
        )
    return Upstream(checked_url(url or claims.base_url), claims)


@contextmanager
def servers(chosen: Options) -> Iterator[tuple[Sequence[str], ProviderAddress | None]]:
    """The URLs of the gateway, and its scripted provider; what has to be started runs until the block ends.

    Raises InputError if the provider cannot be started.
    """
    if not chosen.is_reference:
        with opened(chosen.provider) as provider:
            yield chosen.urls, provider
        return
    from conformance.reference import reference_gateway

    with reference_gateway(translate=True) as running:
        own = running.provider
        yield (running.base_url,), ProviderAddress(own.url, own.key, own.control_key) if own else None


def reach(
    chosen: Options,
    urls: Sequence[str],
    client: Client,
    retries: int = 0,
    provider: ProviderAddress | None = None,
) -> Reached:
    """Runs the preflight for each route and for the upstream. Raises InputError."""
    own = key(chosen)
    limits = SharedLimits(SendLimits(retries=retries))
    first = prepare(urls[0], chosen.claims, own, chosen.models, client, limits=limits)
    same_models = replace(chosen.claims, models=first.models)
    others = [
        replace(prepare(url, same_models, own, (), client, limits=limits), profile=chosen.claims) for url in urls[1:]
    ]
    notes = list(_notes(chosen))
    if not chosen.unlisted_model:
        notes += check_listed(chosen.models, chosen.claims, (first, *others), client, limits)
    named = zip(chosen.routes, (replace(first, notes=(*first.notes, *notes)), *others), strict=True)
    upstream = _prepared_upstream(chosen.upstream, first.models, client, limits) if chosen.upstream else None
    if provider and chosen.provider:
        shake_hands(first, provider, own, client, limits)
    routed = tuple(replace(route, route=name) for name, route in named)
    return Reached(routed, upstream, limits.budget.requests, provider)


def _prepared_upstream(chosen: Upstream, models: Mapping[str, str], client: Client, limits: SharedLimits) -> Target:
    """The upstream, with the gateway's models as far as it lists them."""
    return prepare(chosen.url, chosen.claims, target.key(chosen.claims), (), client, models, limits)


def _notes(chosen: Options) -> Iterator[str]:
    if chosen.wire.trust.insecure:
        yield "--gateway-insecure: the gateway's certificate was not checked"
    for url in chosen.urls:
        if proxy := chosen.wire.proxies.of(url):
            also = "" if url.startswith("https:") else ", which can change and delay answers without TLS"
            yield f"{url} is reached through the proxy {without_user_info(proxy)}{also}"


def to_json(reached: Reached) -> JSON:
    """The targets as a worker process needs them, without the keys of the gateway and the upstream."""
    return {
        "routes": [_shared(route) for route in reached.routes],
        "upstream": _shared(reached.upstream) if reached.upstream else None,
        "requests": reached.requests,
        "provider": asdict(reached.provider) if reached.provider else None,
    }


def _shared(prepared: Target) -> JSON:
    return {
        "base_url": prepared.base_url,
        "models": dict(prepared.models),
        "notes": list(prepared.notes),
        "route": prepared.route,
    }


def from_json(document: Any, chosen: Options) -> Reached:
    """The targets in a worker process, which reads the keys and the profiles itself. Raises InputError."""
    own, upstream = key(chosen), chosen.upstream
    return Reached(
        tuple(_target(shared, chosen.claims, own) for shared in document["routes"]),
        _target(document["upstream"], upstream.claims, target.key(upstream.claims)) if upstream else None,
        document["requests"],
        ProviderAddress(**document["provider"]) if document["provider"] else None,
    )


def key(chosen: Options) -> str:
    """The gateway's key; the reference gateway has a default one. Raises InputError."""
    if not chosen.is_reference:
        return target.key(chosen.claims)
    from conformance.reference import DEFAULT_KEY

    return target.key(replace(chosen.claims, key_env=profile.KEY_VARIABLE), default=DEFAULT_KEY)


def _target(shared: JSON, claims: Profile, key: str) -> Target:
    return Target(shared["base_url"], claims, key, shared["models"], tuple(shared["notes"]), shared["route"])
