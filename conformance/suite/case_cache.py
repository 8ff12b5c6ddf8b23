"""Keeps loaded cases in the user's cache folder: reading them back is ten times faster than parsing the YAML files.

The key of an entry is a hash of the bytes of all case files, of their schema and of the modules that load them, so
entries never become stale; those that were not used for longest are deleted. A problem with the cache is not
reported, and the cases are loaded from their files: a read-only folder, a damaged entry, or one that other users can
write to.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.core import canary, data_files, model, user_cache, yaml_input
from conformance.core.model import JSON, Case, Step
from conformance.protocol import family, parameters
from conformance.suite import template

KEPT = 16
"""How many entries to keep, for a few folders of cases and a few profiles."""

SMALLEST = 50
"""How many cases a folder must have to be cached: fewer are parsed fast enough, and would push out large folders."""

_FIELDS = tuple(field.name for field in fields(Case))
_MODULES = (canary, data_files, model, yaml_input, template, parameters)
"""The modules that a loaded case depends on, besides the loader."""


def key(folder: Path, served: Mapping[str, Sequence[str]], loader: Path) -> str:
    """Return the key of a folder's cases. `loader` is the source file of the loader.

    It does not depend on where the suite is installed: the cases have the paths of their files as messages show them.
    Raises OSError if a file cannot be read.
    """
    sources = [loader, Path(__file__), *(Path(module.__file__ or "") for module in _MODULES)]
    read = [data_files.folder("schemas") / name for name in ("case.schema.json", "upstream/parameters.yaml")]
    about = [sys.version, yaml_input.display(folder), family.names(), {**served}]
    digest = hashlib.sha256(json.dumps(about, default=list).encode())
    for file in (*sources, *read):
        digest.update(_part(file.name, file.read_bytes()))
    for file in sorted(folder.glob("**/*.y*ml")):
        content = file.read_bytes()
        digest.update(_part(f"{yaml_input.display(file)} {file.relative_to(folder)}", content))
    return digest.hexdigest()


def _part(name: str, content: bytes) -> bytes:
    return f"\n{name} {len(content)}\n".encode(errors="surrogateescape") + content


def load(name: str) -> tuple[Case, ...] | None:
    """Return the cases of an entry, or None if there is no entry that can be trusted."""
    with suppress(RuntimeError, ValueError, TypeError, LookupError):
        if (text := user_cache.load(_folder(), name)) is not None:
            return _read(text) or None
    return None


def save(name: str, cases: tuple[Case, ...]) -> None:
    """Write an entry atomically, if there are at least SMALLEST cases.

    Cases that JSON would change are not cached: it joins two surrogates to one character, and YAML does not.
    """
    if len(cases) < SMALLEST:
        return
    with suppress(RuntimeError, ValueError, TypeError):
        text = json.dumps(cases, separators=(",", ":"), default=_values)
        if _read(text) != cases:
            return
        user_cache.save(_folder(), name, text, KEPT)


_folder = user_cache.folder


def _values(record: Any) -> list[object]:
    """The values of the fields of a case or a step."""
    return [getattr(record, field.name) for field in fields(record)]


@lru_cache(maxsize=2)
def _read(text: str) -> tuple[Case, ...]:
    """The cases of an entry. The last ones are kept for the next run in the same process."""
    return tuple(map(_case, json.loads(text)))


def _case(saved: Sequence[JSON]) -> Case:
    found = dict(zip(_FIELDS, saved, strict=True))
    steps = tuple(Step(*step) for step in found["steps"])
    return Case(**{**found, "steps": steps, "needs": tuple(found["needs"]), "marks": tuple(found["marks"])})
