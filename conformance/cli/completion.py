"""`completion`: prints a script with which a shell completes the commands and options of gateway-conformance."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.cli import output
from conformance.core.yaml_input import InputError

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

_SHELLS = ("bash", "zsh")
_FILES = ("FILE", "FILE.har", "RUN", "OLD", "NEW", "REPORT", "PAGE.html")
"""Metavars of values that are files."""
_FOLDERS = ("DIR",)


def add(commands: Commands) -> None:
    """Adds `completion bash|zsh`."""
    parser = commands.add_parser(
        "completion",
        help="print a script with which bash or zsh completes commands and options",
        description='For bash, add to ~/.bashrc: eval "$(gateway-conformance completion bash)". For zsh, write the '
        "script to a file called _gateway-conformance in a folder of $fpath.",
    )
    parser.add_argument("shell", choices=_SHELLS)
    parser.set_defaults(command=_completion)


def _completion(chosen: argparse.Namespace) -> int:
    output.put(script(chosen.shell), None)
    return 0


def script(shell: str) -> str:
    """The script for a shell. It is static, so that completing starts no Python. Raises InputError without shtab."""
    from conformance.cli.main import MODULES, parser_of

    try:
        import shtab
    except ModuleNotFoundError:
        raise InputError(
            "completion: the package shtab is not installed; install gateway-conformance[completion]"
        ) from None
    parser = parser_of(MODULES)
    for action in _actions(parser):
        _describe(action, shtab)
    text: str = shtab.complete(parser, shell)
    return text


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All options and arguments of a parser, and of its commands."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in dict.fromkeys(action.choices.values()):
                yield from _actions(command)


def _describe(action: Any, shtab: Any) -> None:
    """Adds what the value of an option may be: a file, a folder, or one of a few words."""
    if action.metavar in _FOLDERS:
        action.complete = shtab.DIRECTORY
    elif action.metavar in _FILES or action.type is Path:
        action.complete = shtab.FILE
    elif isinstance(action.metavar, str) and "|" in action.metavar and action.choices is None:
        action.choices = action.metavar.split("|")
