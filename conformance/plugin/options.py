"""The suite's options on pytest's command line, and their old names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from conformance.core.options import OLD_NAMES, OPTIONS, Option

STRICT = "--strict"
"""pytest has this option, too. On the command line it means both; in a configuration file only pytest's own."""


def add(parser: pytest.Parser) -> None:
    """Adds the options to pytest's own, in a group of `pytest --help`."""
    group = parser.getgroup("gateway-conformance", "the gateway under test")
    for option in OPTIONS:
        group.addoption(option.name, **_attributes(option))


def _attributes(option: Option) -> dict[str, Any]:
    """The arguments of argparse's add_argument for an option."""
    common = {"dest": option.dest, "help": option.plain}
    if option.is_flag:
        return {**common, "action": "store_true"}
    if option.choices:
        return {**common, "choices": option.choices, "default": option.default}
    if option.repeatable:
        return {**common, "action": "append", "default": [], "metavar": option.metavar}
    return {**common, "type": option.type, "default": option.default, "metavar": option.metavar}


def replace_old_names(parser: pytest.Parser, args: list[str], typed: Iterable[str]) -> list[str]:
    """Puts new names for old ones into `args`, and returns the arguments that had an old name.

    A name that another plugin or a conftest.py has registered stays as it is. The suite does not register old names,
    because argparse refuses a name that is registered twice. `typed` are the arguments of the command line itself,
    without those of configuration files.
    """
    args[:] = [one for text in args for one in _read(text)]
    options = [*_options(args)]
    found = [text for text in options if _name(text) in OLD_NAMES]
    if not found:
        return []
    _, unknown = parser.parse_known_and_unknown_args(args)
    old = [text for text in found if text in unknown]
    args[: len(options)] = [_renamed(text) if text in old else text for text in options]
    if STRICT in _options(typed):
        args.insert(0, OLD_NAMES[STRICT])
        old.append(STRICT)
    return old


def is_unknown(name: str, parser: pytest.Parser, args: list[str]) -> bool:
    """Whether arguments give an option that no plugin has registered."""
    if name not in map(_name, _options(args)):
        return False
    _, unknown = parser.parse_known_and_unknown_args(args)
    return name in map(_name, unknown)


def advice(old: Iterable[str]) -> str:
    """One sentence that says which names to use instead of old ones."""
    pairs = [f"{OLD_NAMES[name]} instead of {name}" for name in dict.fromkeys(map(_name, old))]
    return f"gateway-conformance: some options have new names: use {', '.join(pairs)}"


def _read(text: str) -> list[str]:
    """The lines of a file that is given as `@file`, if they contain an old name; else the argument itself.

    argparse reads the other files, and reports those that it cannot read.
    """
    if not str(text).startswith("@"):
        return [text]
    try:
        lines = [one for line in Path(text[1:]).read_text().splitlines() for one in _read(line)]
    except (OSError, ValueError, RecursionError):
        return [text]
    return lines if any(_name(line) in OLD_NAMES for line in lines) else [text]


def _options(args: Iterable[str]) -> Iterator[str]:
    """The arguments before `--`, after which everything is a file or a folder."""
    return takewhile(lambda text: text != "--", map(str, args))


def _name(text: str) -> str:
    return text.partition("=")[0]


def _renamed(text: str) -> str:
    name, sign, value = text.partition("=")
    return OLD_NAMES[name] + sign + value
