"""The command line's options: what they are called, and what they come to."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.client.http import MAX_BYTES
from conformance.client.pool import Trust
from conformance.client.retry import SendLimits
from conformance.core.yaml_input import InputError
from conformance.records.run_file import read_run
from conformance.suite import shard
from conformance.suite.shard import Shard

PREFLIGHT = 2
"""Requests that reaching one address may take, before any case."""

_TEXTS = {
    "--gateway-url": "gateway_url", "--gateway-profile": "gateway_profile", "--control-url": "control_url",
    "--control-profile": "control_profile", "--cases": "cases", "--set": "case_set", "--record": "record",
    "--known-failures": "known_failures", "--baseline": "baseline", "--report-dir": "report_dir", "--shard": "shard",
    "--durations-from": "durations_from", "--ca-bundle": "ca_bundle",
}  # fmt: skip
"""Options that are addresses, files and the like, as pytest keeps them."""

DEFAULT_CONCURRENCY = 8
DEFAULT_RETRIES = 2


@dataclass(frozen=True, slots=True)
class Wire:
    """How the gateway is spoken to, and for how long; without `timeout` (seconds) the profile's counts."""

    timeout: float | None = None
    max_bytes: int = MAX_BYTES
    http2: bool = False
    trust: Trust = field(default_factory=Trust)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run goes about it. `expected` is seconds by case id, from an earlier run."""

    concurrency: int
    manners: SendLimits
    repeat: int = 1
    shard: Shard | None = None
    expected: Mapping[str, float] = field(default_factory=dict)
    resume: bool = False
    folder: Path = Path("reports/latest")


def wire(option: Any) -> Wire:
    """How pytest's parsed options want the gateway spoken to. Raises InputError."""
    if option.timeout is not None and not 0 < option.timeout < math.inf:
        raise InputError(f"--timeout {option.timeout:g}: give seconds, more than 0")
    if option.max_body < 1:
        raise InputError(f"--max-body {option.max_body}: give 1 or more")
    trust = Trust(option.ca_bundle or "", option.insecure)
    try:
        trust.context()
    except OSError as error:
        place = f"--ca-bundle {option.ca_bundle}" if option.ca_bundle else f"SSL_CERT_FILE={os.getenv('SSL_CERT_FILE')}"
        raise InputError(f"{place}: no certificate can be read from it ({error})") from None
    return Wire(option.timeout, option.max_body, option.http2, trust)


def settings_from_options(option: Any) -> Settings:
    """What pytest's parsed options come to. Raises InputError."""
    if option.record:
        _check_record(option.record)
    least = {"concurrency": 1, "max_rpm": 1, "retries": 0, "max_requests": 1, "max_tokens_total": 1, "repeat": 1}
    for name, minimum in least.items():
        given = getattr(option, name)
        if given is not None and given < minimum:
            raise InputError(f"--{name.replace('_', '-')} {given}: give {minimum} or more")
    requests = option.max_requests
    return Settings(
        concurrency=option.concurrency,
        manners=SendLimits(
            at_once=option.concurrency,
            retries=option.retries,
            per_minute=option.max_rpm,
            requests=None if requests is None else max(0, requests - PREFLIGHT * _reached(option)),
            tokens=option.max_tokens_total,
        ),
        repeat=option.repeat,
        shard=shard.parse(option.shard) if option.shard else None,
        expected=_durations(option.durations_from),
        resume=option.resume,
        folder=_folder(option.report_dir),
    )


def check_given(option: Any) -> None:
    """Refuses options that are given without a value. Raises InputError.

    That is what a variable that is not set comes to in a script: without a word, what was asked for would not be done.
    """
    for name, kept in _TEXTS.items():
        given = getattr(option, kept)
        if any(not text.strip() for text in (given if isinstance(given, list) else [given]) if text is not None):
            instead = " to judge the reference gateway" if name == "--gateway-url" else ""
            raise InputError(f"{name}: it is empty; check the variable that it comes from, or leave it out{instead}")


def _check_record(name: str) -> None:
    path = Path(name)
    if path.is_dir():
        raise InputError(f"--record {name}: this is a folder; give a file")
    _check_folder("--record", name, path.parent)


def _reached(option: Any) -> int:
    """How many addresses a run reaches before any case."""
    return max(1, len(option.gateway_url)) + bool(option.control_url or option.control_profile)


def _folder(name: str) -> Path:
    """The folder of the reports, which may have to be made yet."""
    _check_folder("--report-dir", name, Path(name))
    return Path(name)


def _check_folder(option: str, name: str, folder: Path) -> None:
    """Raises InputError where a folder is not there and cannot be made, or nothing can be written in it."""
    there = next(part for part in (folder, *folder.absolute().parents) if part.exists())
    if not there.is_dir():
        raise InputError(f"{option} {name}: {there} is a file; give a folder")
    if not os.access(there, os.W_OK):
        raise InputError(f"{option} {name}: nothing can be written in {there}; give another folder")


def _durations(file: str | None) -> Mapping[str, float]:
    return shard.durations(read_run(Path(file), exchanges=False)) if file else {}
