"""Endpoint families, as their folders below schemas/ describe them: endpoint, error envelope, schemas, grammar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from conformance.core import data_files
from conformance.protocol.stream_grammar import Grammar, load_grammar

MAIN = ("chat_completions", "responses", "messages")
"""The endpoints that a model answers."""

ELSEWHERE = "elsewhere"
"""The family for requests to paths or methods that are not an endpoint of any family."""

UNREACHABLE = "unreachable"
"""In place of the upstream's family: the upstream refuses connections."""


@dataclass(frozen=True, slots=True)
class Family:
    """An endpoint family, as its family.yaml describes it.

    `path` is relative to the base URL (which ends in /v1). `response`, `event`, `error` and `request` are paths of
    schema files below schemas/, or "" if the family has none. `envelope` names the vendor whose error shape it uses.
    `request_id` is the response header that the vendor's SDK reads. `credentials` are the accepted header forms.
    `beside` names the endpoints that it belongs to: a gateway with none of them does not need this one.
    """

    name: str
    title: str
    method: str
    path: str
    envelope: str
    request_id: str
    response: str
    error: str
    request: str = ""
    event: str = ""
    stream: Grammar | None = None
    credentials: tuple[str, ...] = ("bearer",)
    headers: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()


@cache
def load_family(name: str) -> Family:
    """Return the family of a folder below schemas/. Raises FileNotFoundError if it has no family.yaml."""
    entry: dict[str, Any] = dict(data_files.table(f"{name}/family.yaml"))
    stream = entry.pop("stream", "")
    files = {key: _path(name, entry.pop(key, "")) for key in ("response", "error", "request", "event")}
    return Family(
        name=name,
        stream=load_grammar(data_files.table(_path(name, stream))) if stream else None,
        credentials=tuple(entry.pop("credentials", ("bearer",))),
        beside=tuple(entry.pop("beside", ())),
        **{**files, **entry},
    )


@cache
def names() -> tuple[str, ...]:
    """Return the names of all families, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in data_files.folder("schemas").glob("*/family.yaml")))


def _path(folder: str, file: str) -> str:
    """Return a path below schemas/ for a file name in a family.yaml, which is relative to its folder."""
    if not file:
        return ""
    return file.removeprefix("../") if file.startswith("../") else f"{folder}/{file}"
