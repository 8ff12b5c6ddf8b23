"""A run's addresses: what the options mean, what is reached before the first case, and what is started for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.client.http import Client
from conformance.core import redaction
from conformance.core.model import JSON
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError
from conformance.run.config import Wire
from conformance.run.preflight import prepare
from conformance.suite import routes
from conformance.target import profile, target
from conformance.target.profile import Profile, load_profile
from conformance.target.target import Target

_REFERENCE_PROFILE = Path(__file__).parent.parent / "reference" / "profile.yaml"


@dataclass(frozen=True, slots=True)
class Upstream:
    """What is behind the gateway, where it is to be asked as well."""

    url: str
    claims: Profile


@dataclass(frozen=True, slots=True)
class Options:
    """What a user chose on the command line. `urls` are the gateway's routes; without one, the built-in is judged."""

    urls: tuple[str, ...] = ()
    profile: Profile | None = None
    models: Sequence[str] = ()
    wire: Wire = field(default_factory=Wire)
    upstream: Upstream | None = None

    @property
    def claims(self) -> Profile:
        """What is claimed: the given profile, the built-in gateway's own, or nothing."""
        return self.profile or (load_profile(_REFERENCE_PROFILE) if self.is_reference else Profile())

    @property
    def is_reference(self) -> bool:
        """Whether nothing names a gateway, so that the built-in one is judged."""
        return not self.urls

    @property
    def routes(self) -> tuple[str, ...]:
        """What the routes are called; "" for a single one."""
        return routes.names(self.urls) if self.urls else ("",)

    def client(self) -> Client:
        """What speaks with the gateway, as the options and the profile want it. Raises InputError."""
        wire = self.wire
        return Client(wire.timeout or self.claims.timeout, wire.max_bytes, wire.http2, wire.trust, self._secrets())

    def _secrets(self) -> Sequence[tuple[str, str]]:
        """What must not be kept besides the gateway's key, each behind the sign that stands for it. Raises InputError.

        The upstream's key comes last, for a profile may mean another secret by the same sign.
        """
        own = target.secrets(self.claims).items()
        if self.upstream is None:
            return tuple(own)
        behind = self.upstream.claims
        return (*own, *target.secrets(behind).items(), (redaction.UPSTREAM, target.key(behind)))


@dataclass(frozen=True, slots=True)
class Reached:
    """Who answered: the gateway by each of its routes, and its upstream."""

    routes: tuple[Target, ...]
    upstream: Target | None = None

    @property
    def first(self) -> Target:
        """The first route, which found out the models that all are asked for."""
        return self.routes[0]


def options(
    urls: Sequence[str], profile_file: str | None, models: Sequence[str], wire: Wire, upstream: Upstream | None = None
) -> Options:
    """The options, checked before anything is sent. Raises InputError."""
    claims = load_profile(Path(profile_file)) if profile_file else None
    chosen = urls or ([claims.base_url] if claims and claims.base_url else [])
    checked = tuple(checked_url(url) for url in chosen)
    if checked:
        routes.names(checked)
    return Options(checked, claims, tuple(models), wire, upstream)


def upstream(url: str | None, profile_file: str | None) -> Upstream | None:
    """The upstream, where one is named. Raises InputError."""
    if not url and not profile_file:
        return None
    variable = profile.UPSTREAM_KEY_VARIABLE
    claims = load_profile(Path(profile_file), variable) if profile_file else Profile(key_env=variable)
    if not url and not claims.base_url:
        raise InputError(f"--control-profile {profile_file}: it has no base_url; add it, or give --control-url")
    return Upstream(checked_url(url or claims.base_url), claims)


@contextmanager
def opened(chosen: Options) -> Iterator[Reached]:
    """The gateway, reached and probed; the built-in one runs until the block ends. Raises InputError."""
    with ExitStack() as stack:
        if chosen.is_reference:
            from conformance.reference import reference_gateway

            running = stack.enter_context(reference_gateway())
            urls: tuple[str, ...] = (running.base_url,)
        else:
            urls = chosen.urls
        with chosen.client() as client:
            yield _reached(chosen, urls, key(chosen), client)


def _reached(chosen: Options, urls: Sequence[str], key: str, client: Client) -> Reached:
    remarks = tuple(_remarks(chosen.wire))
    first = prepare(urls[0], chosen.claims, key, chosen.models, client)
    same = replace(chosen.claims, models=first.models)  # what is asked for is the same by all routes
    others = [replace(prepare(url, same, key, (), client), profile=chosen.claims) for url in urls[1:]]
    named = zip(chosen.routes, (replace(first, notes=(*first.notes, *remarks)), *others), strict=True)
    behind = _upstream(chosen.upstream, first.models, client) if chosen.upstream else None
    return Reached(tuple(replace(route, route=name) for name, route in named), behind)


def _upstream(chosen: Upstream, models: Mapping[str, str], client: Client) -> Target:
    """The upstream, asked for the gateway's models as far as it has them by these names."""
    return prepare(chosen.url, chosen.claims, target.key(chosen.claims), (), client, models)


def _remarks(wire: Wire) -> Iterator[str]:
    if wire.trust.insecure:
        yield "--insecure: the gateway's certificate was not checked"


def to_json(reached: Reached) -> JSON:
    """What a worker process needs to know of those who answered; never the keys."""
    return {
        "routes": [_shared(route) for route in reached.routes],
        "upstream": _shared(reached.upstream) if reached.upstream else None,
    }


def _shared(prepared: Target) -> JSON:
    return {
        "base_url": prepared.base_url,
        "models": dict(prepared.models),
        "notes": list(prepared.notes),
        "route": prepared.route,
    }


def from_json(document: Any, chosen: Options) -> Reached:
    """The same in a worker process, which reads the keys and the profiles for itself."""
    own, behind = key(chosen), chosen.upstream
    return Reached(
        tuple(_target(shared, chosen.claims, own) for shared in document["routes"]),
        _target(document["upstream"], behind.claims, target.key(behind.claims)) if behind else None,
    )


def key(chosen: Options) -> str:
    """The gateway's key, whether it is reached or not. Raises InputError."""
    if not chosen.is_reference:
        return target.key(chosen.claims)
    from conformance.reference import DEFAULT_KEY

    return target.key(replace(chosen.claims, key_env=profile.KEY_VARIABLE), default=DEFAULT_KEY)


def _target(shared: JSON, claims: Profile, key: str) -> Target:
    return Target(shared["base_url"], claims, key, shared["models"], tuple(shared["notes"]), shared["route"])
