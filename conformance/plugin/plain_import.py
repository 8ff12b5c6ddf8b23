"""Keeps pytest from rewriting the assertions of the suite's own modules.

To explain failed assertions, pytest parses and compiles each module of a package that has a plugin. It keeps the
result beside the compiled files that the installation made. Where Python must not write such files, as in many
containers, it does that in every run. The suite's assertions need no explanation, apart from those of its tests and of
the scenarios with real clients.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_PACKAGE = __name__.partition(".")[0]
_REWRITTEN = (f"{_PACKAGE}.test_", f"{_PACKAGE}.real_clients.")
"""How the names of modules begin whose assertions are shown to users."""


class PlainFinder:
    """An entry of `sys.meta_path` that finds the suite's modules as Python does; the next entries find all others."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not name.startswith(f"{_PACKAGE}.") or name.startswith(_REWRITTEN):
            return None
        return PathFinder.find_spec(name, path, target)
