"""Stores responses: retrieval, deletion, input items, `previous_response_id`, item references.

https://platform.openai.com/docs/guides/conversation-state, https://platform.openai.com/docs/guides/background
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import Refused
from ..prompt import JSON
from . import items
from .conversations import Conversations

WORKING_SECONDS = 0.3
"""How long a background response is in progress: long enough to be polled and cancelled."""


@dataclass(slots=True)
class _Kept:
    """A finished response, its input items, and the unfinished response to return until `due` (monotonic seconds).

    `frames` are the events of a response that was streamed in the background.
    """

    response: JSON
    history: list[JSON]
    working: JSON = None
    due: float = 0.0
    frames: Sequence[bytes] = ()

    def now(self) -> JSON:
        return self.working if time.monotonic() < self.due else self.response


class Store:
    """Responses by id, and conversations; beyond `limit`, the oldest response is dropped."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.conversations = Conversations()

    def keep(self, response: JSON, history: Sequence[JSON], working: JSON = None, frames: Sequence[bytes] = ()) -> None:
        """Stores a response with its input items; `working` is returned while a background response is in progress."""
        due = time.monotonic() + WORKING_SECONDS if working else 0.0
        self._kept[response["id"]] = _Kept(response, list(history), working, due, frames)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def response(self, id_: str) -> JSON:
        """A stored response. Raises `Refused` with 404 if the id is unknown."""
        return self._entry(id_).now()

    def resumed(self, id_: str, query: Mapping[str, str]) -> Sequence[bytes]:
        """The events of a background response after the number `starting_after`. Raises `Refused` for others."""
        frames, after = self._entry(id_).frames, query.get("starting_after", "-1")
        if not frames:
            raise Refused("Only background responses can be streamed again.", param="stream")
        if not after.removeprefix("-").isdecimal():
            raise Refused("'starting_after' has to be an integer.", param="starting_after", code="invalid_type")
        return frames[int(after) + 1 :]

    def delete(self, id_: str) -> JSON:
        """Deletes a response. Raises `Refused` with 404 if the id is unknown."""
        self._entry(id_)
        del self._kept[id_]
        return {"id": id_, "object": "response", "deleted": True}

    def cancel(self, id_: str) -> JSON:
        """Cancels a background response; a finished one stays unchanged. Raises `Refused` for other responses."""
        kept = self._entry(id_)
        if kept.working is None:
            raise Refused("Only responses with 'background' set to true can be cancelled.")
        if kept.now() is kept.working:
            kept.response, kept.due = {**kept.working, "status": "cancelled"}, 0.0
        return kept.now()

    def input_items(self, id_: str, query: Mapping[str, str]) -> JSON:
        """One page of a response's input items."""
        return items.page(self._entry(id_).history, query)

    def resolved(self, body: JSON) -> list[JSON]:
        """All items of a request: those of earlier turns, then its own, with references resolved."""
        own = [self._item(item) for item in items.of_input(body.get("input"))]
        return [*self._previous(body.get("previous_response_id")), *self.conversations.history(body), *own]

    def _previous(self, id_: str | None) -> list[JSON]:
        if not id_:
            return []
        if id_ not in self._kept:
            raise Refused(f"There is no previous response with the id '{id_}'.", param="previous_response_id",
                          code="previous_response_not_found")  # fmt: skip
        kept = self._kept[id_]
        return [*kept.history, *kept.response["output"]]

    def _item(self, item: JSON) -> JSON:
        return self._referenced(item["id"]) if item.get("type") == "item_reference" else items.complete(item)

    def _referenced(self, id_: str) -> JSON:
        for kept in self._kept.values():
            for item in (*kept.history, *kept.response["output"]):
                if item["id"] == id_:
                    return item
        raise Refused(f"There is no item with the id '{id_}'; items of unstored responses are not kept.",
                      param="input", status=404)  # fmt: skip

    def _entry(self, id_: str) -> _Kept:
        if id_ not in self._kept:
            raise Refused(f"There is no response with the id '{id_}'.", status=404)
        return self._kept[id_]
