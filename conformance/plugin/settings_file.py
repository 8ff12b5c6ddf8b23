"""The options in a file: the table `[tool.gateway-conformance]` of a pyproject.toml, or a gateway-conformance.toml.

Each option has its name without `--gateway-`. The command line is stronger than the file.
"""

from __future__ import annotations

import argparse
import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.core import redaction
from conformance.core.options import OPTIONS, Option
from conformance.core.urls import without_user_info
from conformance.core.yaml_input import MAX_BYTES, InputError

OWN = "gateway-conformance.toml"
SHARED = "pyproject.toml"
TABLE = "gateway-conformance"
"""The table's name below `tool` in a pyproject.toml."""

_BY_KEY = {option.short: option for option in OPTIONS}
_TYPES: Mapping[Any, str] = {int: "a whole number", float: "a number", str: 'a text in quotes, such as "…"'}
_NO_PATH = "none"
"""The value of `baseline` that names no file."""


@dataclass(frozen=True, slots=True)
class Given:
    """The value of an option, and its place in the file, such as `pyproject.toml:12`."""

    option: Option
    value: Any
    place: str


def apply(config: pytest.Config, parser: pytest.Parser, args: list[str]) -> Mapping[str, str]:
    """Sets the options of the file that `args` do not give. Returns name -> place. Raises InputError."""
    folder = Path(config.invocation_params.dir)
    typed = _typed(parser, args)
    taken = [given for given in read(folder, config.rootpath) if given.option not in typed]
    for given in taken:
        setattr(config.option, given.option.dest, given.value)
    return {given.option.name: given.place for given in taken}


def _typed(parser: pytest.Parser, args: list[str]) -> list[Option]:
    """The options that arguments give, also in an `@file`."""
    unset = argparse.Namespace(**{option.dest: None for option in OPTIONS})
    found = parser.parse_known_args(args, namespace=unset)
    return [option for option in OPTIONS if getattr(found, option.dest) is not None]


def read(folder: Path, root: Path) -> list[Given]:
    """The options in the nearest file, from `folder` upwards, else from `root` upwards. Raises InputError.

    Relative paths in the file start at its own folder.
    """
    for at in dict.fromkeys((folder, *folder.parents, root, *root.parents)):
        found = [(path, content) for path in (at / OWN, at / SHARED) if (content := _table(path)) is not None]
        if len(found) > 1:
            raise InputError(f"{at / OWN}: {SHARED} beside it has a table [tool.{TABLE}], too; keep one of the two")
        for path, (table, text) in found:
            return list(_given(path, table, text, folder))
    return []


def _table(path: Path) -> tuple[dict[str, Any], str] | None:
    """The table of a file and the file's text; None for a file without the table. Raises InputError."""
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: the file is larger than {MAX_BYTES} bytes; it should hold a few options")
        text = path.read_bytes().decode("utf-8-sig")
        if path.name == SHARED and TABLE not in text:
            return None
        document = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror}); correct its permissions") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: this is not valid TOML ({error}); correct it") from None
    if path.name == OWN:
        return document, text
    tools = document.get("tool", {})
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise InputError(f"{path}: tool.{TABLE} has to be a table; write [tool.{TABLE}] and the options below it")
    return table, text


def _given(path: Path, table: Mapping[str, Any], text: str, folder: Path) -> Iterator[Given]:
    shown = path.name if path.parent == folder else str(path)
    for key, value in table.items():
        place = shown + _line(text, key, path.name == SHARED)
        option = _BY_KEY.get(key)
        if option is None:
            raise InputError(f"{place}: {_unknown(key)}")
        checked = _checked(option, value, f"{place}: {key}")
        is_elsewhere = option.is_path and path.parent != folder and value != _NO_PATH
        yield Given(option, str(path.parent / checked) if is_elsewhere else checked, place)


def _line(text: str, key: str, shared: bool) -> str:
    """`:` and the line on which a key stands; "" if it is written in an unusual form."""
    lines = text.splitlines()
    header = re.compile(rf"\s*\[\s*tool\s*\.\s*[\"']?{TABLE}[\"']?\s*\]")
    start = next((number for number, line in enumerate(lines) if header.match(line)), len(lines)) if shared else 0
    wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]|\s*\[+\s*[\"']?{re.escape(key)}\b")
    return next((f":{number + 1}" for number, line in enumerate(lines) if number >= start and wanted.match(line)), "")


def _unknown(key: str) -> str:
    """The error about a key that is not an option's name."""
    bare = key.removeprefix("--").removeprefix("gateway-")
    if bare in _BY_KEY:
        return f"unknown key {key!r}; write {bare!r}"
    if redaction.is_secret(key) or re.search(r"(?:^|[-_])keys?$", key, re.IGNORECASE):
        return f"{key!r}: a key has no place in a file; put it into the environment variable GATEWAY_API_KEY"
    near = difflib.get_close_matches(bare.replace("_", "-").lower(), _BY_KEY, 1, 0.5)
    return f"unknown key {key!r}; " + (f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(_BY_KEY)}")


def _checked(option: Option, value: Any, name: str) -> Any:
    """The value as the command line would give it. Raises InputError."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise InputError(f"{name}: give true or false")
        return value
    if option.repeatable:
        values = value if isinstance(value, list) and value else [value]
        return [_one(option, one, name) for one in values]
    return _one(option, value, name)


def _one(option: Option, value: Any, name: str) -> Any:
    fits: Any = (int, float) if option.type is float else option.type
    if isinstance(value, bool) or not isinstance(value, fits):
        several = ", or a list of them" if option.repeatable else ""
        raise InputError(f"{name}: give {_TYPES[option.type]}{several}")
    if option.choices and value not in option.choices:
        raise InputError(f"{name} {value!r}: give {_either(option.choices)}")
    if option.name == "--gateway-proxy" and without_user_info(value) != value.strip():
        raise InputError(
            f"{name}: a user and a password have no place in a file; leave them out, or name the proxy in the "
            "environment variable HTTPS_PROXY and set trust-env"
        )
    if isinstance(value, str) and any(redaction.find_credentials(value)):
        raise InputError(
            f"{name}: the value looks like a key, which has no place in a file; put it into the environment variable "
            "GATEWAY_API_KEY"
        )
    converted = option.type(value)
    if complaint := option.complaint(converted):
        raise InputError(name + complaint)
    return converted


def _either(words: Iterable[str]) -> str:
    *first, last = map(repr, words)
    return f"{', '.join(first)} or {last}"


def with_place(message: str, places: Mapping[str, str]) -> str:
    """An error about an option, with the place in the file that the option comes from."""
    found = [place for name, place in places.items() if re.match(rf"{re.escape(name)}(?![\w-])", message)]
    return f"{message} (from {found[0]})" if found else message
