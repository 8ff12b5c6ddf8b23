"""Changes written as data: which function each word of the tables stands for.

A change is an object. Each of its members is a step, the first one nearest to the faithful gateway:
`{request: [{drop: /tools}], answer: [{put: [/id, null]}]}`. With `when`, the steps are for some requests only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from conformance.model import JSON
from conformance.reference.changes import answers, chat, chat_flows, flows, frames, replies, values, writes
from conformance.reference.changes.asked import FACTS, when
from conformance.reference.changes.change import Change, chain, on_request
from conformance.reference.changes.documents import Edit, all_of, at, drop, put, rename
from conformance.reference.changes.errors import as_openai
from conformance.reference.changes.flows import Flow, Where
from conformance.reference.changes.frames import Frame
from conformance.reference.changes.messages import on_calls, on_message, on_usage
from conformance.reference.changes.node import Node
from conformance.reference.changes.respelled import respelled
from conformance.reference.changes.responses import of_type, on_items, on_parts, on_response

# Edits of JSON: `{put: [/id, null]}`, `{drop: /id}`.

VALUES: Mapping[str, Callable[[JSON], JSON]] = {
    "text": values.text,
    "json_text": values.json_text,
    "first": values.first,
    "in_list": values.in_list,
    "shortened": values.shortened,
    "backwards": values.backwards,
    "doubled": values.doubled,
    "as_openai": as_openai,
}
"""What `convert` can make of a value."""

EDITS: Mapping[str, tuple[Callable[..., Edit], int]] = {
    "put": (put, 2),
    "replace": (partial(put, new=False), 2),
    "drop": (drop, 1),
    "rename": (rename, 2),
    "convert": (at, 2),
    "add": (values.add, 2),
    "prefix": (values.prefix, 2),
    "substitute": (values.substitute, 3),
}
"""The edits, and how many arguments each takes; the first is a JSON Pointer, and stands alone where it is the only one.

`put` sets a value, `replace` does so only where there is one.
"""


def edits(node: Node, root: str = "") -> list[Edit]:
    """A list of edits; their pointers begin at `root`."""
    return [_edit(each, root) for each in node.items()]


def edit(node: Node, root: str = "") -> Edit:
    """A list of edits as one."""
    made = edits(node, root)
    return made[0] if len(made) == 1 else all_of(*made)


def _edit(node: Node, root: str) -> Edit:
    (function, count), given = node.member(EDITS)
    arguments = [given] if count == 1 else given.items()
    if len(arguments) != count:
        raise given.wrong(f"{count} arguments are expected here, not {len(arguments)}")
    pointer, *rest = arguments
    if pointer.text()[:1] not in ("", "/"):
        raise pointer.wrong(f"a JSON Pointer begins with a slash, and {pointer.value!r} does not")
    if function is at:
        return at(root + pointer.text(), rest[0].choice(VALUES))
    return function(root + pointer.text(), *(each.value for each in rest))


# Events of a stream: which ones are picked, and what becomes of them.

EVENTS: Mapping[str, Where] = {
    "every": flows.EVERY,
    "json": flows.JSON_DATA,
    "done": flows.DONE,
    "role_only": chat.role_only,
    "words": chat.words,
    "second_choice": chat.second_choice,
    "later_fragment": chat.later_fragment,
}
"""Events that have a name of their own."""

FRAMES: Mapping[str, Callable[[Any], Frame]] = {
    "typed": frames.typed,
    "data": frames.event,
    "comment": frames.comment,
    "raw": lambda text: Frame(text.encode()),
}
"""How a new event is written: `typed` is JSON whose `type` is the event's name, `data` has no name."""

FLOWS: Mapping[str, Flow] = {
    "renumbered": flows.renumbered(),
    "cumulative": chat_flows.cumulative,
    "cumulative_arguments": chat_flows.cumulative_arguments,
    "repeated": chat_flows.repeated,
    "same_alternatives": chat_flows.same_alternatives,
}
"""Changes of whole streams that take no arguments."""


def picked(node: Node) -> tuple[Where, int | None]:
    """The events that a selector picks, and which one of them: `{type: ping, number: 2}`, `{having: /usage}`, `done`.

    Without a type, a pointer or a name, every event with JSON is picked.
    """
    if isinstance(node.value, str):
        return node.choice(EVENTS), None
    wheres: list[Where] = []
    number = None
    for key, given in node.members().items():
        if key == "number":
            number = int(given.number())
        elif key == "event":
            wheres.append(given.choice(EVENTS))
        elif key in ("type", "having"):
            wheres.append((flows.of if key == "type" else flows.having)(*_texts(given)))
        else:
            raise given.wrong(f"unknown key {key!r}; known are type, having, event, number")
    if not wheres:
        return flows.JSON_DATA, number
    return wheres[0] if len(wheres) == 1 else flows.both(*wheres), number


def _texts(node: Node) -> list[str]:
    return [node.text()] if isinstance(node.value, str) else [each.text() for each in node.items()]


def _frames(node: Node) -> list[Frame]:
    made = [each.member(FRAMES) for each in node.items()]
    return [function(given.value) for function, given in made]


def _events(function: Callable[..., Flow], where: Node, **more: Node) -> Flow:
    """A change of the events picked, which may need other events: `with`."""
    test, number = picked(where)
    others = _frames(more["with"]) if "with" in more else []
    return function(test, *others, number=number)


def _edited(where: Node, **more: Node) -> Flow:
    test, number = picked(where)
    return flows.edit(test, *edits(more["with"]), number=number)


def _named(where: Node, **more: Node) -> Flow:
    return flows.named(picked(where)[0], more["as"].text())


def _held(where: Node, until: Node | None = None) -> Flow:
    test, number = picked(where)
    return flows.hold(test, picked(until)[0] if until else flows.EVERY, number=number)


def _stopped(where: Node, cut: Node | None = None) -> Flow:
    test, number = picked(where)
    return flows.stop_after(test, number or 1, cut=bool(cut and cut.value))


def _paused(where: Node, seconds: Node) -> Flow:
    test, number = picked(where)
    return flows.pause(test, seconds.number(), number)


STEPS: Mapping[str, tuple[Callable[..., Flow], tuple[str, ...], tuple[str, ...]]] = {
    "edit": (_edited, ("with",), ()),
    "name": (_named, ("as",), ()),
    "lose": (partial(_events, flows.lose), (), ()),
    "double": (partial(_events, flows.double), (), ()),
    "exchange": (partial(_events, flows.exchange), ("with",), ()),
    "precede": (partial(_events, flows.precede), ("with",), ()),
    "follow": (partial(_events, flows.follow), ("with",), ()),
    "hold": (_held, (), ("until",)),
    "pause": (_paused, ("seconds",), ()),
    "stop_after": (_stopped, (), ("cut",)),
    "begin": (lambda others: flows.begin(*_frames(others)), (), ()),
    "end": (lambda others: flows.end(*_frames(others)), (), ()),
    "apart": (lambda pointer: flows.apart(pointer.text()), (), ()),
    "together": (lambda pointer, by: flows.together(pointer.text(), *_texts(by)), ("by",), ()),
}
"""Changes of single events. The word is followed by the events picked, then by what else it must and may have."""


def flow(node: Node) -> Flow:
    """One change of a stream: `{lose: {type: ping}}`, `{edit: {having: /usage}, with: [{drop: /usage}]}`."""
    if isinstance(node.value, str):
        return node.choice(FLOWS)
    (word, first), *rest = node.members().items() if node.value else [("", node)]
    function, required, optional = Node(word, first.path).choice(STEPS)
    more = dict(rest)
    for key, given in more.items():
        if key not in required + optional:
            raise given.wrong(f"unknown key {key!r} beside {word!r}")
    for key in required:
        if key not in more:
            raise node.wrong(f"{word!r} needs {key!r} beside it")
    return function(first, **more)


# Answers as a whole.

KINDS: Mapping[str, answers.Kind] = {
    "any": answers.ANY,
    "document": answers.DOCUMENT,
    "success": answers.SUCCESS,
    "error": answers.ERROR,
    "stream": answers.STREAM,
}
"""What `of` can name: the answers that a step is for."""

WRITES: Mapping[str, Callable[[Node], answers.Writes]] = {
    "pieces_of": lambda size: writes.pieces_of(int(size.number())),
    "blocks_of": lambda size: writes.blocks_of(int(size.number())),
    "cut_after": lambda size: writes.cut_after(int(size.number())),
    "late": lambda seconds: writes.late(seconds.number()),
    "lingering": lambda seconds: writes.lingering(seconds.number()),
    "in_one": lambda _true: writes.in_one,
}
"""Changes of how a body is written; sizes are in bytes, times in seconds."""


def _on_writes(node: Node) -> Change:
    members = node.members()
    of = members.pop("of").choice(KINDS) if "of" in members else answers.ANY
    made = [Node(word, given.path).choice(WRITES)(given) for word, given in members.items()]
    return answers.on_writes(*made, of=of)


def _called(function: Callable[..., Change], node: Node) -> Change:
    """A function called with the members of an object as its arguments."""
    arguments = {name: _argument(name, given) for name, given in node.members().items()}
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise node.wrong(f"{error}; the keys are {', '.join(inspect.signature(function).parameters)}") from error
    return function(**arguments)


def _argument(name: str, node: Node) -> Any:
    if name == "of":
        return node.choice(KINDS)
    return node.text().encode() if name == "body" else node.value


def _on_items(node: Node) -> Change:
    """Edits of output items by their type."""
    members = node.members()
    return on_items(lambda root: all_of(*(of_type(kind, root, edit(given)) for kind, given in members.items())))


def _respelled(node: Node) -> Change:
    return chain(*(respelled(own, new.text()) for own, new in node.members().items()))


CHANGES: Mapping[str, Callable[[Node], Change]] = {
    "request": lambda node: on_request(*edits(node)),
    "answer": lambda node: answers.on_json(*edits(node)),
    "error": lambda node: answers.on_error(*edits(node)),
    "everywhere": lambda node: flows.everywhere(*edits(node)),
    "message": lambda node: on_message(partial(edit, node)),
    "usage": lambda node: on_usage(partial(edit, node)),
    "calls": lambda node: on_calls(edit(node)),
    "response": lambda node: on_response(partial(edit, node)),
    "items": _on_items,
    "parts": lambda node: on_parts(partial(edit, node)),
    "stream": lambda node: flows.on_events(*map(flow, node.items())),
    "writes": _on_writes,
    "set_status": partial(_called, answers.set_status),
    "set_header": partial(_called, answers.set_header),
    "add_header": partial(_called, answers.add_header),
    "drop_header": partial(_called, answers.drop_header),
    "set_body": partial(_called, answers.set_body),
    "bare": partial(_called, writes.bare),
    "refuse": partial(_called, replies.refuse),
    "reply_json": partial(_called, replies.reply_json),
    "reply_bytes": partial(_called, replies.reply_bytes),
    "respelled": _respelled,
}
"""The steps of a change."""


def change(steps: Mapping[str, Node]) -> Change:
    """The change that steps make, in their order. Raises NodeError where one of them is no step or is wrong."""
    made = [Node(word, given.path).choice(CHANGES)(given) for word, given in steps.items() if word != "when"]
    whole = made[0] if len(made) == 1 else chain(*made)
    return when(whole, **_facts(steps["when"])) if "when" in steps else whole


def _facts(node: Node) -> dict[str, bool]:
    facts = node.members()
    for name, given in facts.items():
        Node(name, given.path).choice(FACTS)
    return {name: bool(given.value) for name, given in facts.items()}
