"""`serve`: the scripted provider or the reference gateway, for people."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.yamls import InputError

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Adds `serve provider|gateway`."""
    parser = commands.add_parser("serve", help="run the scripted provider or the reference gateway, until Ctrl-C")
    parser.add_argument("server", choices=["provider", "gateway"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.set_defaults(command=_serve)


def _serve(chosen: argparse.Namespace) -> int:
    # Imported here: no other command needs a server.
    from conformance.reference import command
    from conformance.reference.serving import ServingError

    serve = command.serve_provider if chosen.server == "provider" else command.serve_gateway
    try:
        serve(chosen.host, chosen.port)
    except ServingError as error:
        raise InputError(str(error)) from error
    return 0
