"""Words for changes of streams: which events are picked, and what happens to them.

`{lose: {type: ping}}`, `{edit: {having: /usage}, with: [{drop: /usage}]}`, `{hold: {type: ping}, until: done}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from conformance.core.model import JSON
from conformance.reference.changes import chat, chat_flows, flows, frames
from conformance.reference.changes.flows import Flow, Where
from conformance.reference.changes.frames import Frame
from conformance.reference.vocabulary.edits import edits
from conformance.reference.vocabulary.node import Node

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

FRAMES: Mapping[str, Callable[[Node], Frame]] = {
    "typed": lambda node: frames.typed(_with_type(node)),
    "data": lambda node: frames.event(node.value),
    "comment": lambda node: frames.comment(node.text()),
    "raw": lambda node: Frame(node.text().encode()),
}
"""How a new event is written: `typed` is JSON whose `type` is the event's name, `data` has no name."""

WHOLE: Mapping[str, Flow] = {
    "renumbered": flows.renumbered(),
    "cumulative_arguments": chat_flows.cumulative_arguments,
    "repeated": chat_flows.repeated,
    "same_alternatives": chat_flows.same_alternatives,
}
"""Changes of whole streams; they are a word alone."""


def flow(node: Node) -> Flow:
    """One change of a stream. Raises NodeError."""
    if isinstance(node.value, str):
        return node.choice(WHOLE)
    members = node.members()
    word = next((word for word in members if word in FLOWS), None)
    if word is None:
        raise node.wrong(f"a change of a stream is expected here: {', '.join([*FLOWS, *WHOLE])}")
    function, required, optional = FLOWS[word]
    first = members.pop(word)
    for key, given in members.items():
        if key not in required + optional:
            raise given.wrong(f"unknown key {key!r} beside {word!r}")
    for key in required:
        if key not in members:
            raise node.wrong(f"{word!r} needs {key!r} beside it")
    return function(first, **members)


def picked(node: Node) -> tuple[Where, int | None]:
    """The events that a selector picks, and the number of the only one: `{type: ping, number: 2}`, `done`.

    A selector without type, pointer and name picks every event with JSON. Raises NodeError.
    """
    if isinstance(node.value, str):
        return node.choice(EVENTS), None
    tests: list[Where] = []
    number = None
    for key, given in node.members().items():
        if key == "number":
            number = int(given.number())
        elif key == "event":
            tests.append(given.choice(EVENTS))
        elif key == "type":
            tests.append(flows.of(*given.texts()))
        elif key == "having":
            tests.append(flows.having(*given.texts()))
        else:
            raise given.wrong(f"unknown key {key!r}; known are type, having, event, number")
    if not tests:
        return flows.JSON_DATA, number
    return tests[0] if len(tests) == 1 else flows.both(*tests), number


def _frames(node: Node) -> list[Frame]:
    return [function(given) for function, given in (each.member(FRAMES) for each in node.items())]


def _with_type(node: Node) -> dict[str, JSON]:
    if "type" not in node.members():
        raise node.wrong("a typed event needs a `type`")
    return dict(node.value)


def _changed(function: Callable[..., Flow], where: Node, **more: Node) -> Flow:
    test, number = picked(where)
    return function(test, *(_frames(more["with"]) if "with" in more else ()), number=number)


def _edited(where: Node, **more: Node) -> Flow:
    test, number = picked(where)
    return flows.edit(test, *edits(more["with"]), number=number)


def _named(where: Node, **more: Node) -> Flow:
    return flows.named(picked(where)[0], more["as"].text())


def _held(where: Node, until: Node | None = None) -> Flow:
    test, number = picked(where)
    return flows.hold(test, picked(until)[0] if until else flows.EVERY, number=number)


def _paused(where: Node, seconds: Node) -> Flow:
    test, number = picked(where)
    return flows.pause(test, seconds.number(), number)


def _stopped(where: Node, cut: Node | None = None) -> Flow:
    test, number = picked(where)
    return flows.stop_after(test, number or 1, cut=bool(cut and cut.value))


def _together(pointer: Node, by: Node | None = None) -> Flow:
    return flows.together(pointer.text(), *(by.texts() if by else ()))


FLOWS: Mapping[str, tuple[Callable[..., Flow], tuple[str, ...], tuple[str, ...]]] = {
    "edit": (_edited, ("with",), ()),
    "lose": (partial(_changed, flows.lose), (), ()),
    "double": (partial(_changed, flows.double), (), ()),
    "exchange": (partial(_changed, flows.exchange), ("with",), ()),
    "precede": (partial(_changed, flows.precede), ("with",), ()),
    "follow": (partial(_changed, flows.follow), ("with",), ()),
    "name": (_named, ("as",), ()),
    "hold": (_held, (), ("until",)),
    "pause": (_paused, ("seconds",), ()),
    "stop_after": (_stopped, (), ("cut",)),
    "begin": (lambda others: flows.begin(*_frames(others)), (), ()),
    "end": (lambda others: flows.end(*_frames(others)), (), ()),
    "apart": (lambda pointer: flows.apart(pointer.text()), (), ()),
    "so_far": (lambda pointer: flows.so_far(pointer.text()), (), ()),
    "together": (_together, (), ("by",)),
}
"""Changes of single events. Each word has a value, and needs some keys beside it and may have others.

Most take the events that they pick; `begin` and `end` take new events, `apart`, `so_far` and `together` a JSON
Pointer.
"""
