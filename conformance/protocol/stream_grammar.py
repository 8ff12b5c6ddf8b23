"""Checks the order of a stream's events against the state machines in a family's stream.yaml.

All machines of a family read the same stream, independently of each other. A machine looks at *parts* of each event
(by default the event itself), turns each part into a *symbol*, and changes its state by the symbol. For example, one
machine checks the order of events in a Messages stream, and another one the order of the events of each content block.

The keys of a machine in stream.yaml are:

- `of`: a JSON Pointer with `*` to the parts of an event (default: the whole event);
- `key`: pointers with the same `*`. For each distinct key (such as an index) the machine has a state of its own;
- `symbol`: a pointer to the symbol of a part, or a list of guards. The first guard that matches gives the symbol:
  `{name, has: pointer}` (present and not null), `{name, empty: pointer}` (an empty list), `{name, text: data}`
  (an event that is not JSON), `{name, is: {pointer: value}}`, or `{name}`, which always matches;
- `states`: state -> {symbol -> next state}. Symbols that occur in no state of the machine are ignored;
- `start`, `accept`: the first state, and the states in which the stream may end;
- `refused`: state -> {symbol or "*" -> rule id}: the rule that a symbol breaks which the state does not allow.
  A state without transitions is kept; from other states the machine continues in the state to which the symbol leads
  from everywhere, if there is only one, so that one wrong event does not cause follow-up findings;
- `unfinished`: state or "*" -> rule id: the rule that is broken if the stream ends in this state;
- `phrases`: state -> its words in findings, such as `after message_delta` (default: `while` and the state).

`excuse`, beside the machines, lists symbols (errors) after which the stream may end in any state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from conformance.core.model import JSON, Breach, Event, Where
from conformance.core.pointer import each, escape, get, tokens

Part = tuple[str, JSON]
"""A part of an event: its pointer and its value."""

_KEYLESS: tuple[JSON, ...] = ()
_MAX_NAMED = 4
"""Symbols that a message lists; instead of a longer list it names the one that is not allowed."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An event and its data as JSON. If the data is not JSON, `json` is None and `problem` says why."""

    event: Event
    json: JSON
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """The condition under which a part has a symbol: its `name`. The description of the module explains the fields."""

    name: str
    has: str = ""
    empty: str = ""
    text: str = ""
    equal: tuple[tuple[str, JSON], ...] = ()
    """The (pointer, value) pairs of `is`."""

    def matches(self, part: JSON, parsed: Parsed) -> bool:
        """Whether a part of an event has the symbol."""
        if self.text:
            return bool(parsed.problem) and parsed.event.data.strip() == self.text
        if parsed.problem or (self.has and get(part, self.has, object) is None):
            return False
        for at, value in self.equal:
            if get(part, at, object) != value:
                return False
        return not self.empty or get(part, self.empty, object) == []


@dataclass(frozen=True)
class Machine:
    """One machine of a stream.yaml; the description of the module explains the fields."""

    name: str
    start: str
    accept: tuple[str, ...]
    states: Mapping[str, Mapping[str, str]]
    symbol: str | tuple[Guard, ...]
    of: str = ""
    key: tuple[str, ...] = ()
    refused: Mapping[str, Mapping[str, str]] | None = None
    unfinished: Mapping[str, str] | None = None
    phrases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def alphabet(self) -> frozenset[str]:
        """All symbols that occur in a state."""
        return frozenset(symbol for row in self.states.values() for symbol in row)

    @cached_property
    def only_targets(self) -> Mapping[str, str]:
        """Symbol -> next state, for the symbols that lead to the same state from everywhere."""
        targets: dict[str, set[str]] = {}
        for row in self.states.values():
            for symbol, state in row.items():
                targets.setdefault(symbol, set()).add(state)
        return {symbol: next(iter(states)) for symbol, states in targets.items() if len(states) == 1}

    def rules(self) -> Iterator[str]:
        """Yield the rules that the machine can report."""
        yield from (self.unfinished or {}).values()
        for row in (self.refused or {}).values():
            yield from row.values()


@dataclass(frozen=True, slots=True)
class Grammar:
    """All machines of a family's streams; `excuse` are symbols after which a stream may end in any state."""

    machines: tuple[Machine, ...]
    excuse: tuple[str, ...] = ()

    def rules(self) -> frozenset[str]:
        """Return the rules that the machines can report."""
        return frozenset(rule for machine in self.machines for rule in machine.rules())


def load_grammar(table: JSON) -> Grammar:
    """Return the Grammar of a parsed stream.yaml. Raises TypeError if a machine or a guard has an unknown key."""
    machines = (
        Machine(
            **{
                **entry,
                "accept": tuple(entry["accept"]),
                "key": tuple(entry.get("key", ())),
                "symbol": _load_symbol(entry["symbol"]),
            }
        )
        for entry in table["machines"]
    )
    return Grammar(tuple(machines), tuple(table.get("excuse", ())))


def _load_symbol(symbol: str | list[dict[str, Any]]) -> str | tuple[Guard, ...]:
    """The symbol of a machine, with its guards ready to be matched."""
    if isinstance(symbol, str):
        return symbol
    guards = (dict(entry) for entry in symbol)
    return tuple(Guard(equal=tuple(guard.pop("is", {}).items()), **guard) for guard in guards)


def rules(grammar: Grammar) -> Iterator[str]:
    """Yield the ids of all rules in the tables."""
    for machine in grammar.machines:
        for row in (machine.refused or {}).values():
            yield from row.values()
        yield from (machine.unfinished or {}).values()


def walk(grammar: Grammar, events: Iterable[Parsed]) -> Iterator[Breach]:
    """Run all machines over the events and yield the breaches."""
    walkers = [_Walker(machine, grammar.excuse) for machine in grammar.machines]
    places = {machine.of for machine in grammar.machines}  # most machines share one: select its parts only once
    excused = False
    last = 0
    for parsed in events:
        last = parsed.event.number
        parts = {of: [*each(parsed.json, of)] for of in places}
        for walker in walkers:
            own = parts[walker.machine.of]
            for symbol, breach in walker.read(parsed, own) if own else ():
                excused = excused or symbol in grammar.excuse
                if breach is not None:
                    yield breach
    if not excused:
        for walker in walkers:
            yield from walker.finish(last)


class _Walker:
    """A running machine: its current state for each key."""

    def __init__(self, machine: Machine, excuse: tuple[str, ...]) -> None:
        self.machine = machine
        self._excuse = excuse
        self._states: dict[tuple[JSON, ...], str] = {} if machine.key else {_KEYLESS: machine.start}

    def read(self, parsed: Parsed, parts: list[Part]) -> Iterator[tuple[str, Breach | None]]:
        """Advance by the parts of one event; yields each symbol, and the breach if the state does not allow it."""
        machine = self.machine
        for pointer, part in parts:
            symbol = _symbol(machine.symbol, part, parsed)
            if symbol in machine.alphabet:
                key = _key(machine, pointer, parsed.json) if machine.key else _KEYLESS
                yield symbol, self._step(key, symbol, pointer, parsed.event.number)

    def _step(self, key: tuple[JSON, ...], symbol: str, pointer: str, number: int) -> Breach | None:
        machine = self.machine
        state = self._states.get(key, machine.start)
        row = machine.states.get(state, {})
        if symbol in row:
            self._states[key] = row[symbol]
            return None
        self._states[key] = machine.only_targets.get(symbol, state) if row else state
        rule = _lookup((machine.refused or {}).get(state) or (machine.refused or {}).get("*"), symbol)
        if rule is None:
            return None
        allowed = _either(list(row)) if len(row) <= _MAX_NAMED else f"anything but {symbol}"
        return Breach(rule, f"{self._who(key)}{allowed} {self._phrase(state)}", symbol, Where(pointer, number))

    def finish(self, last: int) -> Iterator[Breach]:
        """Yield the breaches of states in which the stream must not end. `last` is the number of the last event."""
        for key, state in self._states.items():
            rule = _lookup(self.machine.unfinished, state)
            if state not in self.machine.accept and rule is not None:
                missing = _either(_closing(self.machine, state, self._excuse))
                expected = f"{self._who(key)}{missing} before the end of the stream"
                got = f"the stream ended {self._phrase(state)}; {missing} never came"
                yield Breach(rule, expected, got, Where(event=last))

    def _who(self, key: tuple[JSON, ...]) -> str:
        return f"{' '.join([self.machine.name, *map(str, key)])}: " if key else ""

    def _phrase(self, state: str) -> str:
        return self.machine.phrases.get(state, f"while {state}")


def _closing(machine: Machine, state: str, excuse: tuple[str, ...]) -> list[str]:
    """Return the symbols that lead to an accepted state, or else to another state; errors excepted."""
    row = {symbol: after for symbol, after in machine.states.get(state, {}).items() if symbol not in excuse}
    ending = [symbol for symbol, after in row.items() if after in machine.accept]
    return ending or [symbol for symbol, after in row.items() if after != state]


def _either(symbols: list[str]) -> str:
    *others, last = symbols or ["nothing more"]
    return f"{', '.join(others)} or {last}" if others else last


def _lookup(table: Mapping[str, str] | None, name: str) -> str | None:
    return None if table is None else table.get(name, table.get("*"))


@lru_cache(maxsize=4096)
def _key_pointers(of: str, key: tuple[str, ...], pointer: str) -> tuple[str, ...]:
    """Return the pointers of `key` for the part at `pointer`: each `*` gets its token in the part's pointer.

    For example, of="/choices/*", key=("/choices/*/index",) and pointer="/choices/2" give ("/choices/2/index",).
    """
    stars = [token for name, token in zip(tokens(of), tokens(pointer), strict=True) if name == "*"]
    return tuple(_fill_stars(template, iter(stars)) for template in key)


def _fill_stars(template: str, stars: Iterator[str]) -> str:
    return "".join(f"/{escape(next(stars) if name == '*' else name)}" for name in tokens(template))


def _key(machine: Machine, pointer: str, document: JSON) -> tuple[JSON, ...]:
    """Return the values of the key; lists and objects as text, because keys have to be hashable."""
    found = [get(document, at, object) for at in _key_pointers(machine.of, machine.key, pointer)]
    return tuple([str(value) if isinstance(value, (dict, list)) else value for value in found])


def _symbol(symbol: str | tuple[Guard, ...], part: JSON, parsed: Parsed) -> str:
    if isinstance(symbol, str):
        value = get(part, symbol, object)
        return value if isinstance(value, str) else ""
    for guard in symbol:
        if guard.matches(part, parsed):
            return guard.name
    return ""
