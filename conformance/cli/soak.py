"""`soak`: sends the sessions of agents for a long time, and judges what only shows then."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from typing import TYPE_CHECKING

from conformance.cli import connection, output
from conformance.cli.commands import BROKEN
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError

if TYPE_CHECKING:
    from conformance.cli.commands import Commands
    from conformance.records.run_format import SoakEntry
    from conformance.run.soak_plan import Plan


def add(commands: Commands) -> None:
    """Adds `soak`."""
    parser = commands.add_parser("soak", help="send the sessions of agents for a long time, and judge what shows then")
    parser.add_argument("--gateway-url", metavar="URL", help="base URL of the gateway (default: the reference gateway)")
    parser.add_argument("--gateway-profile", metavar="FILE", help="its profile")
    parser.add_argument("--gateway-model", metavar="NAME", help="its model (default: the first one of its list)")
    parser.add_argument(
        "--gateway-provider-listen",
        metavar="HOST:PORT",
        help="start the scripted provider here; the gateway has it as its upstream",
    )
    parser.add_argument("--gateway-provider-url", metavar="URL", help="the same, with one that runs already")
    parser.add_argument("--at-once", type=int, default=64, metavar="N", help="sessions at once (default: %(default)s)")
    parser.add_argument("--requests", type=int, metavar="N", help="end after N streams (default: no limit)")
    parser.add_argument("--seed", metavar="TEXT", help="of the words in the prompts (default: random)")
    parser.add_argument(
        "--for", dest="time", default="10m", metavar="TIME", help="90s, 10m or 1h, for example (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    connection.add(parser)
    parser.set_defaults(command=_soak)


def _soak(chosen: argparse.Namespace) -> int:
    # Imported here: no other command needs the HTTP client.
    from conformance.report.soak import text as soak_text

    entry = _soaked(chosen, _plan(chosen))
    output.put(json.dumps(entry, indent=1) if chosen.json else "\n".join(soak_text.lines(entry)), None)
    return BROKEN if entry["problems"] else 0


def _plan(chosen: argparse.Namespace) -> Plan:
    """The plan that the options ask for. Raises InputError."""
    from conformance.run.soak_plan import Plan, seconds

    length = seconds("--for", chosen.time)
    for option, given in (("--at-once", chosen.at_once), ("--requests", chosen.requests)):
        if given is not None and given < 1:
            raise InputError(f"{option} {given}: give a number from 1")
    return Plan(length, chosen.at_once, chosen.requests, chosen.seed or secrets.token_hex(4))


def _soaked(chosen: argparse.Namespace, plan: Plan) -> SoakEntry:
    """Soaks the gateway that the options name. Raises InputError."""
    from conformance.run import config, connect
    from conformance.run.config import Wire
    from conformance.run.handshake import provider_choice
    from conformance.run.soak import soak_chosen

    urls = [chosen.gateway_url] if chosen.gateway_url else []
    models = [chosen.gateway_model] if chosen.gateway_model else []
    choice = provider_choice(chosen.gateway_provider_listen, chosen.gateway_provider_url)
    wire = Wire(trust=config.trust(chosen), proxies=config.proxies_of(chosen))
    options = connect.options(urls, chosen.gateway_profile, models, wire, provider=choice)

    def announce(url: str) -> None:
        print(plain(f"soaking {url}, {plan}"), file=sys.stderr, flush=True)

    return soak_chosen(plan, options, announce)
