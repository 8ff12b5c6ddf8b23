"""A change, and how changes are put together: `chain`, before the gateway, after it, or in its place."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import reduce

from conformance.reference.changes.documents import Edit, edited
from conformance.reference.gateway import Answer, Answering, Call

Change = Callable[[Answering], Answering]
"""Takes the gateway as it is, and gives it back as it shall be."""


def chain(*changes: Change) -> Change:
    """All the changes, the first nearest to the faithful gateway: it is the last to see the call."""
    return lambda answering: reduce(lambda inner, change: change(inner), changes, answering)


def on_call(edit: Callable[[Call], Call]) -> Change:
    """Changes the call before the gateway sees it."""

    def change(answering: Answering) -> Answering:
        return lambda call: answering(edit(call))

    return change


def on_request(*edits: Edit) -> Change:
    """Changes the JSON object of the call before the gateway sees it; other bodies stay as they are."""

    def edit(call: Call) -> Call:
        try:
            document = json.loads(call.body)
        except (ValueError, RecursionError):
            return call
        changed = isinstance(document, dict)
        return replace(call, body=json.dumps(edited(document, edits)).encode()) if changed else call

    return on_call(edit)


def on_answer(edit: Callable[[Call, Answer], Awaitable[Answer]]) -> Change:
    """Changes the answer after the gateway made it."""

    def change(answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            return await edit(call, await answering(call))

        return changed

    return change


def instead(reply: Callable[[Call], Answer]) -> Change:
    """Answers in the gateway's place."""

    def change(_answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            return reply(call)

        return changed

    return change
