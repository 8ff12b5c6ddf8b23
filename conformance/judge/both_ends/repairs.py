"""Content that a gateway moves in a crossed lane because the other family has no place for it, with words of its own.

- Chat Completions has no images in the results of tools. A gateway moves them into the next turn of the user, and may
  say there, and in the result, what they are.
- Messages has no system texts among the turns (only some models do). A gateway may put one into a turn of the user, if
  it says that it is not the user's.

Both are undone here, so that the content itself is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from conformance.judge.both_ends.pairs import Pair
from conformance.protocol.asked import Media, Part, Result, Text


def undone(pair: Pair) -> Pair:
    """The pair without the words that the gateway had to add."""
    if pair.is_native:
        return pair
    parts = tuple(_systems_restored(tuple(_without_notes(pair)), pair))
    return replace(pair, up=replace(pair.up, parts=parts))


def _without_notes(pair: Pair) -> Iterator[Part]:
    """The parts that went up, without the texts that introduce images of results."""
    own = {part.text for part in pair.sent.parts if isinstance(part, Text)}
    moved = {one.data for part in pair.sent.parts if isinstance(part, Result) for one in part.media}
    for part, following in pairwise((*pair.up.parts, None)):
        introduces = isinstance(following, Media) and following.data in moved
        is_note = isinstance(part, Text) and part.role == "user" and part.text not in own
        if part is not None and not (introduces and is_note):
            yield part


def _systems_restored(parts: tuple[Part, ...], pair: Pair) -> Iterator[Part]:
    """The parts in which a late system text that is explained in a turn of the user is a system text.

    The explanation stands before it, in the same part or in one of its own.
    """
    own = {part.text for part in pair.sent.parts if isinstance(part, Text)}
    late = _late_systems(pair) if pair.family == "messages" else []
    held: Part | None = None
    for part in parts:
        found = next((text for text in late if _is_explained(part, held, text)), None)
        if found is not None:
            late.remove(found)
            if held is not None and isinstance(part, Text) and part.text != found:
                yield held
            held = None
            yield Text("system", found)
            continue
        if held is not None:
            yield held
        held = part if isinstance(part, Text) and part.role == "user" and part.text not in own else None
        if held is None:
            yield part
    if held is not None:
        yield held


def _is_explained(part: Part, before: Part | None, text: str) -> bool:
    """Whether a part has a system text behind an explanation; `before` is a part that may be one."""
    if not isinstance(part, Text) or part.role != "user":
        return False
    return part.text.find(text) > 0 or (before is not None and part.text == text)


def _late_systems(pair: Pair) -> list[str]:
    """The client's system texts behind the first turn."""
    turns = [index for index, part in enumerate(pair.sent.parts) if not isinstance(part, Text) or part.role != "system"]
    first = turns[0] if turns else len(pair.sent.parts)
    return [part.text for part in pair.sent.parts[first:] if isinstance(part, Text) and part.role == "system"]
