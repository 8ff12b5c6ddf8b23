"""`run`: the suite without pytest's command line: `gateway-conformance run --url=https://gateway.example/v1`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from conformance.core.options import OPTIONS

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

_TEST = "conformance.test_gateway"


def add(commands: Commands) -> None:
    """Adds `run`."""
    parser = commands.add_parser(
        "run",
        help="test a gateway",
        description="Tests a gateway, as `pytest --pyargs conformance` does. pytest's own options come after `--`.",
        allow_abbrev=False,
    )
    for option in OPTIONS:
        names = (f"--{option.short}", option.name)
        if option.is_flag:
            parser.add_argument(*names, dest=option.dest, action="store_true", help=option.plain)
        else:
            shown = "|".join(option.choices) or option.metavar
            parser.add_argument(*names, dest=option.dest, action="append", metavar=shown, help=option.plain)
    parser.add_argument("pytest", nargs="*", metavar="-- OPTION", help="pytest's own options, such as -k text or -n 2")
    parser.set_defaults(command=_run)


def _run(chosen: argparse.Namespace) -> int:
    """Becomes pytest, so that signals reach it; Windows cannot replace a process."""
    command = command_line(chosen)
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606
    return subprocess.call(command)  # noqa: S603


def command_line(chosen: argparse.Namespace) -> list[str]:
    """The command of the same run. pytest checks the values. -P: nothing is imported from the current folder."""
    return [sys.executable, "-P", "-m", "pytest", "--pyargs", _TEST, *_options(chosen), *chosen.pytest]


def _options(chosen: argparse.Namespace) -> list[str]:
    given = [(option, getattr(chosen, option.dest)) for option in OPTIONS]
    flags = [option.name for option, value in given if value is True]
    return [*flags, *(f"{option.name}={one}" for option, value in given if isinstance(value, list) for one in value)]
