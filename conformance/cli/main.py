"""Tests AI API gateways, and works with the reports and with recorded traffic."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from conformance.cli import (
    check,
    clients,
    compare,
    diff,
    docs,
    doctor,
    faults,
    findings,
    history,
    known,
    listing,
    merge,
    order,
    overhead,
    parameters,
    problems,
    render,
    run,
    serve,
    soak,
    verify,
)
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError
from conformance.records import run_document

COMMANDS = (
    run,
    serve,
    check,
    listing,
    clients,
    faults,
    order,
    docs,
    render,
    problems,
    merge,
    diff,
    compare,
    findings,
    parameters,
    history,
    known,
    verify,
    overhead,
    soak,
    doctor,
)
"""The modules of the commands, in the order of the help text."""

USAGE = 2
"""The exit code for invalid input."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; invalid input gives one sentence on stderr."""
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        return command(chosen)
    except InputError as error:
        # One line, even if names in the input contain line breaks.
        print(plain(f"gateway-conformance: {error}").replace("\n", "\\n"), file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0


class _Version(argparse.Action):
    """Prints the version. Only this option reads the metadata of the installed package."""

    def __call__(self, parser: argparse.ArgumentParser, *_given: object) -> None:
        print(parser.prog, run_document.suite_version())
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gateway-conformance", description=__doc__)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser
