"""Conversations: items that are kept under an id, to which every response of the conversation adds its own.

https://platform.openai.com/docs/api-reference/conversations
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from ..errors import Refused
from ..identity import fresh
from ..prompt import JSON
from ..validation import METADATA, array, nullable, obj, problems
from ..words import openai_refusal
from . import items
from .schema import ITEM

_CREATE = obj([], items=nullable(array(ITEM, maxItems=20)), metadata=METADATA)


class Conversations:
    """Conversations by id, with their items."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[JSON, list[JSON]]] = {}

    def create(self, body: JSON) -> JSON:
        """A new conversation with its first items; raises `Refused`."""
        for problem in problems(_CREATE, body):
            raise openai_refusal(problem)
        metadata = body.get("metadata") or {}
        id_, created = fresh("conv_", 48), int(time.time())
        head = {"id": id_, "object": "conversation", "created_at": created, "metadata": metadata}
        self._kept[id_] = head, [items.complete(item) for item in body.get("items") or []]
        return head

    def show(self, id_: str) -> JSON:
        """A conversation; 404 without it."""
        return self._entry(id_)[0]

    def delete(self, id_: str) -> JSON:
        """Forgets a conversation; 404 without it."""
        self._entry(id_)
        del self._kept[id_]
        return {"id": id_, "object": "conversation.deleted", "deleted": True}

    def items(self, id_: str, query: Mapping[str, str]) -> JSON:
        """The items of a conversation, page by page; 404 without it."""
        return items.page(self._entry(id_)[1], query)

    def history(self, body: JSON) -> list[JSON]:
        """The items of the conversation that a request belongs to; none where it belongs to none."""
        named = of(body)
        return list(self._entry(named["id"])[1]) if named else []

    def add(self, body: JSON, history: Sequence[JSON], output: Sequence[JSON]) -> None:
        """The conversation that a request belongs to goes on with its own items and what was answered."""
        if named := of(body):
            self._entry(named["id"])[1][:] = [*history, *output]

    def _entry(self, id_: str) -> tuple[JSON, list[JSON]]:
        if id_ not in self._kept:
            raise Refused(f"There is no conversation with the id '{id_}'.", param="conversation", status=404)
        return self._kept[id_]


def of(body: JSON) -> JSON:
    """The conversation that a request names, as its answer names it; None where it names none."""
    asked: JSON = body.get("conversation")
    return {"id": asked} if isinstance(asked, str) else asked or None
