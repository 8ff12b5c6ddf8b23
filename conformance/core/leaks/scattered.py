"""A key in pieces over the events of a stream: no piece is the key, but a client that joins them shows it.

The texts at one place of the events, such as `/delta/text`, are joined as a client joins them.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from conformance.core.leaks.leak import Leak
from conformance.core.leaks.spread import places
from conformance.core.model import JSON

_DATA = re.compile(rb"^data:[ \t]?([^\r\n]+)", re.MULTILINE)
_INDEX = re.compile("index$")
_LATER_INDEX = re.compile(rb'index"\s*:\s*[1-9]')
_MEMBER = re.compile(rb'"([^"\\]*)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_ITEM = re.compile(rb'[\[,]\s*"(?:[^"\\]|\\.)*"\s*[\],]')

Path = tuple[str | int, ...]


@dataclass(slots=True)
class _Line:
    """A data line: where it is, its JSON (None if it is not JSON), and whether a text in it was replaced."""

    start: int
    end: int
    value: JSON
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text in a line: the path to it, or () for the whole line."""

    line: _Line
    path: Path
    text: str


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield the data lines that have pieces of the key, with the pieces replaced."""
    if not _may_scatter(data, key):
        return
    lines = [_Line(*match.span(1), _parsed(match[1])) for match in _DATA.finditer(data)]
    if len(lines) < 2:
        return
    for pieces in _groups(lines).values():
        _hide(pieces, key, placeholder.decode())
    for line in lines:
        if line.changed:
            text = line.value if isinstance(line.value, _Raw) else json.dumps(line.value, ensure_ascii=False)
            yield Leak(line.start, line.end, text.encode("utf-8", "surrogatepass"))


def _may_scatter(data: bytes, key: str) -> bool:
    """A test that needs a tenth of the time: without parsing, and by the last name of a place only."""
    if data.count(b"data:") < 2:
        return False
    if _LATER_INDEX.search(data) or _ITEM.search(data):
        return True
    texts: dict[bytes, list[bytes]] = defaultdict(list)
    for name, text in _MEMBER.findall(data):
        texts[name].append(text)
    texts[b""] = _DATA.findall(data)
    return any(places(b"".join(pieces), key) for pieces in texts.values())


class _Raw(str):
    """A data line that has no JSON object or list."""


def _parsed(text: bytes) -> JSON:
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict | list) else _Raw(text.decode("utf-8", "replace"))


def _groups(lines: list[_Line]) -> dict[Hashable, list[_Piece]]:
    """Return the texts of all lines by their place: with and without positions in lists, and by `index`."""
    groups: dict[Hashable, list[_Piece]] = defaultdict(list)
    for line in lines:
        if isinstance(line.value, _Raw):
            groups[()].append(_Piece(line, (), str(line.value)))
            continue
        for path, text, indices in _texts(line.value, (), ()):
            place = tuple("*" if isinstance(step, int) else step for step in path)
            for group in {place, path, (place, indices)}:
                groups[group].append(_Piece(line, path, text))
    return groups


def _texts(value: JSON, path: Path, indices: tuple[int, ...]) -> Iterator[tuple[Path, str, tuple[int, ...]]]:
    """Yield the texts in a JSON value: their paths, and the indices of what they belong to."""
    stack: list[tuple[JSON, Path, tuple[int, ...]]] = [(value, path, indices)]
    while stack:
        value, path, indices = stack.pop()
        if isinstance(value, str):
            yield path, value, indices
        elif isinstance(value, dict):
            own = tuple(number for name, number in value.items() if _INDEX.search(name) and isinstance(number, int))
            stack += [(member, (*path, name), indices + own) for name, member in reversed(value.items())]
        elif isinstance(value, list):
            stack += [(member, (*path, at), indices) for at, member in reversed([*enumerate(value)])]


def _hide(pieces: list[_Piece], key: str, placeholder: str) -> None:
    """Replace the key in the joined text of the pieces: the placeholder goes where the key begins."""
    joined = "".join(piece.text for piece in pieces).encode("utf-8", "surrogatepass")
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
            _set(piece, (text[:first] + placeholder.encode() * begins + text[last:]).decode("utf-8", "replace"))
        start = end


def _set(piece: _Piece, text: str) -> None:
    """Write another text into the line of a piece."""
    line = piece.line
    line.changed = True
    if not piece.path:
        line.value = _Raw(text)
        return
    holder: JSON = line.value
    for step in piece.path[:-1]:
        holder = holder[step]
    holder[piece.path[-1]] = text
