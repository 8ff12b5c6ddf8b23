"""Output items, events and ends that a prompt asks for, so that a run sees all that the API has.

Prompts ask in these words; `shown.yaml` has the items:

- "Show output items: web_search_call, citations." puts these items before the answer, `audio` its events;
- "Use web_search" does so with the items of a declared hosted tool, as does a `tool_choice` that forces it;
- "Show the end: content_filter." makes the response incomplete for this reason;
- "Show the failure: rate_limit_exceeded." makes it fail with this code;
- "Show the error event: server_error." ends a stream with an `error` event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.core import yaml_input

from .. import tokens
from ..identity import fresh
from ..prompt import JSON
from .rules import forces_hosted
from .tools import declared, kind

_ITEMS = re.compile(r"\bshow output items: *([a-z_]+(?:, *[a-z_]+)*)", re.IGNORECASE)
_END = re.compile(r"\bshow the (end|failure|error event): *([a-z_]+)", re.IGNORECASE)
_USE = re.compile(r"\buse ([a-z_]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """Names of items, a reason to be incomplete, the code of a failure, and that of an error event."""

    items: tuple[str, ...] = ()
    end: str = ""
    failure: str = ""
    error: str = ""


NOTHING = Shown()


def asked(body: JSON, question: str, used: int) -> Shown:
    """Returns the wishes of a request. `used` are the tokens of its prompt, which `context_management` may compact."""
    named = (name for names in _ITEMS.findall(question) for name in re.split(r", *", names))
    forced = [kind(body["tool_choice"]["type"])] if forces_hosted(body.get("tool_choice")) else []
    said = [name.lower() for name in _USE.findall(question)]
    tools = dict.fromkeys(kind(tool["type"]) for tool in declared(body))
    wanted = (item for tool in tools if tool in (*forced, *said) for item in _table()["tools"].get(tool, ()))
    ends = {what.lower(): code for what, code in _END.findall(question)}
    compacted = ["compaction"] if any(used >= limit for limit in _limits(body)) else []
    chosen = [*compacted, *wanted, *(name for name in named if name in names())]
    return Shown(tuple(chosen), ends.get("end", ""), ends.get("failure", ""), ends.get("error event", ""))


def names() -> list[str]:
    """All names that a prompt can ask for."""
    return [*_table()["items"], *_table()["asides"]]


def _limits(body: JSON) -> Iterator[int]:
    for each in body.get("context_management") or ():
        if each["type"] == "compaction" and each.get("compact_threshold"):
            yield each["compact_threshold"]


def items(names: Sequence[str]) -> list[JSON]:
    """The items with these names, done, with ids of their own."""
    made: dict[str, str] = {}
    return [_item(name, made) for name in names if name in _table()["items"]]


def _item(name: str, made: dict[str, str]) -> JSON:
    row = _table()["items"][name]
    members = {key: _renewed(value, made) for key, value in row["item"].items()}
    return {"id": fresh(row["id"], 48), "type": name, **members}


def _renewed(value: JSON, made: dict[str, str]) -> JSON:
    """An id with a random part; the same one for the same value."""
    if not (isinstance(value, str) and value.endswith("_")):
        return value
    return made.setdefault(value, fresh(value, 24))


def asides(names: Sequence[str]) -> Iterator[JSON]:
    """The events without an item."""
    for name in names:
        for row in _table()["asides"].get(name, ()):
            yield _event(row)


def opened(item: JSON) -> JSON:
    """An item when it is added."""
    begun = {"status": "in_progress"} if item.get("status") in ("completed", "failed") else {}
    return {**item, **begun, **_row(item).get("opened", {})}


def told(item: JSON) -> Iterator[JSON]:
    """The events of an item between those that add it and finish it, without `output_index`."""
    for row in _row(item).get("tells", ()):
        if isinstance(row, str):
            yield {"type": f"response.{row}", "item_id": item["id"]}
        elif "pieces" in row:
            text = item[row["of"]]
            for piece in tokens.split(text):
                yield {"type": f"response.{row['pieces']}.delta", "item_id": item["id"], "delta": piece}
            yield {"type": f"response.{row['pieces']}.done", "item_id": item["id"], row["of"]: text}
        else:
            yield _event(row) | ({} if "item_id" in row.get("bare", ()) else {"item_id": item["id"]})


def _event(row: Mapping[str, Any]) -> JSON:
    members = {name: value for name, value in row.items() if name not in ("event", "bare")}
    return {"type": f"response.{row['event']}", **members}


def _row(item: JSON) -> Mapping[str, Any]:
    """The row of an item: by its type, or by the events of its failure."""
    rows = _table()["items"]
    failed = f"{item['type']}_failed"
    row: Mapping[str, Any] = rows.get(failed if item.get("error") and failed in rows else item["type"], {})
    return row


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    table: Mapping[str, Mapping[str, Any]] = yaml_input.read_kept(Path(__file__).with_suffix(".yaml")).value
    return table
