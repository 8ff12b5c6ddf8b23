"""Items in the format in which they are stored and listed.

https://platform.openai.com/docs/api-reference/responses/input-items
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import Refused
from ..identity import fresh
from ..prompt import JSON

_PREFIXES = {"message": "msg_", "function_call": "fc_", "function_call_output": "fco_", "reasoning": "rs_",
             "custom_tool_call": "ctc_", "custom_tool_call_output": "ctco_"}  # fmt: skip


def of_input(asked: JSON) -> list[JSON]:
    """A request's `input`, which may be a string, as items."""
    given = [] if asked is None else asked
    return [{"role": "user", "content": given}] if isinstance(given, str) else list(given)


def complete(item: JSON) -> JSON:
    """An item with an id and a type; a message also with a status and its content as a list of parts."""
    kind = item.get("type") or "message"
    named = {**item, "id": item.get("id") or fresh(_PREFIXES.get(kind, "item_"), 32), "type": kind}
    return {"status": "completed", **named, "content": _parts(named)} if kind == "message" else named


def page(items: Sequence[JSON], query: Mapping[str, str]) -> JSON:
    """One page of items by `limit` and `after`; the newest first unless `order=asc`."""
    ordered = list(items) if query.get("order", "desc") == "asc" else list(reversed(items))
    ids = [item["id"] for item in ordered]
    start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    chosen = ordered[start : start + _limit(query)]
    first, last = (chosen[0]["id"], chosen[-1]["id"]) if chosen else (None, None)
    more = start + len(chosen) < len(ordered)
    return {"object": "list", "data": chosen, "first_id": first, "last_id": last, "has_more": more}


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "20")
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise Refused("'limit' has to be an integer from 1 to 100.", param="limit", code="invalid_value")
    return int(text)


def _parts(message: JSON) -> JSON:
    content = message["content"]
    if not isinstance(content, str):
        return content
    if message["role"] == "assistant":
        return [{"type": "output_text", "text": content, "annotations": []}]
    return [{"type": "input_text", "text": content}]
