"""Expands tests/doctor/tickets.yaml into tickets: one for each gateway and each family of a row."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from conformance.core.data_files import Loader
from conformance.doctor import intake, read
from conformance.doctor.intake import Case
from conformance.doctor.sdks import BY_NAME
from tests.support import shell_commands
from tests.support.stand_ins import KEYS

FOLDER = Path(__file__).parent
REFERENCE = "reference"
PATHS = {"chat_completions": "/chat/completions", "responses": "/responses", "messages": "/messages"}
_LACKS = {"chat_completions": "chat", "responses": "responses", "messages": "messages"}


@cache
def gateways() -> Mapping[str, Any]:
    return yaml.load((FOLDER / "gateways.yaml").read_text("utf-8"), Loader=Loader)


@cache
def _table() -> Mapping[str, Any]:
    return yaml.load((FOLDER / "tickets.yaml").read_text("utf-8"), Loader=Loader)


@dataclass(frozen=True)
class Labelled:
    """A ticket of the table. `number` makes the shells take turns."""

    id: str
    gateway: str
    family: str
    cause: str
    row: Mapping[str, Any]
    number: int

    @property
    def models(self) -> list[str]:
        told = gateways().get(self.gateway)
        return list(told["models"]) if told else ["reference-large", "reference-mini"]

    @property
    def model(self) -> str:
        first = self.models[0]
        changed = {
            "capitals": first.swapcase(),
            "prefix": f"other/{first.rpartition('/')[2]}",
            "typo": first[:-2] + first[-1] + first[-2] if first[-1] != first[-2] else first + "x",
            "space": f"{first} ",
        }
        return str(self.row.get("model") or changed.get(self.row.get("spelled", ""), first))

    @property
    def state(self) -> str:
        return str(self.row.get("key", "good"))

    def key(self, good: str) -> str:
        """The key; the reference gateway has a good one only."""
        if self.gateway == REFERENCE:
            return good if self.state == "good" else KEYS[self.state]
        return KEYS[self.state]


def failing() -> list[Labelled]:
    return list(_expanded(_table()["failing"]))


def healthy() -> list[Labelled]:
    return list(_expanded([{**row, "cause": "healthy"} for row in _table()["healthy"]]))


def _expanded(rows: list[Mapping[str, Any]]) -> Iterator[Labelled]:
    number = 0
    for row in rows:
        names = list(gateways()) if row["gateways"] == "all" else row["gateways"]
        for name in names:
            for family in row.get("family") or [_first(name)]:
                number += 1
                families = f"-{family}" if len(row.get("family", [])) > 1 else ""
                yield Labelled(f"{row['id']}{families}-{name}", name, family, row["cause"], row, number)


def _first(name: str) -> str:
    lacks = gateways().get(name, {}).get("lacks", [])
    return next(family for family in PATHS if _LACKS[family] not in lacks)


def case(ticket: Labelled, origin: str, good_key: str) -> Case:
    """The ticket as the doctor reads it, against a gateway at `origin`."""
    row, key = ticket.row, ticket.key(good_key)
    text = _text(ticket, origin, key)
    found = read.read(text) if text is not None else read.NOTHING
    base = _base(ticket, origin) if row.get("form") in ("json", "error", "nothing") else ""
    model = ticket.model if row.get("form") == "nothing" else ""
    in_environment = "" if row.get("pasted") else key
    return intake.case(found, intake.Options(base, model, BY_NAME.get(row.get("client", "")), "", in_environment))


def _text(ticket: Labelled, origin: str, key: str) -> str | None:
    row = ticket.row
    form = row.get("form", "curl")
    if form == "nothing":
        return None
    if form == "error":
        return str(row["text"])
    if "raw" in row:
        return str(row["raw"]).replace("$model", ticket.model)
    body = _body(ticket)
    text = None if body is None else json.dumps(body, ensure_ascii=ticket.number % 2 == 0)
    if form == "json":
        return text
    method, url = row.get("method", "POST"), _url(ticket, origin)
    headers = [*_headers(ticket), *_credentials(ticket, key)]
    if form == "har":
        return shell_commands.har(method, url, headers, text)
    if form == "wrapped":
        return json.dumps({"method": method, "url": url, "headers": dict(headers), "body": body})
    shell = row.get("shell", shell_commands.SHELLS[ticket.number % len(shell_commands.SHELLS)])
    if shell == "bash-in-cmd":
        return (
            shell_commands.command("bash-single", method, url, headers, text)
            .replace(" \\\n", " ^\n")
            .replace("'\\''", "")
        )
    if shell == "double-in-double":
        given = shell_commands.command("bash-single", method, url, headers, None)
        return (
            f'{given} \\\n -d "{json.dumps({"model": ticket.model, "messages": [{"role": "user", "content": "Hi"}]})}"'
        )
    return shell_commands.command(shell, method, url, headers, text)


def _body(ticket: Labelled) -> Any:
    row = ticket.row
    given = row.get("body", ticket.family)
    bodies = _table()["bodies"]
    if given == "chat_completions":
        given = "chat"
    body = bodies[given] if isinstance(given, str) else given
    if body is None:
        return None
    filled = json.loads(json.dumps(copy.deepcopy(body)).replace('"$model"', json.dumps(ticket.model)))
    return {**filled, **row.get("body-with", {})}


def _root(ticket: Labelled) -> str:
    told = gateways().get(ticket.gateway)
    return str(told.get("roots", ["/v1"])[0]) if told else "/v1"


def _url(ticket: Labelled, origin: str) -> str:
    row = ticket.row
    if row.get("scheme") == "https":
        origin = origin.replace("http:", "https:")
    if "path" in row:
        return f"{origin}{row['path']}"
    return f"{_base(ticket, origin)}{PATHS[ticket.family]}"


def _base(ticket: Labelled, origin: str) -> str:
    root, path = f"{origin}{_root(ticket)}", PATHS.get(ticket.family, "")
    return {
        "v1": root,
        "root": root.removesuffix("/v1"),
        "doubled": f"{root}/v1",
        "endpoint": f"{root}{path}",
        "query": f"{root}?api-version=1",
    }[ticket.row.get("at", "v1")]


def _headers(ticket: Labelled) -> list[tuple[str, str]]:
    own = {"Content-Type": "application/json"}
    if ticket.family in ("messages", "count_tokens"):
        own["anthropic-version"] = "2023-06-01"
    for name, value in ticket.row.get("headers", {}).items():
        own = {key: held for key, held in own.items() if key.lower() != name}
        if value is not None:
            own[name] = value
    return list(own.items())


def _credentials(ticket: Labelled, key: str) -> list[tuple[str, str]]:
    given = key if ticket.row.get("pasted") else ("$OPENAI_API_KEY", "sk-...", "YOUR_API_KEY")[ticket.number % 3]
    return {
        "bearer": [("Authorization", f"Bearer {given}")],
        "x-api-key": [("x-api-key", given)],
        "none": [],
        "bare": [("Authorization", given)],
        "basic": [("Authorization", f"Basic {given}")],
        "azure": [("api-key", given)],
        "empty": [("Authorization", "Bearer ")],
        "twice": [("Authorization", f"Bearer Bearer {given}")],
    }[ticket.row.get("auth", "bearer")]
