"""The checks of the contract: small generators of breaches, registered by importing every module here.

A check is a pure function of a Reading. Its decorator says where it applies:

    @check("messages.usage.total", families=("messages",), on="final")
    def usage_has_no_total(reading): ...

`on` is the kind of answer: `json` (not streamed), `stream`, `final` (either, with a final object), `error` (status 400
and up), `success` (json or stream) or `any` (every answer). `needs` names what a recording may lack: `headers`,
`bytes`, `timing`, `framing` (headers about the length of the body) or `request` (an edited request cannot be compared
with its answer); without it, the check is skipped.
Documents can have any shape, so checks read them with `pointer.get`, which does not raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from conformance.core.model import Breach, Where
from conformance.protocol.reading import Reading

On = Literal["json", "stream", "final", "error", "success", "any"]
Function = Callable[[Reading], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: its function, the rules it can report, and where it applies (no families means all)."""

    function: Function
    rules: tuple[str, ...]
    families: tuple[str, ...]
    on: On
    needs: frozenset[str]


_CHECKS: list[Check] = []


def check(
    *rules: str, families: tuple[str, ...] = (), on: On = "any", needs: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Return a decorator that registers a generator of breaches of these rules. The module describes the arguments."""

    def register(function: Function) -> Function:
        _CHECKS.append(Check(function, rules, families, on, frozenset(needs)))
        return function

    return register


def breach(
    rule: str, expected: str, got: str, pointer: str | None = None, event: int | None = None, offset: int | None = None
) -> Breach:
    """Return a Breach at a place in the answer."""
    return Breach(rule, expected, got, Where(pointer, event, offset))


@cache
def all_checks() -> tuple[Check, ...]:
    """Import all modules and return their checks, in the order of the modules' names."""
    for module in iter_modules(__path__, prefix=f"{__name__}."):
        import_module(module.name)
    return tuple(_CHECKS)


def applicable(reading: Reading) -> Sequence[Check]:
    """Return the checks that apply to an exchange; none for OPTIONS and HEAD, which the HTTP server answers itself."""
    if reading.exchange.request.method in ("OPTIONS", "HEAD"):
        return ()
    return _checks(reading.family.name, reading.exchange.lacks, kinds(reading))


def kinds(reading: Reading) -> frozenset[On]:
    """Return the kinds of answer that an exchange is, as `on` of a check names them."""
    return frozenset(name for name, applies in _APPLIES.items() if applies(reading))


@cache
def _checks(family: str, lacks: frozenset[str], on: frozenset[On]) -> tuple[Check, ...]:
    """Return the checks of a family and of kinds of answer that do not need what the recording lacks."""
    of_family = (entry for entry in all_checks() if not entry.families or family in entry.families)
    own = (entry for entry in of_family if entry.on in on)
    return tuple(entry for entry in own if not entry.needs & lacks)


_APPLIES: Mapping[On, Callable[[Reading], bool]] = {
    "json": lambda reading: reading.kind == "json",
    "stream": lambda reading: reading.kind == "stream",
    "final": lambda reading: isinstance(reading.final, dict),
    "error": lambda reading: reading.kind == "error",
    "success": lambda reading: reading.kind in ("json", "stream"),
    "any": lambda reading: reading.kind != "none",
}
