"""The user's cache folder, for results that can be computed again."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path


def folder() -> Path:
    """The user's cache folder on this operating system. Raises RuntimeError if the user has no home folder."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gateway-conformance"


def is_ours(path: Path) -> bool:
    """Whether only this user can write to a path. On Windows the cache folder is private by default."""
    if sys.platform == "win32":
        return True
    found = path.lstat()
    return found.st_uid == os.getuid() and not stat.S_ISLNK(found.st_mode) and not found.st_mode & 0o022


def load(folder: Path, name: str) -> str | None:
    """Return the text of an entry, or None if there is no entry that can be trusted."""
    with suppress(OSError, ValueError):
        file = _entry(folder, name)
        if is_ours(folder) and is_ours(file):
            text = file.read_text("ascii")
            with suppress(OSError):
                os.utime(file)  # the time of its last use, for _remove_oldest
            return text
    return None


def save(folder: Path, name: str, text: str, kept: int) -> None:
    """Write an entry atomically, and delete all but the `kept` last used ones. A problem is not reported."""
    with suppress(OSError, ValueError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_ours(folder):
            return
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", encoding="ascii", delete=False) as file:
            try:
                file.write(text)
                file.close()
                Path(file.name).replace(_entry(folder, name))
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        _remove_oldest(folder, kept)


def _entry(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _remove_oldest(folder: Path, kept: int) -> None:
    entries = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for entry in entries[kept:]:
        entry.unlink(missing_ok=True)
