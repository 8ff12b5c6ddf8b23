"""Walks the events of a stream through the state machines of a family's stream.yaml.

A table holds machines that read the same stream side by side:

- `of`: a pointer with `*` to the parts of an event that the machine reads (default: the event itself);
- `key`: pointers with the same `*`: one machine runs for each distinct key (an index, an item's id);
- `symbol`: a pointer to the symbol of a part, or a list of guards of which the first that fits names it:
  `{name, has: pointer}` (there and not null), `{name, empty: pointer}` (an empty list), `{name, text: data}`
  (an event that is not JSON), `{name, is: {pointer: value}}`, or `{name}` alone;
- `states`: state -> {symbol -> next state}; a symbol that no state of the machine knows is passed over;
- `start`, `accept`: where it begins, and where it may end;
- `refused`: state -> {symbol or "*" -> rule id} for a symbol that the state does not allow; a machine in a state
  that allows nothing stays there, another one goes where the symbol always leads;
- `unfinished`: state or "*" -> rule id for a stream that ends there;
- `phrases`: state -> its words in a message, such as `after message_delta` (default: `while` and the state);
- `excuse`: symbols after which no machine is held to its end (an error ended the stream).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conformance.core.model import JSON, Breach, Event, Where
from conformance.core.pointer import each, escape, get, tokens

Part = tuple[str, JSON, tuple[JSON, ...]]
"""A part of an event: its pointer, its value, and the values of its key."""

_KEYLESS: tuple[JSON, ...] = ()
_MOST_NAMED = 4
"""Symbols that a message lists; instead of a longer list it names the one that is not allowed."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An event and its data as JSON; `problem` says why it is no JSON (`json` is None then)."""

    event: Event
    json: JSON
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a table; see the module's text."""

    name: str
    start: str
    accept: tuple[str, ...]
    states: Mapping[str, Mapping[str, str]]
    symbol: str | list[Mapping[str, Any]]
    of: str = ""
    key: tuple[str, ...] = ()
    refused: Mapping[str, Mapping[str, str]] | None = None
    unfinished: Mapping[str, str] | None = None
    phrases: Mapping[str, str] = field(default_factory=dict)

    def alphabet(self) -> frozenset[str]:
        return frozenset(symbol for row in self.states.values() for symbol in row)


@dataclass(frozen=True, slots=True)
class Grammar:
    """All machines of a family's streams."""

    machines: tuple[Machine, ...]
    excuse: tuple[str, ...] = ()


def load_grammar(table: JSON) -> Grammar:
    """A parsed stream.yaml as a Grammar. Raises TypeError on a key that machines do not have."""
    machines = (
        Machine(**{**entry, "accept": tuple(entry["accept"]), "key": tuple(entry.get("key", ()))})
        for entry in table["machines"]
    )
    return Grammar(tuple(machines), tuple(table.get("excuse", ())))


def rules(grammar: Grammar) -> Iterator[str]:
    """The ids of all rules that the tables name."""
    for machine in grammar.machines:
        for row in (machine.refused or {}).values():
            yield from row.values()
        yield from (machine.unfinished or {}).values()


def walk(grammar: Grammar, events: Iterable[Parsed]) -> Iterator[Breach]:
    """Where the events leave the grammar."""
    walkers = [_Walker(machine, grammar.excuse) for machine in grammar.machines]
    places = {walker.place for walker in walkers}
    excused = False
    last = 0
    for parsed in events:
        last = parsed.event.number
        parts = {place: _parts(*place, parsed.json) for place in places}
        for walker in walkers:
            for symbol, breach in walker.read(parsed, parts[walker.place]):
                excused = excused or symbol in grammar.excuse
                if breach is not None:
                    yield breach
    if not excused:
        for walker in walkers:
            yield from walker.finish(last)


class _Walker:
    """The states of one machine, a state for each key."""

    def __init__(self, machine: Machine, excuse: tuple[str, ...]) -> None:
        self.place = (machine.of, machine.key)
        self._machine = machine
        self._excuse = excuse
        self._alphabet = machine.alphabet()
        self._states: dict[tuple[JSON, ...], str] = {} if machine.key else {_KEYLESS: machine.start}
        self._landing = _landings(machine)

    def read(self, parsed: Parsed, parts: list[Part]) -> Iterator[tuple[str, Breach | None]]:
        for pointer, part, key in parts:
            symbol = _symbol(self._machine.symbol, part, parsed)
            if symbol in self._alphabet:
                yield symbol, self._step(key, symbol, pointer, parsed.event.number)

    def _step(self, key: tuple[JSON, ...], symbol: str, pointer: str, number: int) -> Breach | None:
        machine = self._machine
        state = self._states.get(key, machine.start)
        row = machine.states.get(state, {})
        if symbol in row:
            self._states[key] = row[symbol]
            return None
        self._states[key] = self._landing.get(symbol, state) if row else state
        rule = _lookup((machine.refused or {}).get(state) or (machine.refused or {}).get("*"), symbol)
        if rule is None:
            return None
        allowed = _either(list(row)) if len(row) <= _MOST_NAMED else f"anything but {symbol}"
        return Breach(rule, f"{self._who(key)}{allowed} {self._phrase(state)}", symbol, Where(pointer, number))

    def finish(self, last: int) -> Iterator[Breach]:
        for key, state in self._states.items():
            rule = _lookup(self._machine.unfinished, state)
            if state not in self._machine.accept and rule is not None:
                missing = _either(_closing(self._machine, state, self._excuse))
                expected = f"{self._who(key)}{missing} before the end of the stream"
                got = f"the stream ended {self._phrase(state)}; {missing} never came"
                yield Breach(rule, expected, got, Where(event=last))

    def _who(self, key: tuple[JSON, ...]) -> str:
        return f"{' '.join([self._machine.name, *map(str, key)])}: " if key else ""

    def _phrase(self, state: str) -> str:
        return self._machine.phrases.get(state, f"while {state}")


def _landings(machine: Machine) -> dict[str, str]:
    """Where a symbol leads when only one state follows it: a refused event should not refuse all the rest."""
    found: dict[str, set[str]] = {}
    for row in machine.states.values():
        for symbol, state in row.items():
            found.setdefault(symbol, set()).add(state)
    return {symbol: next(iter(states)) for symbol, states in found.items() if len(states) == 1}


def _closing(machine: Machine, state: str, excuse: tuple[str, ...]) -> list[str]:
    """The symbols that lead from a state to an accepted one, or at least to another one; without errors."""
    row = {symbol: after for symbol, after in machine.states.get(state, {}).items() if symbol not in excuse}
    ending = [symbol for symbol, after in row.items() if after in machine.accept]
    return ending or [symbol for symbol, after in row.items() if after != state]


def _either(symbols: list[str]) -> str:
    *others, last = symbols or ["nothing more"]
    return f"{', '.join(others)} or {last}" if others else last


def _lookup(table: Mapping[str, str] | None, name: str) -> str | None:
    return None if table is None else table.get(name, table.get("*"))


def _parts(of: str, key: tuple[str, ...], document: JSON) -> list[Part]:
    """The parts of a document that a machine reads, with what tells its runs apart."""
    found = each(document, of) if of else (("", document),)
    return [(pointer, part, tuple(_key(of, key, pointer, document))) for pointer, part in found]


@lru_cache(maxsize=4096)
def _places(of: str, key: tuple[str, ...], pointer: str) -> tuple[str, ...]:
    """The key's pointers, their `*` filled from the part's own pointer."""
    stars = [token for name, token in zip(tokens(of), tokens(pointer), strict=True) if name == "*"]
    return tuple(_filled(template, iter(stars)) for template in key)


def _filled(template: str, stars: Iterator[str]) -> str:
    return "".join(f"/{escape(next(stars) if name == '*' else name)}" for name in tokens(template))


def _key(of: str, key: tuple[str, ...], pointer: str, document: JSON) -> Iterator[JSON]:
    for place in _places(of, key, pointer):
        value = get(document, place, object)
        yield value if isinstance(value, str | int | float | None) else str(value)


def _symbol(symbol: str | list[Mapping[str, Any]], part: JSON, parsed: Parsed) -> str:
    if isinstance(symbol, str):
        value = get(part, symbol, object)
        return value if isinstance(value, str) else ""
    return next((str(guard["name"]) for guard in symbol if _fits(guard, part, parsed)), "")


def _fits(guard: Mapping[str, Any], part: JSON, parsed: Parsed) -> bool:
    if "text" in guard:
        return bool(parsed.problem) and parsed.event.data.strip() == guard["text"]
    return (
        not parsed.problem
        and ("has" not in guard or get(part, guard["has"], object) is not None)
        and ("empty" not in guard or get(part, guard["empty"], object) == [])
        and all(get(part, at, object) == value for at, value in guard.get("is", {}).items())
    )
