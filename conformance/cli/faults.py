"""`faults`: lists the faults and variations of the reference gateway."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.cli.commands import show

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `faults`."""
    parser = commands.add_parser("faults", help="list the faults and variations that `serve gateway` accepts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_faults)


def _faults(chosen: argparse.Namespace) -> int:
    # Imported here: no other listing needs the servers.
    from conformance.reference.switch import entries

    found = entries()
    lines = [f"{entry['id']}  {entry['kind']}, {entry['family']}: {entry['sentence']}" for entry in found]
    show(found, lines, chosen.json)
    return 0
