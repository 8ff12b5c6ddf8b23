"""The settings of a run, from pytest's parsed options."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conformance.client import client_certificate, proxies
from conformance.client.client_certificate import ClientCertificate
from conformance.client.http import MAX_BYTES
from conformance.client.pool import Trust
from conformance.client.proxies import DIRECT, Proxies
from conformance.client.retry import SendLimits
from conformance.core.options import OPTIONS
from conformance.core.yaml_input import InputError
from conformance.records.run_file import read_run
from conformance.run import soak_plan
from conformance.run.soak_plan import Plan
from conformance.suite import shard
from conformance.suite.clients import Client, load_clients, named
from conformance.suite.shard import Shard
from conformance.suite.tier import FULL, PREFLIGHT


@dataclass(frozen=True, slots=True)
class Wire:
    """The settings of the connection. Without `timeout` (seconds), the profile's is used."""

    timeout: float | None = None
    max_bytes: int = MAX_BYTES
    http2: bool = False
    trust: Trust = field(default_factory=Trust)
    proxies: Proxies = DIRECT


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. `expected` is seconds by case id, from an earlier run. `soak` follows the cases.

    With `clients`, only the cases that they need are run.
    """

    concurrency: int
    limits: SendLimits
    repeat: int = 1
    tier: str = FULL
    clients: tuple[Client, ...] = ()
    shard: Shard | None = None
    expected: Mapping[str, float] = field(default_factory=dict)
    resume: bool = False
    folder: Path = Path("reports/latest")
    soak: Plan | None = None


def wire(option: Any) -> Wire:
    """The settings of the connection. Raises InputError."""
    if option.gateway_http2 and find_spec("h2") is None:
        raise InputError("--gateway-http2: the package h2 is not installed; install gateway-conformance[http2]")
    return Wire(
        option.gateway_timeout, option.gateway_max_body, option.gateway_http2, trust(option), proxies_of(option)
    )


def trust(option: Any) -> Trust:
    """The TLS settings, with files that can be used. Raises InputError."""
    bundle = option.gateway_ca_bundle
    found = Trust(bundle or "", option.gateway_insecure, _own_certificate(option))
    try:
        if not found.is_usual:
            found.context()
    except OSError as error:
        place = f"--gateway-ca-bundle {bundle}" if bundle else f"SSL_CERT_FILE={os.getenv('SSL_CERT_FILE')}"
        raise InputError(f"{place}: no certificate can be read from it ({error})") from None
    return found


def _own_certificate(option: Any) -> ClientCertificate | None:
    certificate, key = option.gateway_client_cert, option.gateway_client_key
    if key and not certificate:
        raise InputError(f"--gateway-client-key {key}: the key has no certificate; give --gateway-client-cert, too")
    password = os.environ.get(client_certificate.PASSWORD, "")
    return ClientCertificate(certificate, key or "", password) if certificate else None


def proxies_of(option: Any) -> Proxies:
    """The proxies on the way to the gateway: the named one, or with --gateway-trust-env those of the environment.

    Raises InputError.
    """
    if option.gateway_proxy:
        return proxies.named(option.gateway_proxy)
    return proxies.of_environment() if option.gateway_trust_env else DIRECT


def settings_from_options(option: Any) -> Settings:
    """The settings of a run. Raises InputError."""
    if option.gateway_record:
        _check_record(option.gateway_record)
    requests = option.gateway_max_requests
    return Settings(
        concurrency=option.gateway_concurrency,
        limits=SendLimits(
            at_once=option.gateway_concurrency,
            retries=option.gateway_retries,
            per_minute=option.gateway_max_rpm,
            requests=None if requests is None else max(0, requests - PREFLIGHT * _reached(option)),
            tokens=option.gateway_max_tokens_total,
        ),
        repeat=option.gateway_repeat,
        tier=option.gateway_tier,
        clients=_clients(option.gateway_client),
        shard=shard.parse(option.gateway_shard) if option.gateway_shard else None,
        expected=_durations(option.gateway_durations_from),
        resume=option.gateway_resume,
        folder=_folder(option.gateway_report_dir),
        soak=_soak(option),
    )


def _soak(option: Any) -> Plan | None:
    """The soak that the options ask for. Raises InputError."""
    if option.gateway_soak is None:
        return None
    length = soak_plan.seconds("--gateway-soak", option.gateway_soak)
    return Plan(length, option.gateway_soak_at_once, seed=secrets.token_hex(4))


def check_values(option: Any) -> None:
    """Refuses values that are empty or out of range. Raises InputError."""
    for declared in OPTIONS:
        given = getattr(option, declared.dest)
        for value in given if isinstance(given, list) else [given]:
            if complaint := declared.complaint(value):
                raise InputError(declared.name + complaint)


def _check_record(name: str) -> None:
    path = Path(name)
    if path.is_dir():
        raise InputError(f"--gateway-record {name}: this is a folder; give a file")
    _check_folder("--gateway-record", name, path.parent)


def _reached(option: Any) -> int:
    """The number of addresses that a run reaches before any case."""
    return max(1, len(option.gateway_url)) + bool(option.gateway_upstream_url or option.gateway_upstream_profile)


def _folder(name: str) -> Path:
    """The folder of the reports, which may not exist yet."""
    _check_folder("--gateway-report-dir", name, Path(name))
    return Path(name)


def _check_folder(option: str, name: str, folder: Path) -> None:
    """Raises InputError if a folder cannot be created or is not writable."""
    there = next(part for part in (folder, *folder.absolute().parents) if part.exists())
    if not there.is_dir():
        raise InputError(f"{option} {name}: {there} is a file; give a folder")
    if not os.access(there, os.W_OK):
        raise InputError(f"{option} {name}: nothing can be written in {there}; give another folder")


def _clients(given: Sequence[str]) -> tuple[Client, ...]:
    """The clients of --gateway-client, each of which may be a list with commas. Raises InputError."""
    ids = [id_.strip() for value in given for id_ in value.split(",")]
    try:
        return named(load_clients(), ids) if ids else ()
    except InputError as error:
        raise InputError(f"--gateway-client {','.join(ids)}: {error}") from None


def _durations(file: str | None) -> Mapping[str, float]:
    return shard.durations(read_run(Path(file), exchanges=False)) if file else {}
