"""Words for edits of JSON: `{put: [/id, null]}`, `{drop: /id}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from conformance.core.model import JSON
from conformance.reference.changes import values
from conformance.reference.changes.documents import Edit, all_of, at, drop, put, rename
from conformance.reference.changes.errors import as_openai
from conformance.reference.vocabulary.node import Node

VALUES: Mapping[str, Callable[[JSON], JSON]] = {
    "text": values.text,
    "json_text": values.json_text,
    "first": values.first,
    "first_only": values.first_only,
    "last_only": values.last_only,
    "in_list": values.in_list,
    "shortened": values.shortened,
    "backwards": values.backwards,
    "doubled": values.doubled,
    "as_openai": as_openai,
}
"""The functions of `convert`."""

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
"""The edits, and how many arguments each takes, the JSON Pointer first.

`put` sets a value, `replace` only one that is there. A single argument is written without a list.
"""


def edits(node: Node, root: str = "") -> list[Edit]:
    """A list of edits, whose pointers start at `root`. Raises NodeError."""
    return [_edit(each, root) for each in node.items()]


def edit(node: Node, root: str = "") -> Edit:
    """A list of edits as one. Raises NodeError."""
    made = edits(node, root)
    return made[0] if len(made) == 1 else all_of(*made)


def _edit(node: Node, root: str) -> Edit:
    (function, count), given = node.member(EDITS)
    arguments = [given] if count == 1 else given.items()
    if len(arguments) != count:
        raise given.wrong(f"{count} arguments are expected here, not {len(arguments)}")
    place, *rest = arguments
    pointer = place.text()
    if pointer and not pointer.startswith("/"):
        raise place.wrong(f"a JSON Pointer starts with a slash, not {pointer!r}")
    if function is at:
        return at(root + pointer, rest[0].choice(VALUES))
    return function(root + pointer, *(each.value for each in rest))
