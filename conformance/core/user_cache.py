"""The user's cache folder, for results that can be computed again."""

from __future__ import annotations

import os
import stat
import sys
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
