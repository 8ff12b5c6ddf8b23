"""Shared parts of the commands of the console script.

Each command is a module with `add(commands)`, which adds its parser and sets `command`: a function of the parsed
arguments that returns the exit code. Invalid input raises InputError, which the console script prints as one sentence.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from conformance.cli import output

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

BROKEN = 1
"""The exit code for broken rules and other problems that were found."""


def show(entries: Sequence[Mapping[str, object]], lines: Sequence[str], as_json: bool) -> None:
    """Prints a list, as lines or as JSON."""
    output.put(json.dumps(entries, indent=1) if as_json else "\n".join(lines), None)
