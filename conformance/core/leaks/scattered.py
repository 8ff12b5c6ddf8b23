"""A key in pieces over the events of a stream: no piece is the key, but a client that joins them shows it.

The texts at one place of the events, such as `/delta/text`, are joined as a client joins them.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from conformance.core import bounded_json
from conformance.core.leaks.leak import Leak
from conformance.core.leaks.spread import places
from conformance.core.model import JSON

_DATA = re.compile(rb"(?:\A|(?<=[\r\n]))data:[ \t]?([^\r\n]+)")
_MEMBER = re.compile(rb'"([^"\\]*+)"\s*+:\s*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|(\d++))')
"""A member whose value is a text or a number: its name, the text, the number."""
_ITEM = re.compile(rb'[\[,]\s*"(?:[^"\\]|\\.)*"\s*[\],]')
"""A text in a list."""

Path = tuple[str | int, ...]
Indices = tuple[int, ...]
"""The members `index`, `output_index` and the like of the objects around a text."""


@dataclass(slots=True)
class _Line:
    """A data line: where it is, its JSON, and whether a text in it was replaced."""

    start: int
    end: int
    value: JSON
    changed: bool = False


class _Piece(NamedTuple):
    """A text in a line: the number of the line, the path to the text, or () for the whole line."""

    line: int
    path: Path
    text: str
    indices: Indices


def readings(data: bytes) -> Iterator[bytes]:
    """Yield the joined texts. Only events with lists of texts are parsed, because that takes five times as long."""
    if data.count(b"data:") < 2:
        return
    if not _ITEM.search(data):
        yield from map(b"".join, _columns(_DATA.findall(data)))
        return
    for pieces in _groups(_lines(data)):
        yield "".join([piece.text for piece in pieces]).encode("utf-8", "surrogatepass")


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield the data lines that have pieces of the key, with the pieces replaced."""
    if not any(places(text, key) for text in readings(data)):  # a test without paths and changes
        return
    lines = _lines(data)
    if len(lines) < 2:
        return
    for pieces in _groups(lines):
        _hide(pieces, lines, key, placeholder.decode())
    for line in lines:
        if line.changed:
            text = line.value if isinstance(line.value, _Raw) else json.dumps(line.value, ensure_ascii=False)
            yield Leak(line.start, line.end, text.encode("utf-8", "surrogatepass"))


def _lines(data: bytes) -> list[_Line]:
    return [_Line(*match.span(1), _parsed(match[1])) for match in _DATA.finditer(data)]


def _columns(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines, the texts with the same name and position in their lines, of these the ones with one index."""
    yield lines
    columns: dict[tuple[bytes, int], list[bytes]] = defaultdict(list)
    indexed: dict[tuple[bytes, int, tuple[bytes, ...]], list[bytes]] = defaultdict(list)
    for line in lines:
        members = _MEMBER.findall(line)
        indices = tuple([number for name, _, number in members if number and name.endswith(b"index")])
        positions: dict[bytes, int] = defaultdict(int)
        for name, text, number in members:
            if not number:
                positions[name] += 1
                columns[name, positions[name]].append(text)
                indexed[name, positions[name], indices].append(text)
    yield from columns.values()
    if len(indexed) > len(columns):
        yield from indexed.values()


class _Raw(str):
    """A data line that has no JSON object or list."""


def _parsed(text: bytes) -> JSON:
    try:
        value: JSON = bounded_json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict | list) else _Raw(text.decode("utf-8", "replace"))


def _groups(lines: list[_Line]) -> Iterator[list[_Piece]]:
    """Yield the texts that a client may join: those of a place, and of these the ones with one path or one index.

    A place is a path without the positions in lists. Most places of a stream have one path and one index.
    """
    by_path: dict[Path, list[_Piece]] = defaultdict(list)
    for number, line in enumerate(lines):
        for piece in _pieces(line.value, number):
            by_path[piece.path].append(piece)
    by_place: dict[Path, list[list[_Piece]]] = defaultdict(list)
    for path, pieces in by_path.items():
        by_place[tuple(0 if isinstance(step, int) else step for step in path)].append(pieces)
    for groups in by_place.values():
        together = groups[0] if len(groups) == 1 else sorted(chain(*groups), key=lambda piece: piece.line)
        yield together
        if len(groups) > 1:
            yield from groups
        yield from _by_indices(together)


def _by_indices(pieces: list[_Piece]) -> Iterable[list[_Piece]]:
    """Return the pieces of each index, if there are several."""
    first = pieces[0].indices
    if all(piece.indices == first for piece in pieces):
        return ()
    found: dict[Indices, list[_Piece]] = defaultdict(list)
    for piece in pieces:
        found[piece.indices].append(piece)
    return found.values()


def _pieces(value: JSON, line: int) -> Iterator[_Piece]:
    """Yield the texts in the value of a line."""
    if isinstance(value, _Raw):
        yield _Piece(line, (), str(value), ())
        return
    stack: list[tuple[JSON, Path, Indices]] = [(value, (), ())]
    while stack:
        value, path, indices = stack.pop()
        if isinstance(value, dict):
            for name, member in value.items():
                if isinstance(member, int) and name.endswith("index"):
                    indices = (*indices, member)
            members: Iterable[tuple[str | int, JSON]] = value.items()
        else:
            members = enumerate(value)
        for step, member in members:
            if isinstance(member, str):
                yield _Piece(line, (*path, step), member, indices)
            elif isinstance(member, dict | list):
                stack.append((member, (*path, step), indices))


def _hide(pieces: list[_Piece], lines: list[_Line], key: str, placeholder: str) -> None:
    """Replace the key in the joined text of the pieces: the placeholder goes where the key begins."""
    joined = "".join([piece.text for piece in pieces]).encode("utf-8", "surrogatepass")
    spans = places(joined, key)
    if not spans:
        return
    start = 0
    for piece in pieces:
        text = piece.text.encode("utf-8", "surrogatepass")
        end = start + len(text)
        touching = sorted(span for span in spans if span[0] < end and span[1] > start)
        if touching:
            first, last = max(touching[0][0] - start, 0), min(touching[-1][1] - start, len(text))
            begins = any(start <= span[0] < end for span in touching)
            hidden = text[:first] + placeholder.encode() * begins + text[last:]
            _set(lines[piece.line], piece.path, hidden.decode("utf-8", "replace"))
        start = end


def _set(line: _Line, path: Path, text: str) -> None:
    """Write another text into a line."""
    line.changed = True
    if not path:
        line.value = _Raw(text)
        return
    holder: JSON = line.value
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = text
