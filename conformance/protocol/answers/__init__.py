"""What a family's answer says: events to the final object, and the final object to an Answer.

A family that answers with a model's words has a module here of its own name, with two pure functions that
never raise, whatever the shapes are:

- `assemble(events)`: the JSON objects of a stream -> the object that the same request gives unstreamed;
- `answer(final)`: that object -> Answer.
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
    """The final object of a stream; None where the family has no streams or the events give none."""
    module = _module(family)
    return module.assemble(events) if module else None


def answer(family: str, final: JSON) -> Answer | None:
    """What the model said; None for a family that is not answered by a model."""
    module = _module(family)
    found: Answer | None = module.answer(final) if module else None
    return found


def load_all() -> None:
    """Imports every family's module, for those who are going to ask for them in several threads.

    pytest parses what is imported, and Python up to 3.11.7 fails where two threads parse at once
    (https://github.com/python/cpython/issues/106905).
    """
    for found in iter_modules(__path__):
        import_module(f"{__name__}.{found.name}")


@cache
def _module(family: str) -> ModuleType | None:
    name = f"{__name__}.{family}"
    return import_module(name) if find_spec(name) else None
