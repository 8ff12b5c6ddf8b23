"""`faults`: what the reference gateway can be told to do wrong, or unusually."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.cli.commands import show

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `faults`."""
    parser = commands.add_parser("faults", help="list the faults and variations that `serve gateway` can have")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command=_faults)


def _faults(chosen: argparse.Namespace) -> int:
    # Imported here: no other listing needs the servers.
    from conformance.reference.switch import entries

    found = entries()
    lines = [f"{entry['id']}  {entry['kind']}, {entry['family']}: {entry['sentence']}" for entry in found]
    show(found, lines, chosen.json)
    return 0
