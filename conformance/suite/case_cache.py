"""Compiled cases in the user's cache: reading the YAML again takes most of a second, reading them back does not.

An entry is found by what it was made of: the bytes of every case file, of the schema and of the modules that compile
them. So an entry never has to be updated; the oldest are removed. Whatever is wrong with the cache (no folder to write
to, a broken file, a folder that others may write to) means that the cases are compiled, and is not reported.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, fields
from pathlib import Path

from conformance.core import canary, data_files, model, yaml_input
from conformance.core.model import JSON, Case, Step
from conformance.protocol import family
from conformance.suite import template

KEPT = 16
"""Entries that stay: a few folders of cases, a few profiles."""

_FIELDS = tuple(field.name for field in fields(Case))
_COMPILER = (canary, data_files, model, yaml_input, template)
"""The modules that a compiled case depends on, besides the one that asks."""


def key(folder: Path, served: Mapping[str, Sequence[str]], compiler: Path) -> str:
    """Names what the cases of a folder are compiled from; `compiler` is the source of the module that does it.

    Raises OSError where a file cannot be read.
    """
    sources = [Path(module.__file__ or "") for module in _COMPILER]
    schema = data_files.folder("schemas") / "case.schema.json"
    files = [compiler, Path(__file__), *sources, schema, *sorted(folder.glob("**/*.y*ml"))]
    about = [sys.version, yaml_input.display(folder), str(folder), family.names(), {**served}]
    digest = hashlib.sha256(json.dumps(about, default=list).encode())
    for file in files:
        content = file.read_bytes()
        digest.update(f"\n{file} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def load(name: str) -> tuple[Case, ...] | None:
    """The cases of an entry, or None where there is none that can be trusted."""
    with suppress(OSError, RuntimeError, ValueError, TypeError, LookupError):
        file = _folder() / f"{name}.json"
        if _is_ours(file.parent) and _is_ours(file):
            return _read(file.read_text("ascii")) or None
    return None


def save(name: str, cases: tuple[Case, ...]) -> None:
    """Writes an entry: whole, or not at all.

    Cases that JSON would change are left out: it makes one character of the halves of one, written one by one.
    """
    with suppress(OSError, RuntimeError, ValueError, TypeError):
        text = json.dumps([astuple(case) for case in cases], separators=(",", ":"))
        if _read(text) != cases:
            return
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(folder):
            return
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", encoding="ascii", delete=False) as file:
            try:
                file.write(text)
                file.close()
                Path(file.name).replace(folder / f"{name}.json")
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        _remove_oldest(folder)


def _folder() -> Path:
    """Where the operating system has users' caches. Raises RuntimeError where a user has no home."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gateway-conformance"


def _is_ours(path: Path) -> bool:
    """Whether nobody else can have written it; Windows keeps a user's cache from others by itself."""
    if sys.platform == "win32":
        return True
    found = path.lstat()
    return found.st_uid == os.getuid() and not stat.S_ISLNK(found.st_mode) and not found.st_mode & 0o022


def _remove_oldest(folder: Path) -> None:
    entries = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for entry in entries[KEPT:]:
        entry.unlink(missing_ok=True)


def _read(text: str) -> tuple[Case, ...]:
    return tuple(map(_case, json.loads(text)))


def _case(saved: Sequence[JSON]) -> Case:
    found = dict(zip(_FIELDS, saved, strict=True))
    steps = tuple(Step(*step) for step in found["steps"])
    return Case(**{**found, "steps": steps, "needs": tuple(found["needs"]), "marks": tuple(found["marks"])})
