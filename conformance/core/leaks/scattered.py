"""A key in pieces over the events of a stream, or over a JSON document: no piece is the key, but joined they are.

The texts at one place of the events, such as `/delta/text`, are joined as a client joins them. All texts, all small
numbers and all names of members are joined, too.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from conformance.core.leaks.leak import Leak
from conformance.core.leaks.spread import is_spread, places
from conformance.core.model import JSON

_DATA, _OTHER_FIELD, _FIELD = (
    re.compile(rb"(?:\A|(?<=[\r\n]))(%s):[ \t]?([^\r\n]+)" % names)
    for names in (b"data", b"event|id|retry|", b"data|event|id|retry|")
)
_INDEX = re.compile("index$")
_LATER_INDEX = re.compile(rb'index"\s*:\s*[1-9]')
_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_MEMBER = re.compile(rb'"([^"\\]*+)"\s*+:\s*+' + _QUOTED)
_ITEM = re.compile(rb"[\[,]\s*+" + _QUOTED + rb"\s*+[\],]")
_STRING = re.compile(_QUOTED + rb"\s*+(:?)")
_NUMBER = re.compile(rb"[\[,:]\s*(\d{1,3})(?=\s*[\],}])")

Path = tuple[str | int, ...]


@dataclass(slots=True)
class _Line:
    """A line of a stream, or a document: where it is, its field, and its JSON; what is not JSON is a `_Raw` text."""

    start: int
    end: int
    field: bytes
    value: JSON


@dataclass(slots=True)
class _Piece:
    """A text in a line: the path to it, () for the whole line, None for a name. `cuts` of it belong to the key."""

    line: _Line
    path: Path | None
    text: str
    cuts: list[_Cut] = field(default_factory=list)


class _Cut(NamedTuple):
    """Bytes of a text that belong to the key, and whether the key begins there."""

    start: int
    end: int
    begins: bool


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield the lines, or the document, that have pieces of the key, with the pieces replaced."""
    is_document = data.lstrip()[:1] in (b"{", b"[")
    if not is_document and data.count(b"data:") < 2:
        return
    suspects = _suspects(data, key)
    if not suspects and (is_document or not _may_scatter(data, key)):
        return
    lines = [_Line(0, len(data), b"data", _parsed(data))] if is_document else [*_lines(data, "fields" in suspects)]
    changed: dict[int, _Line] = {}
    groups = [*_groups(lines, suspects).values()]
    for pieces in groups:
        for at, cuts in _cuts([piece.text for piece in pieces], key).items():
            pieces[at].cuts += cuts
    for piece in (piece for pieces in groups for piece in pieces if piece.cuts):
        _set(piece, _without(piece.text, piece.cuts, placeholder.decode()))
        changed[id(piece.line)] = piece.line
    for line in changed.values():
        text = line.value if isinstance(line.value, _Raw) else json.dumps(line.value, ensure_ascii=False)
        yield Leak(line.start, line.end, text.encode("utf-8", "surrogatepass"))


def hide_in_texts(texts: Sequence[str], key: str, placeholder: str) -> list[str]:
    """Return the texts without the key that they have together; the placeholder goes where the key begins."""
    found = _cuts(texts, key)
    return [_without(text, found[at], placeholder) if at in found else text for at, text in enumerate(texts)]


def _cuts(texts: Sequence[str], key: str) -> dict[int, list[_Cut]]:
    """Return what belongs to the key in the joined texts, by the number of the text."""
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    found: dict[int, list[_Cut]] = defaultdict(list)
    spans = places(b"".join(encoded), key)
    ends = [*accumulate(map(len, encoded))] if spans else []
    for start, end in spans:
        at = bisect_right(ends, start)
        while at < len(ends) and (first := ends[at] - len(encoded[at])) < end:
            found[at].append(_Cut(max(start - first, 0), min(end, ends[at]) - first, start >= first))
            at += 1
    return found


def _without(text: str, cuts: Sequence[_Cut], placeholder: str) -> str:
    data, kept, done = text.encode("utf-8", "surrogatepass"), b"", 0
    for cut in sorted(cuts):
        if cut.start >= done:
            kept += data[done : cut.start] + placeholder.encode() * cut.begins
        done = max(done, cut.end)
    return (kept + data[done:]).decode("utf-8", "replace")


def _lines(data: bytes, all_fields: bool) -> Iterator[_Line]:
    """Yield the data lines of a stream, or all lines that have a field or are comments."""
    for match in (_FIELD if all_fields else _DATA).finditer(data):
        name, value = match[1], match[2]
        yield _Line(*match.span(2), name, _parsed(value) if name == b"data" else _raw(value))


def _may_scatter(data: bytes, key: str) -> bool:
    """A test that needs a tenth of the time: without parsing, and by the last name of a place only."""
    if _LATER_INDEX.search(data) or _ITEM.search(data):
        return True
    texts: dict[bytes, list[bytes]] = defaultdict(list)
    for name, text in _MEMBER.findall(data):
        texts[name].append(text)
    texts[b""] = [value for _, value in _DATA.findall(data)]
    return any(places(b"".join(found), key) for found in texts.values())


def _suspects(data: bytes, key: str) -> frozenset[str]:
    """Return which contain the key when they are joined: all texts, names, numbers, or lines of another field."""
    fields: dict[bytes, list[bytes]] = defaultdict(list)
    for name, value in _OTHER_FIELD.findall(data):
        fields[name].append(value)
    strings = _STRING.findall(data)
    joined = {
        "texts": b"".join(text for text, colon in strings if not colon),
        "names": b"".join(text for text, colon in strings if colon),
        "numbers": b"".join(_NUMBER.findall(data)),
        "fields": b"\n\n".join(b"".join(values) for values in fields.values()),
    }
    return frozenset(kind for kind, text in joined.items() if is_spread(text, key))


class _Raw(str):
    """A data line that has no JSON object or list."""


def _raw(text: bytes) -> JSON:
    return _Raw(text.decode("utf-8", "replace"))


def _parsed(text: bytes) -> JSON:
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict | list) else _raw(text)


def _groups(lines: list[_Line], suspects: frozenset[str]) -> dict[Hashable, list[_Piece]]:
    """Return the texts of all lines by their place: with and without positions in lists, and by `index`.

    The suspects are further groups, that of names the last one: lines with such a name are replaced as a whole.
    """
    groups: dict[Hashable, list[_Piece]] = defaultdict(list)
    for line in lines:
        if isinstance(line.value, _Raw):
            groups[line.field].append(_Piece(line, (), str(line.value)))
            continue
        for path, value, indices in _leaves(line.value, "numbers" in suspects):
            piece = _Piece(line, path, str(value))
            if isinstance(value, int):
                groups["numbers"].append(piece)
                continue
            place = tuple("*" if isinstance(step, int) else step for step in path)
            for group in {place, path, (place, indices)}:
                groups[group].append(piece)
            if "texts" in suspects:
                groups["texts"].append(piece)
    names = [_Piece(line, None, name) for line in lines for name in _names(line.value)] if "names" in suspects else []
    return {**groups, "names": names}


def _leaves(value: JSON, numbers: bool) -> Iterator[tuple[Path, str | int, tuple[int, ...]]]:
    """Yield the texts, or also small numbers, in a JSON value: their paths, and the indices of what they belong to."""
    stack: list[tuple[JSON, Path, tuple[int, ...]]] = [(value, (), ())]
    while stack:
        value, path, indices = stack.pop()
        if isinstance(value, str) or (numbers and type(value) is int and 0 <= value < 256):
            yield path, value, indices
        elif isinstance(value, dict):
            own = tuple(number for name, number in value.items() if _INDEX.search(name) and isinstance(number, int))
            stack += [(member, (*path, name), indices + own) for name, member in reversed(value.items())]
        elif isinstance(value, list):
            stack += [(member, (*path, at), indices) for at, member in reversed([*enumerate(value)])]


def _names(value: JSON) -> Iterator[str]:
    """Yield the names of members in a JSON value."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield from value
        if isinstance(value, dict | list):
            stack += reversed([*value.values()] if isinstance(value, dict) else value)


def _set(piece: _Piece, text: str) -> None:
    """Write another text into the line of a piece."""
    line = piece.line
    if piece.path is None:  # of a line with names that belong to the key, these remain
        line.value = _Raw(f"{line.value if isinstance(line.value, _Raw) else ''}{text}")
        return
    if not piece.path:
        line.value = _Raw(text)
        return
    holder: JSON = line.value
    for step in piece.path[:-1]:
        holder = holder[step]
    holder[piece.path[-1]] = text
