"""`doctor`: finds out why a request fails: from a base URL, a curl command, a HAR entry, JSON, or an error."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import connection, output
from conformance.cli.commands import BROKEN
from conformance.core.urls import checked_url
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.target.profile import KEY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.cli.commands import Commands
    from conformance.doctor.sdks import Sdk

_CLIENTS = "all"


def add(commands: Commands) -> None:
    """Adds `doctor`."""
    parser = commands.add_parser("doctor", help="find out why a request fails")
    parser.add_argument(
        "request", nargs="?", metavar="FILE", help="the failing request or its error; - reads standard input"
    )
    parser.add_argument("--gateway-url", metavar="URL", help="the base URL as the client has it")
    parser.add_argument("--gateway-model", metavar="NAME", help="the model (default: the request's)")
    parser.add_argument("--family", choices=MAIN, help="the endpoint, where the request does not say it")
    parser.add_argument("--client", metavar="NAME", help="the SDK or client, such as claude-code; `all` lists them")
    parser.add_argument("--offline", action="store_true", help="send nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    connection.add(parser)
    parser.set_defaults(command=_doctor)


def _doctor(chosen: argparse.Namespace) -> int:
    # Imported here: no other command needs the HTTP client.
    from conformance.doctor import intake, read
    from conformance.report import doctor_text
    from conformance.run import config, doctor

    client = _client(chosen.client)
    if chosen.client == _CLIENTS:
        return _list(chosen.gateway_url or "https://gateway.example/v1")
    ticket = read.read(_text(chosen.request)) if chosen.request else read.NOTHING
    if not chosen.request and not chosen.gateway_url:
        raise InputError("doctor: there is nothing to examine; give a request (a file or -), or --gateway-url")
    base = _base(chosen.gateway_url)
    key = _key()
    case = intake.case(ticket, intake.Options(base, chosen.gateway_model or "", client, chosen.family or "", key))
    if not chosen.offline and not case.key and ticket.source not in ("curl", "har"):
        raise InputError(f"{KEY_VARIABLE}: the environment variable with the gateway's key is not set; set it")
    if chosen.offline:
        found = doctor.diagnose(case, offline=True)
    else:
        found = doctor.diagnose(case, config.trust(chosen), config.proxies_of(chosen))
    asked = _asked(client, base or case.request.url, case.family) if client else []
    if chosen.json:
        output.put(json.dumps(doctor_text.document(found, asked), indent=1, ensure_ascii=False), None)
    else:
        output.put("\n".join(doctor_text.lines(found, asked)), None)
    return 0 if found.is_healthy else BROKEN


def _text(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise InputError(
            f"{name}: the file cannot be read ({error.strerror}); give a file, or - for standard input"
        ) from None


def _base(url: str | None) -> str:
    """The base URL, which may be wrong in every way but its form: it is what is examined. Raises InputError."""
    if not url:
        return ""
    if "@" in url.partition("://")[2].partition("/")[0]:
        checked_url(url)  # raises with the corrected URL
    bare = url.strip()
    if "://" in bare and not bare.startswith(("http://", "https://")):
        checked_url(bare)
    return bare


def _key() -> str:
    found = os.environ.get(KEY_VARIABLE, "")
    if found and (not found.isascii() or not found.isprintable() or found != found.strip()):
        raise InputError(
            f"{KEY_VARIABLE}: the key has spaces around it, or characters that no header may have; set it again"
        )
    return found


def _client(name: str | None) -> Sdk | None:
    from conformance.doctor.sdks import BY_NAME

    if name is None or name == _CLIENTS:
        return None
    if name not in BY_NAME:
        raise InputError(f"--client {name}: this client is not known; known are {', '.join(BY_NAME)}")
    return BY_NAME[name]


def _asked(client: Sdk, base: str, family: str) -> Sequence[str]:
    """The requests that a client sends with a base URL."""
    posts = [f"POST {client.url(base, name)}" for name in client.paths]
    first = [f"POST {client.url(base, client.family(family))}"]
    others = [one.format(base=base.rstrip("/")) for one in client.also]
    spelled = [one if "://" in one else one.replace(" ", f" {base.rstrip('/')}", 1) for one in others]
    return list(dict.fromkeys([*first, *posts, *spelled]))


def _list(base: str) -> int:
    from conformance.doctor.sdks import SDKS

    rows = [f"{sdk.name:<20} {sdk.url(base)}   ({sdk.setting})" for sdk in SDKS]
    output.put("\n".join(rows), None)
    return 0
