"""Assembles the final object of a stream, and extracts its content as an Answer.

Every family whose answers come from a model has a module here, with the family's name and two pure functions. They
never raise, whatever the documents are:

- `assemble(events)`: the JSON objects of a stream -> the final object, as without streaming;
- `answer(final)`: the final object -> Answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

from conformance.core.model import JSON, Answer


def assemble(family: str, events: Iterable[JSON]) -> JSON:
    """Return the final object of a stream; None if the family has no streams or the events contain nothing of it."""
    module = _module(family)
    return module.assemble(events) if module else None


def answer(family: str, final: JSON) -> Answer | None:
    """Return the content of a final object; None for a family without model answers."""
    module = _module(family)
    found: Answer | None = module.answer(final) if module else None
    return found


def load_all() -> None:
    """Import the modules of all families. Call it before several threads use them.

    pytest rewrites modules at import, and Python up to 3.11.7 can fail when two threads parse at the same time
    (https://github.com/python/cpython/issues/106905).
    """
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")


@cache
def _module(family: str) -> ModuleType | None:
    name = f"{__name__}.{family}"
    return import_module(name) if find_spec(name) else None
