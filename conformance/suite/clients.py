"""The clients that people use, and what each of them needs from a gateway: the files in clients/.

A need is a set of cases, whose requests are like the client's, and the rules that the client depends on in the answers.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from conformance.core import data_files, globs, yaml_input
from conformance.core.model import JSON
from conformance.core.yaml_input import Document, InputError, read_kept
from conformance.protocol import rulebook

Without = Literal["stops", "degrades", "recovers"]
"""The effect of an unmet need: the user gets no answer or a wrong one, loses a feature, or loses only time."""

GROUPS = "_rules.yaml"
"""The file with the lists of rules that several clients share."""


@dataclass(frozen=True, slots=True)
class Need:
    """A feature of the gateway that a client depends on. `cases` are globs of ids, `rules` ids.

    `fallback` are globs of the cases like the requests that the client sends instead when it notices a broken answer.
    `verified` is the date on which `sentence`, which says what happens without it, was verified last. `place` is the
    `file:line` of the need, for messages.
    """

    id: str
    title: str
    without: Without
    sentence: str
    cases: tuple[str, ...]
    rules: frozenset[str]
    source: str
    verified: str
    measured: bool
    fallback: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A client: its id (the name of its file), the versions that were tried, and how it is told to use a gateway."""

    id: str
    name: str
    versions: str
    setup: str
    source: str
    needs: tuple[Need, ...]

    @property
    def cases(self) -> tuple[str, ...]:
        """The globs of the cases of all needs."""
        return tuple(glob for need in self.needs for glob in (*need.cases, *need.fallback))

    def sends(self, case: str) -> bool:
        """Whether any need of the client has a case."""
        return globs.any_fits(self.cases, case)


def load_clients(folder: Path | None = None) -> tuple[Client, ...]:
    """Return the clients of a folder, in the order of their names; by default those of the suite. Raises InputError."""
    return _load(folder or data_files.folder("clients"))


@cache
def _load(folder: Path) -> tuple[Client, ...]:
    groups = _groups(folder)
    files = [path for path in sorted(folder.glob("*.yaml")) if not path.name.startswith("_")]
    if not files:
        raise InputError(f"{yaml_input.display(folder)}: the folder has no clients; use one with a .yaml file for each")
    return tuple(sorted((_client(path, groups) for path in files), key=lambda client: client.name.lower()))


def named(clients: Sequence[Client], ids: Iterable[str]) -> tuple[Client, ...]:
    """Return the clients with these ids, in their own order. Raises InputError for an unknown one."""
    known = {client.id for client in clients}
    wanted = list(ids)
    for id_ in wanted:
        if id_ not in known:
            near = difflib.get_close_matches(id_, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "`gateway-conformance clients` lists them"
            raise InputError(f"there is no client {id_!r}; {hint}")
    return tuple(client for client in clients if client.id in wanted)


def check_cases(clients: Iterable[Client], ids: globs.Ids) -> None:
    """Refuse a glob that matches none of these case ids, which is a misspelled or an old one. Raises InputError."""
    for client in clients:
        for need in client.needs:
            for glob in (*need.cases, *need.fallback):
                if not ids.that_fit([glob]):
                    raise InputError(f"{need.place}: no case matches {glob!r}; `gateway-conformance cases` lists them")


def _groups(folder: Path) -> Mapping[str, frozenset[str]]:
    """The shared lists of rules by name."""
    path = folder / GROUPS
    if not path.is_file():
        return {}
    document = read_kept(path, "client_rules.schema.json")
    groups: dict[str, frozenset[str]] = {}
    for name, listed in document.value.items():
        groups[name] = _rules(listed, groups, document, (name,))
    return groups


def _client(path: Path, groups: Mapping[str, frozenset[str]]) -> Client:
    document = read_kept(path, "client.schema.json")
    value = document.value
    return Client(
        path.stem, value["name"], value["versions"], value["setup"], value["source"], tuple(_needs(document, groups))
    )


def _needs(document: Document, groups: Mapping[str, frozenset[str]]) -> Iterator[Need]:
    seen: dict[str, str] = {}
    for index, entry in enumerate(document.value["needs"]):
        place = document.at("needs", index)
        if entry["id"] in seen:
            raise InputError(f"{place}: the need {entry['id']} is already at {seen[entry['id']]}; give it another id")
        seen[entry["id"]] = place
        rules = _rules(entry["rules"], groups, document, ("needs", index, "rules"))
        yield _need(entry, rules, place)


def _need(entry: JSON, rules: frozenset[str], place: str) -> Need:
    return Need(
        id=entry["id"],
        title=entry["title"],
        without=entry["without"],
        sentence=entry["sentence"],
        cases=tuple(entry["cases"]),
        rules=rules,
        source=entry["source"],
        verified=entry["verified"],
        measured=entry["measured"],
        fallback=tuple(entry.get("fallback", ())),
        place=place,
    )


def _rules(
    listed: Sequence[str], groups: Mapping[str, frozenset[str]], document: Document, path: tuple[str | int, ...]
) -> frozenset[str]:
    """The rules of a list: each entry adds some, or takes some away with `!` before it. Raises InputError."""
    found: frozenset[str] = frozenset()
    for index, entry in enumerate(listed):
        meant = _meant(entry.removeprefix("!"), groups, document.at(*path, index))
        found = found - meant if entry.startswith("!") else found | meant
    return found


def _meant(entry: str, groups: Mapping[str, frozenset[str]], place: str) -> frozenset[str]:
    if entry.startswith("$"):
        if entry[1:] not in groups:
            known = ", ".join(groups) or "none"
            raise InputError(f"{place}: there is no list {entry!r} in {GROUPS} before it; known lists: {known}")
        return groups[entry[1:]]
    found = frozenset(_rule_ids().that_fit([entry]))
    if not found:
        raise InputError(f"{place}: no rule matches {entry!r}; `gateway-conformance rules` lists them")
    return found


@cache
def _rule_ids() -> globs.Ids:
    return globs.Ids(rulebook.rules())
