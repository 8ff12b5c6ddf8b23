"""The data folders `schemas`, `cases` and `clients`: beside the package in a checkout, inside it if installed."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path

import yaml

from conformance.core import user_cache
from conformance.core.model import JSON

_PACKAGE = Path(__file__).parent.parent
Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""The fastest safe loader that this installation of PyYAML has."""


def folder(name: str) -> Path:
    """Return the path of the folder `schemas`, `cases` or `clients`."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


DATA_FOLDERS = tuple((folder(name).parent, folder(name)) for name in ("cases", "schemas", "clients"))
"""The suite's own data folders as (parent, folder). Messages show their files relative to the parent."""


@cache
def schema(path: str) -> JSON:
    """Return a parsed JSON file. `path` is relative to schemas/."""
    return json.loads((folder("schemas") / path).read_text("utf-8"))


@cache
def table(path: str) -> JSON:
    """Return a parsed YAML file of the suite itself. `path` is relative to schemas/.

    The value is kept in the user's cache folder as JSON, which Python reads 20 times faster than YAML. For users' files
    use `yaml_input.read_yaml`, which validates them.
    """
    text = (folder("schemas") / path).read_text("utf-8")
    name = hashlib.sha256(f"{yaml.__version__} {text}".encode()).hexdigest()
    with suppress(RuntimeError, ValueError):
        if (kept := user_cache.load(_tables(), name)) is not None:
            return json.loads(kept)
    value: JSON = yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader
    with suppress(RuntimeError, ValueError, TypeError):
        if json.loads(made := json.dumps(value)) == value:
            user_cache.save(_tables(), name, made, _KEPT)
    return value


_KEPT = 200
"""Tables of a few versions of the suite."""


def _tables() -> Path:
    """Where tables are kept. Raises RuntimeError if the user has no home folder."""
    return user_cache.folder() / "tables"
