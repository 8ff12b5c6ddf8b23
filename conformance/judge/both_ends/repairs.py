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
    """The parts in which a turn of the user that explains a late system text is this system text."""
    late = _late_systems(pair) if pair.family == "messages" else []
    for part in parts:
        found = next((text for text in late if _explains(part, text)), None)
        if found is None:
            yield part
        else:
            late.remove(found)
            yield Text("system", found)


def _explains(part: Part, text: str) -> bool:
    return isinstance(part, Text) and part.role == "user" and part.text.find(text) > 0


def _late_systems(pair: Pair) -> list[str]:
    """The client's system texts behind the first turn."""
    turns = [index for index, part in enumerate(pair.sent.parts) if not isinstance(part, Text) or part.role != "system"]
    first = turns[0] if turns else len(pair.sent.parts)
    return [part.text for part in pair.sent.parts[first:] if isinstance(part, Text) and part.role == "system"]
