"""The commands of the console script, one module each.

A module has `add(commands)`, which adds its parser and sets `command`, a function of the parsed arguments
that returns the exit code. Bad input is raised as InputError: the console script prints it as one sentence.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.cli import output
from conformance.core.model import JSON

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

BROKEN = 1
"""The exit code for a `must` that was broken."""


def show(entries: Sequence[JSON], lines: Sequence[str], as_json: bool) -> None:
    """A list, for people or for machines."""
    output.put(json.dumps(entries, indent=1) if as_json else "\n".join(lines), None)
