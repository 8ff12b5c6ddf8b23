"""`clients`: lists the clients that people use, or what one of them needs from a gateway."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from conformance.cli.commands import show
from conformance.core import data_files
from conformance.core.globs import Ids
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.suite.clients import Client, Need, check_cases, load_clients, named
from conformance.suite.load import load_cases

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `clients [NAME...]`, with --json."""
    parser = commands.add_parser("clients", help="list the clients, or show what they need from a gateway")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a client of the list; all of its needs are shown")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_clients)


def _clients(chosen: argparse.Namespace) -> int:
    clients = load_clients()
    ids = Ids(case.id for case in load_cases(data_files.folder("cases")))
    check_cases(clients, ids)
    shown = named(clients, chosen.names) if chosen.names else clients
    lines = [line for client in shown for line in (_needs(client, ids) if chosen.names else [_line(client, ids)])]
    show([_record(client) for client in shown], [plain(line) for line in lines], chosen.json)
    return 0


def _line(client: Client, ids: Ids) -> str:
    number = len(ids.that_fit(client.cases))
    return f"{client.id}  {client.name} ({client.versions}): {counted(len(client.needs), 'need')}, {_tests(number)}"


def _needs(client: Client, ids: Ids) -> Iterator[str]:
    yield f"{client.name} ({client.versions})"
    yield f"  setup:  {client.setup}"
    yield f"  source: {client.source}"
    for need in client.needs:
        yield ""
        yield from _need(need, len(ids.that_fit(need.cases)))


def _need(need: Need, number: int) -> Iterator[str]:
    how = "measured" if need.measured else "verified"
    yield f"  {need.id} ({need.without}): {need.title}"
    yield f"    without it: {need.sentence}"
    yield f"    cases:      {_tests(number)}: {' '.join(need.cases)}"
    if need.fallback:
        yield f"    fallback:   {' '.join(need.fallback)}"
    yield f"    rules:      {counted(len(need.rules), 'rule')}: {' '.join(sorted(need.rules))}"
    yield f"    source:     {need.source} ({how} {need.verified})"


def _tests(number: int) -> str:
    return counted(number, "test")


def _record(client: Client) -> dict[str, object]:
    return {**asdict(client), "needs": [{**asdict(need), "rules": sorted(need.rules)} for need in client.needs]}
