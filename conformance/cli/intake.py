"""Judges submitted runs again: several at once, and each file once.

A result is kept in the user's cache folder. Its name is a digest of the file and of the suite, so it never becomes
stale. A problem with the cache is not reported, and the run is judged again.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import cast

from conformance.analysis.site import intake
from conformance.analysis.site.intake import Intake
from conformance.core import data_files, user_cache
from conformance.core.yaml_input import InputError, display

KEPT = 200
"""Results that are kept: the runs of a large site."""

_PACKAGE = Path(intake.__file__).parents[2]
_CODE = ("core", "protocol", "target", "suite", "records", "judge", "analysis")
_DATA = ("cases", "schemas", "clients")
"""The packages and the data that decide about a result."""


def results(folder: Path, names: Sequence[str]) -> Mapping[str, tuple[str, Intake]]:
    """File name -> the SHA-256 of the file and its result. Raises InputError if a file cannot be read."""
    digests = {name: _digest(folder / name) for name in names}
    found = {name: kept for name, digest in digests.items() if (kept := _load(_key(digest))) is not None}
    left = [name for name in names if name not in found]
    for name, result in zip(left, _examined([folder / name for name in left]), strict=True):
        _save(_key(digests[name]), result)
        found[name] = result
    return {name: (digests[name], found[name]) for name in names}


def _examined(paths: Sequence[Path]) -> list[Intake]:
    """Judges runs in processes, one for each CPU: a run of 1,500 verdicts takes some seconds."""
    workers = min(len(paths), os.cpu_count() or 1)
    if workers <= 1:
        return [intake.examined(path) for path in paths]
    with ProcessPoolExecutor(workers, initializer=_collect_rarely) as pool:
        return list(pool.map(intake.examined, paths))


def _collect_rarely() -> None:
    """Makes the garbage collector rare: a run is a million objects that it would search again and again."""
    gc.set_threshold(200_000, 50, 100)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{display(path)}: the file cannot be read ({error.strerror})") from error


def _key(digest: str) -> str:
    return hashlib.sha256(f"{digest} {_suite()}".encode()).hexdigest()


@cache
def _suite() -> str:
    """A digest of the part of the suite that decides about a result."""
    digest = hashlib.sha256()
    for folder in (*(_PACKAGE / name for name in _CODE), *map(data_files.folder, _DATA)):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".yaml", ".json") and path.is_file():
                content = path.read_bytes()
                digest.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()


def _folder() -> Path:
    """The folder of the results. Raises RuntimeError if the user has no home folder."""
    return user_cache.folder() / "intake"


def _load(key: str) -> Intake | None:
    with suppress(RuntimeError, ValueError):
        text = user_cache.load(_folder(), key)
        return None if text is None else cast(Intake, json.loads(text))
    return None


def _save(key: str, result: Intake) -> None:
    with suppress(RuntimeError):
        user_cache.save(_folder(), key, json.dumps(result), KEPT)
