"""Collects the entries of faults and variations, from YAML tables and from Python modules.

A table is a YAML file in a folder of the package: a list of entries, and values that hold for all of them. A module
has the entries whose change a table cannot express.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from conformance.core import yaml_input
from conformance.reference.vocabulary import Node, NodeError, change


class Entry(Protocol):
    """A fault or a variation."""

    @property
    def id(self) -> str:
        """The id that a server or a request chooses it by."""

    @property
    def family(self) -> str:
        """The endpoint whose calls it changes, or `all`."""


E = TypeVar("E", bound=Entry)


def collected(package: str, folders: Sequence[str], name: str, kind: type[E]) -> Mapping[str, E]:
    """The entries of a package by id, in the order of family and id: those of its tables and those of its modules.

    `name` is the key of the list in the tables; the modules' tuple has the same name in capitals. Raises InputError
    where a table is wrong, and ValueError where an id is used twice.
    """
    entries = [entry for folder in folders for entry in tables(Path(folder), name, kind)]
    for module in pkgutil.walk_packages(folders, f"{package}."):
        entries += getattr(importlib.import_module(module.name), name.upper(), ())
    by_id = {entry.id: entry for entry in sorted(entries, key=lambda entry: (entry.family, entry.id))}
    if len(by_id) < len(entries):
        raise ValueError(f"an id of {name} is used twice: {_twice([entry.id for entry in entries])}")
    return by_id


def tables(folder: Path, name: str, kind: type[E]) -> Iterator[E]:
    """The entries of all tables in a folder. Raises InputError."""
    for path in sorted(folder.rglob("*.yaml")):
        yield from table(path, name, kind)


def table(path: Path, name: str, kind: type[E]) -> Iterator[E]:
    """The entries of one table. Raises InputError: file, line, and one sentence."""
    document = yaml_input.read_kept(path)
    try:
        common = Node(document.value).members()
        rows = common.pop(name, None)
        if rows is None:
            raise Node(document.value).wrong(f"the list {name!r} is missing")
        for row in rows.items():
            yield kind(**_arguments(row, common, kind))
    except NodeError as error:
        raise yaml_input.InputError(f"{document.at(*error.path)}: {error}") from error


def _arguments(row: Node, common: Mapping[str, Node], kind: type[E]) -> dict[str, Any]:
    """The arguments of the constructor: the entry's own values, those of the whole table, and the change."""
    own = row.members()
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind) if field.name != "apply"}  # type: ignore[arg-type]
    for key, shared in common.items():
        if key not in known:
            raise shared.wrong(f"unknown key {key!r}; known are {', '.join(known)}")
    given = {**common, **own}
    for key, field in known.items():
        if key not in given and field.default is MISSING:
            raise row.wrong(f"{key!r} is missing")
    arguments = {key: _value(given[key], field) for key, field in known.items() if key in given}
    steps = {key: value for key, value in own.items() if key not in known}
    if not steps.keys() - {"when"}:
        raise row.wrong("there is no change, such as `answer`, `stream` or `request`")
    return {**arguments, "apply": change(steps)}


def _value(node: Node, field: Field[Any]) -> str | tuple[str, ...]:
    return node.text() if field.type == "str" else tuple(node.texts())


def _twice(ids: Sequence[str]) -> str:
    return next(id_ for index, id_ in enumerate(ids) if id_ in ids[:index])
