"""The script of an upstream: what to answer to the requests with one token, in order.

The form is that of `upstream:` in a case file; `schemas/case.schema.json` describes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = Any


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer.

    Without `reply` and `status`, the scripted model answers. `reply` is the content in the terms of no family: text,
    calls, stop, usage; `stream` says whether it is a stream, if not as the request asks. `error` is an error in
    the family's envelope: message, code and type, with `status`. `status`, `headers`, `json`, `text` and `events` make
    an answer by hand. Events of the types in `lose` are left out. `vary` are ids of faults and variations of the
    reference gateway that are applied to it. `write` says how it is written, `fail` how it breaks off.
    """

    reply: Mapping[str, JSON] | None = None
    stream: bool | None = None
    status: int | None = None
    headers: Mapping[str, JSON] = field(default_factory=dict)
    error: Mapping[str, JSON] | None = None
    json: JSON = None
    text: str | None = None
    events: tuple[JSON, ...] = ()
    lose: tuple[str, ...] = ()
    vary: tuple[str, ...] = ()
    write: Mapping[str, JSON] = field(default_factory=dict)
    fail: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def is_by_hand(self) -> bool:
        """Whether the script gives the whole body."""
        given = (self.status, self.error, self.json, self.text)
        return any(value is not None for value in given) or bool(self.events)


def parse(document: Mapping[str, JSON], family: str) -> tuple[Scripted, ...]:
    """The answers of a script for requests that arrive in a family. Raises ValueError for an unknown member.

    An answer may have parts for one family only, as `by_family: {messages: {...}}`; they replace the others.
    """
    answers = [_scripted(answer, family) for answer in document.get("answers") or [{}]]
    return tuple(answers)


def _scripted(answer: Mapping[str, JSON], family: str) -> Scripted:
    members = {key: value for key, value in answer.items() if key != "by_family"}
    members |= answer.get("by_family", {}).get(family, {})
    for name in ("events", "lose", "vary"):
        if name in members:
            members[name] = tuple(members[name])
    try:
        return Scripted(**members)
    except TypeError as error:
        raise ValueError(f"this answer of a script cannot be read: {error}") from None
