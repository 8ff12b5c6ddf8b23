"""Words for the steps of a change: `{request: [{drop: /tools}], answer: [{put: [/id, null]}]}`.

The first step is nearest to the faithful gateway. `when` is not a step: it limits the steps to some requests.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from conformance.reference.changes import answers, flows, replies, writes
from conformance.reference.changes.asked import FACTS, when
from conformance.reference.changes.change import Change, chain, on_request, on_translated
from conformance.reference.changes.documents import all_of
from conformance.reference.changes.messages import on_calls, on_message, on_usage
from conformance.reference.changes.respelled import respelled
from conformance.reference.changes.responses import of_type, on_items, on_parts, on_response
from conformance.reference.vocabulary.edits import edit, edits
from conformance.reference.vocabulary.node import Node
from conformance.reference.vocabulary.streams import flow

KINDS: Mapping[str, answers.Kind] = {
    "any": answers.ANY,
    "document": answers.DOCUMENT,
    "success": answers.SUCCESS,
    "error": answers.ERROR,
    "stream": answers.STREAM,
}
"""The words for `of`: the answers that a step is for."""

WRITES: Mapping[str, Callable[[Node], answers.Writes]] = {
    "pieces_of": lambda size: writes.pieces_of(int(size.number())),
    "blocks_of": lambda size: writes.blocks_of(int(size.number())),
    "cut_after": lambda size: writes.cut_after(int(size.number())),
    "late": lambda seconds: writes.late(seconds.number()),
    "lingering": lambda seconds: writes.lingering(seconds.number()),
    "in_one": lambda _true: writes.in_one,
}
"""How a body is written; sizes are in bytes, times in seconds."""


def change(steps: Mapping[str, Node]) -> Change:
    """The change that these steps make. Raises NodeError."""
    made = [Node(word, given.path).choice(STEPS)(given) for word, given in steps.items() if word != "when"]
    whole = made[0] if len(made) == 1 else chain(*made)
    return when(whole, **_facts(steps["when"])) if "when" in steps else whole


def _facts(node: Node) -> dict[str, bool]:
    facts = node.members()
    for name, given in facts.items():
        Node(name, given.path).choice(FACTS)
    return {name: bool(given.value) for name, given in facts.items()}


def _called(function: Callable[..., Change], node: Node) -> Change:
    """Calls the function with the members of an object as its arguments."""
    arguments = {name: _argument(name, given) for name, given in node.members().items()}
    parameters = inspect.signature(function)
    try:
        parameters.bind(**arguments)
    except TypeError as error:
        raise node.wrong(f"{error}; the keys are {', '.join(parameters.parameters)}") from error
    return function(**arguments)


def _argument(name: str, node: Node) -> Any:
    if name == "of":
        return node.choice(KINDS)
    return node.text().encode() if name == "body" else node.value


def _on_items(node: Node) -> Change:
    """Edits of output items, by the type of the item."""
    kinds = node.members()
    return on_items(lambda root: all_of(*(of_type(kind, root, edit(given)) for kind, given in kinds.items())))


def _on_writes(node: Node) -> Change:
    members = node.members()
    of = members.pop("of").choice(KINDS) if "of" in members else answers.ANY
    made = [Node(word, given.path).choice(WRITES)(given) for word, given in members.items()]
    return answers.on_writes(*made, of=of)


def _respelled(node: Node) -> Change:
    """New prefixes of ids, by the prefix that the provider uses."""
    return chain(*(respelled(own, new.text()) for own, new in node.members().items()))


STEPS: Mapping[str, Callable[[Node], Change]] = {
    # Edits of JSON: in the request, in answers, and in what answers and streams have in common.
    "request": lambda node: on_request(*edits(node)),
    "answer": lambda node: answers.on_json(*edits(node)),
    "error": lambda node: answers.on_error(*edits(node)),
    "translated": lambda node: on_translated(*edits(node)),
    "everywhere": lambda node: flows.everywhere(*edits(node)),
    "message": lambda node: on_message(partial(edit, node)),
    "usage": lambda node: on_usage(partial(edit, node)),
    "calls": lambda node: on_calls(edit(node)),
    "response": lambda node: on_response(partial(edit, node)),
    "items": _on_items,
    "parts": lambda node: on_parts(partial(edit, node)),
    # Streams and writes.
    "stream": lambda node: flows.on_events(*map(flow, node.items())),
    "writes": _on_writes,
    # Status, headers and body; the keys are the arguments of the function.
    "set_status": partial(_called, answers.set_status),
    "set_header": partial(_called, answers.set_header),
    "add_header": partial(_called, answers.add_header),
    "drop_header": partial(_called, answers.drop_header),
    "set_body": partial(_called, answers.set_body),
    "bare": partial(_called, writes.bare),
    # Answers in the gateway's place.
    "refuse": partial(_called, replies.refuse),
    "reply_json": partial(_called, replies.reply_json),
    "reply_bytes": partial(_called, replies.reply_bytes),
    # Other ids.
    "respelled": _respelled,
}
"""The steps."""
