"""The type of changes, and how to build them: in a chain, before the gateway, after it, or instead of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import reduce

from conformance.core.bounded_json import read_object
from conformance.reference.changes.documents import Edit, edited
from conformance.reference.gateway import Answer, Answering, Call

Change = Callable[[Answering], Answering]
"""Takes a gateway and returns the changed one."""


def chain(*changes: Change) -> Change:
    """All the changes; the first one is nearest to the faithful gateway, so it sees the call last."""
    return lambda answering: reduce(lambda inner, change: change(inner), changes, answering)


def on_call(edit: Callable[[Call], Call]) -> Change:
    """Edits the call before the gateway gets it."""

    def change(answering: Answering) -> Answering:
        return lambda call: answering(edit(call))

    return change


def on_request(*edits: Edit) -> Change:
    """Edits the JSON object of the call before the gateway sees it; other bodies are not changed."""

    def edit(call: Call) -> Call:
        document = read_object(call.body)
        return call if document is None else replace(call, body=json.dumps(edited(document, edits)).encode())

    return on_call(edit)


def on_translated(*edits: Edit) -> Change:
    """Edits the body that goes up after its translation for an upstream of another family."""
    return on_call(lambda call: replace(call, translated=lambda body: edited(call.translated(body), edits)))


def on_answer(edit: Callable[[Call, Answer], Awaitable[Answer]]) -> Change:
    """Changes the gateway's answer."""

    def change(answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            return await edit(call, await answering(call))

        return changed

    return change


def instead(reply: Callable[[Call], Answer]) -> Change:
    """Answers instead of the gateway."""

    def change(_answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            return reply(call)

        return changed

    return change
