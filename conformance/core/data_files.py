"""Where the data files of the suite are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import yaml

from conformance.core.model import JSON

_PACKAGE = Path(__file__).parent.parent
_Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def folder(name: str) -> Path:
    """The folder `schemas` or `cases`."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


OWN = tuple((folder(name).parent, folder(name)) for name in ("cases", "schemas"))
"""The suite's own data folders, each behind the folder that it is named from, wherever the suite is installed."""


@cache
def schema(path: str) -> JSON:
    """A JSON file below schemas/, parsed."""
    return json.loads((folder("schemas") / path).read_text("utf-8"))


@cache
def table(path: str) -> JSON:
    """A YAML file below schemas/, parsed. These are the suite's own tables; users' files go through yaml_input.py."""
    return yaml.load((folder("schemas") / path).read_text("utf-8"), Loader=_Loader)  # noqa: S506 - it is a safe one
