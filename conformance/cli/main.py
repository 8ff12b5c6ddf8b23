"""Tests AI API gateways, and works with the reports and with recorded traffic."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError
from conformance.records import run_document

MODULES = (
    "run",
    "serve",
    "check",
    "listing",
    "clients",
    "faults",
    "order",
    "docs",
    "render",
    "problems",
    "merge",
    "diff",
    "drift",
    "compare",
    "findings",
    "site",
    "parameters",
    "history",
    "known",
    "verify",
    "sign",
    "overhead",
    "soak",
    "tool_quality",
    "doctor",
    "completion",
)
"""The modules of the commands, in the order of the help text."""

_LISTING = "listing"
_MODULE_OF = {
    **{name.replace("_", "-"): name for name in MODULES if name != _LISTING},
    "cases": _LISTING,
    "rules": _LISTING,
}
"""Command -> its module."""

USAGE = 2
"""The exit code for invalid input."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; invalid input gives one sentence on stderr."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = parser_of(_wanted(given)).parse_args(given)
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


def _wanted(arguments: Sequence[str]) -> Sequence[str]:
    """The module of the command that is given, else all of them. Importing all takes longer than most commands."""
    module = _MODULE_OF.get(arguments[0]) if arguments else None
    return MODULES if module is None else (module,)


class _Version(argparse.Action):
    """Prints the version. Only this option reads the metadata of the installed package."""

    def __call__(self, parser: argparse.ArgumentParser, *_given: object) -> None:
        print(parser.prog, run_document.suite_version())
        parser.exit()


def parser_of(modules: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the commands of these modules."""
    parser = argparse.ArgumentParser(prog="gateway-conformance", description=__doc__)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in modules:
        import_module(f"conformance.cli.{module}").add(commands)
    return parser
