"""Keeps responses for later turns: retrieval, deletion, input items, `previous_response_id`, item references.

https://platform.openai.com/docs/guides/conversation-state
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from ..errors import Refused
from ..identity import fresh
from ..prompt import JSON

_PREFIXES = {"message": "msg_", "function_call": "fc_", "function_call_output": "fco_", "reasoning": "rs_",
             "custom_tool_call": "ctc_", "custom_tool_call_output": "ctco_"}  # fmt: skip


class Store:
    """Responses by id, the oldest forgotten beyond `limit`."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, tuple[JSON, list[JSON]]] = OrderedDict()

    def keep(self, response: JSON, history: Sequence[JSON]) -> None:
        """Keeps a response with all items that led to it."""
        self._kept[response["id"]] = (response, list(history))
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def response(self, id_: str) -> JSON:
        """A kept response; 404 without it."""
        return self._entry(id_)[0]

    def delete(self, id_: str) -> JSON:
        """Forgets a response; 404 without it."""
        self._entry(id_)
        del self._kept[id_]
        return {"id": id_, "object": "response", "deleted": True}

    def input_items(self, id_: str, query: Mapping[str, str]) -> JSON:
        """The items that led to a response, newest first unless `order=asc`; `limit` and `after` page through them."""
        items = list(self._entry(id_)[1])
        if query.get("order", "desc") != "asc":
            items.reverse()
        ids = [item["id"] for item in items]
        start = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
        page = items[start : start + _limit(query)]
        first, last = (page[0]["id"], page[-1]["id"]) if page else (None, None)
        more = start + len(page) < len(items)
        return {"object": "list", "data": page, "first_id": first, "last_id": last, "has_more": more}

    def resolved(self, body: JSON) -> list[JSON]:
        """All items of the request: those of the previous response, then its own, references followed."""
        asked = [] if body.get("input") is None else body["input"]
        items = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
        return [*self._previous(body.get("previous_response_id")), *(self._item(item) for item in items)]

    def _previous(self, id_: str | None) -> list[JSON]:
        if not id_:
            return []
        if id_ not in self._kept:
            raise Refused(f"There is no previous response with the id '{id_}'.", param="previous_response_id",
                          code="previous_response_not_found")  # fmt: skip
        response, history = self._kept[id_]
        return [*history, *response["output"]]

    def _item(self, item: JSON) -> JSON:
        kind = item.get("type") or "message"
        if kind == "item_reference":
            return self._referenced(item["id"])
        id_ = item.get("id") or fresh(_PREFIXES.get(kind, "item_"), 32)
        return _listed({**item, "id": id_, "type": kind})

    def _referenced(self, id_: str) -> JSON:
        for response, history in self._kept.values():
            for item in (*history, *response["output"]):
                if item["id"] == id_:
                    return item
        raise Refused(f"There is no item with the id '{id_}'; items of unstored responses are not kept.",
                      param="input", status=404)  # fmt: skip

    def _entry(self, id_: str) -> tuple[JSON, list[JSON]]:
        if id_ not in self._kept:
            raise Refused(f"There is no response with the id '{id_}'.", status=404)
        return self._kept[id_]


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", "20")
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise Refused("'limit' has to be an integer from 1 to 100.", param="limit", code="invalid_value")
    return int(text)


def _listed(item: JSON) -> JSON:
    """A message with its content as a list of parts and its status, as items are listed."""
    if item["type"] != "message":
        return item
    content, said = item["content"], item["role"] == "assistant"
    if isinstance(content, str):
        part = (
            {"type": "output_text", "text": content, "annotations": []}
            if said
            else {"type": "input_text", "text": content}
        )
        content = [part]
    return {"status": "completed", **item, "content": content}
