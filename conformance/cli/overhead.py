"""`overhead`: measures the time that a gateway adds to the answers of its provider."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from conformance.cli import output
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN

if TYPE_CHECKING:
    from conformance.analysis.overhead import Side
    from conformance.cli.commands import Commands
    from conformance.run.overhead import Plan, Server

_MODEL = "reference-large"
_KEYS: Mapping[Side, str] = {"gateway": "GATEWAY_API_KEY", "provider": "PROVIDER_API_KEY"}


def add(commands: Commands) -> None:
    """Adds `overhead`."""
    parser = commands.add_parser("overhead", help="measure the time that a gateway adds to the answers of its provider")
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_overhead)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that `python -m benchmarks overhead` has too."""
    parser.add_argument("--gateway-url", metavar="URL", help="base URL of the gateway (default: the reference gateway)")
    parser.add_argument("--gateway-model", metavar="NAME", help="its model (default: the provider's)")
    parser.add_argument("--provider-url", metavar="URL", help="base URL of the provider behind it, ending in /v1")
    parser.add_argument("--provider-model", default=_MODEL, metavar="NAME", help="its model (default: %(default)s)")
    parser.add_argument("--family", choices=MAIN, default=MAIN[0], help="the endpoint (default: %(default)s)")
    parser.add_argument(
        "--requests",
        type=int,
        default=400,
        metavar="N",
        help="requests to each side, for each form and number at once (default: %(default)s; p99 needs 368)",
    )
    parser.add_argument("--at-once", default="1,8,32", metavar="N,...", help="requests at once (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random order (default: %(default)s)")


def measured(chosen: argparse.Namespace, form: str = "text") -> Iterator[str]:
    """Measures as the options say, and yields the lines of the report. Raises InputError."""
    # Imported here: no other command needs the HTTP client.
    from conformance.analysis import overhead as analysis
    from conformance.report import overhead_text
    from conformance.run import overhead

    plan = plan_of(chosen)
    with sides_of(chosen) as sides:
        samples = overhead.measure(plan, sides, announce)
    rows, failures = list(analysis.rows(samples)), analysis.failures(samples)
    settings = {"gateway": sides["gateway"].base_url, "provider": sides["provider"].base_url, "family": plan.family}
    if form == "json":
        yield json.dumps({**settings, "seed": plan.seed, **overhead_text.document(rows, failures)}, indent=1)
        return
    yield "{gateway} in front of {provider}, {family}".format(**settings)
    yield from overhead_text.lines(rows, failures)


def _overhead(chosen: argparse.Namespace) -> int:
    output.put("\n".join(measured(chosen, "json" if chosen.json else "text")), None)
    return 0


def announce(requests: int, seconds: float) -> None:
    print(f"sending {requests:,} requests, which takes at least {seconds:.0f} s", file=sys.stderr, flush=True)


def plan_of(chosen: argparse.Namespace) -> Plan:
    from conformance.run.overhead import Plan

    try:
        at_once = sorted({int(number) for number in chosen.at_once.split(",")})
    except ValueError:
        at_once = [0]
    if at_once[0] < 1:
        raise InputError(f"--at-once {chosen.at_once}: give numbers from 1, separated by commas, such as 1,8,32")
    if chosen.requests < 1:
        raise InputError(f"--requests {chosen.requests}: give a number from 1")
    return Plan(chosen.family, chosen.requests, at_once, chosen.seed)


@contextmanager
def sides_of(chosen: argparse.Namespace) -> Iterator[Mapping[str, Server]]:
    """The two servers that the options name, or the reference gateway with its provider."""
    from conformance.reference import apart
    from conformance.run.overhead import Server

    urls: Mapping[Side, str | None] = {"gateway": chosen.gateway_url, "provider": chosen.provider_url}
    models: Mapping[Side, str] = {
        "gateway": chosen.gateway_model or chosen.provider_model,
        "provider": chosen.provider_model,
    }
    if not any(urls.values()):
        with apart.apart() as running:
            model = running.model
            yield {
                "gateway": Server(running.gateway_url, model, running.key),
                "provider": Server(running.provider_url, model, running.key),
            }
        return
    for side, url in urls.items():
        if not url:
            raise InputError(f"--{side}-url: the URL is missing; give --gateway-url and --provider-url, or neither")
    yield {
        side: Server(checked_url(url or ""), models[side], _key(_KEYS[side]), f"--{side}-url ")
        for side, url in urls.items()
    }


def _key(variable: str) -> str:
    found = os.environ.get(variable, "")
    if not found:
        raise InputError(
            f"{variable}: the environment variable with the key is not set; set it (export {variable}=...)"
        )
    if not found.isascii() or not found.isprintable() or found != found.strip():
        raise InputError(f"{variable}: the key has characters that are not allowed in an HTTP header; set it again")
    return found
