"""`serve`: runs the scripted provider or the reference gateway."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.core.yaml_input import InputError

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `serve provider|gateway`."""
    parser = commands.add_parser("serve", help="run the scripted provider or the reference gateway until Ctrl-C")
    parser.add_argument("server", choices=["provider", "gateway"], help="the server to run")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID", help="a fault of the gateway; may be repeated"
    )
    parser.add_argument(
        "--variation",
        action="append",
        default=[],
        metavar="ID",
        help="a legal but unusual behaviour of the gateway; may be repeated",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar="NAME",
        help="a model to serve instead of the usual two; may be repeated (see docs/ci.md for weak models)",
    )
    parser.add_argument(
        "--scripted",
        action="store_true",
        help="let a run of the suite script the provider's answers (docs/both-ends.md)",
    )
    parser.add_argument(
        "--translate",
        action="store_true",
        help="add the models via-chat, via-responses and via-messages to the gateway, each with an upstream of one API "
        "to which the gateway translates the others",
    )
    parser.set_defaults(command=_serve)


def _serve(chosen: argparse.Namespace) -> int:
    # Imported here: no other command needs a server.
    from conformance.reference import command
    from conformance.reference.provider import DEFAULT_MODELS
    from conformance.reference.serving import ServingError
    from conformance.reference.switch import UnknownIdError

    models = tuple(chosen.model) or DEFAULT_MODELS
    try:
        if chosen.server == "gateway" and chosen.scripted:
            raise InputError("--scripted: only the provider can be scripted; use `serve provider`")
        if chosen.server == "gateway":
            command.serve_gateway(
                chosen.host, chosen.port, chosen.fault, chosen.variation, models, translate=chosen.translate
            )
        elif chosen.fault or chosen.variation or chosen.translate:
            raise InputError("--fault, --variation and --translate: only the gateway has them; use `serve gateway`")
        else:
            command.serve_provider(chosen.host, chosen.port, models, scripted=chosen.scripted)
    except (ServingError, UnknownIdError) as error:
        raise InputError(str(error)) from error
    return 0
