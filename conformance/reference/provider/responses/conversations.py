"""Conversations: stored items, to which every response of the conversation adds its own.

https://platform.openai.com/docs/api-reference/conversations
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from ..error_messages import openai_refusal
from ..errors import Refused
from ..identity import fresh
from ..prompt import JSON
from ..validation import METADATA, array, nullable, obj, problems
from . import items
from .schema import ITEM

_CREATE = obj([], items=nullable(array(ITEM, maxItems=20)), metadata=METADATA)


class Conversations:
    """Conversations by id, with their items."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[JSON, list[JSON]]] = {}

    def create(self, body: JSON) -> JSON:
        """Creates a conversation with its first items. Raises `Refused`."""
        for problem in problems(_CREATE, body):
            raise openai_refusal(problem)
        metadata = body.get("metadata") or {}
        id_, created = fresh("conv_", 48), int(time.time())
        head = {"id": id_, "object": "conversation", "created_at": created, "metadata": metadata}
        self._kept[id_] = head, [items.complete(item) for item in body.get("items") or []]
        return head

    def show(self, id_: str) -> JSON:
        """A conversation. Raises `Refused` with 404 if the id is unknown."""
        return self._entry(id_)[0]

    def delete(self, id_: str) -> JSON:
        """Deletes a conversation. Raises `Refused` with 404 if the id is unknown."""
        self._entry(id_)
        del self._kept[id_]
        return {"id": id_, "object": "conversation.deleted", "deleted": True}

    def items(self, id_: str, query: Mapping[str, str]) -> JSON:
        """One page of a conversation's items. Raises `Refused` with 404 if there is no such conversation."""
        return items.page(self._entry(id_)[1], query)

    def history(self, body: JSON) -> list[JSON]:
        """The items of the request's conversation; empty if it names none."""
        named = of(body)
        return list(self._entry(named["id"])[1]) if named else []

    def add(self, body: JSON, history: Sequence[JSON], output: Sequence[JSON]) -> None:
        """Adds the request's items and the output to the request's conversation, if it names one."""
        if named := of(body):
            self._entry(named["id"])[1][:] = [*history, *output]

    def _entry(self, id_: str) -> tuple[JSON, list[JSON]]:
        if id_ not in self._kept:
            raise Refused(f"There is no conversation with the id '{id_}'.", param="conversation", status=404)
        return self._kept[id_]


def of(body: JSON) -> JSON:
    """The conversation that a request names, in the format of the response; None if it names none."""
    asked: JSON = body.get("conversation")
    return {"id": asked} if isinstance(asked, str) else asked or None
