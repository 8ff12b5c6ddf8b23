"""A key in pieces over a JSON document, over the events of a stream, or over headers: joined they are the key.

All texts of an answer are joined, all names of members, all small numbers, and all lines of a field that is not `data`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from conformance.core import bounded_json
from conformance.core.leaks.leak import Leak
from conformance.core.leaks.spread import is_sought, is_spread, places
from conformance.core.model import JSON

_FIELD, _OTHER_FIELD = (
    re.compile(rb"(?:\A|(?<=[\r\n]))(%s):[ \t]?([^\r\n]+)" % names)
    for names in (b"data|event|id|retry|", b"event|id|retry|")
)
_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
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
    """A text in a line: the path to it, () for the whole line, None for a name."""

    line: _Line
    path: Path | None
    text: str


class _Cut(NamedTuple):
    """Bytes of a text that belong to the key, and whether the key begins there."""

    start: int
    end: int
    begins: bool


def readings(data: bytes) -> Iterator[bytes]:
    """Yield the texts, the names, the numbers and the other fields, of each kind all that the data has."""
    yield from _joined(data).values()


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield the lines, or the document, that have pieces of the key, with the pieces replaced."""
    if not is_sought(key):
        return
    suspects = frozenset(kind for kind, text in _joined(data).items() if is_spread(text, key))
    if not suspects:
        return
    lines = [_Line(0, len(data), b"data", _parsed(data))] if _is_document(data) else [*_lines(data)]
    changed: dict[int, _Line] = {}
    for pieces in _groups(lines, suspects):
        for at, cuts in _cuts([piece.text for piece in pieces], key).items():
            piece = pieces[at]
            _set(piece, _without(piece.text, cuts, placeholder.decode()))
            changed[id(piece.line)] = piece.line
    for line in changed.values():
        text = line.value if isinstance(line.value, _Raw) else json.dumps(line.value, ensure_ascii=False)
        yield Leak(line.start, line.end, text.encode("utf-8", "surrogatepass"))


def hide_in_texts(texts: Sequence[str], key: str, placeholder: str) -> list[str]:
    """Return the texts without the key that they have together; the placeholder goes where the key begins."""
    found = _cuts(texts, key)
    return [_without(text, found[at], placeholder) if at in found else text for at, text in enumerate(texts)]


def is_in_texts(texts: Sequence[str], key: str) -> bool:
    """Whether `hide_in_texts` hides anything."""
    return bool(places("".join(texts).encode("utf-8", "surrogatepass"), key))


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


def _lines(data: bytes) -> Iterator[_Line]:
    for match in _FIELD.finditer(data):
        name, value = match[1], match[2]
        yield _Line(*match.span(2), name, _parsed(value) if name == b"data" else _raw(value))


def _is_document(data: bytes) -> bool:
    return data.lstrip()[:1] in (b"{", b"[")


def _joined(data: bytes) -> dict[str, bytes]:
    """Return all texts, names, numbers, and lines of other fields; nothing for data that has no pieces."""
    if not _is_document(data) and data.count(b":") < 2:
        return {}
    fields: dict[bytes, list[bytes]] = defaultdict(list)
    for name, value in _OTHER_FIELD.findall(data):
        fields[name].append(value)
    strings = _STRING.findall(data)
    return {
        "texts": b"".join(text for text, colon in strings if not colon),
        "names": b"".join(dict.fromkeys(text for text, colon in strings if colon)),
        "numbers": b"".join(_NUMBER.findall(data)),
        "fields": b"\n\n".join(b"".join(values) for values in fields.values()),
    }


class _Raw(str):
    """A data line that has no JSON object or list."""


def _raw(text: bytes) -> JSON:
    return _Raw(text.decode("utf-8", "replace"))


def _parsed(text: bytes) -> JSON:
    try:
        value: JSON = bounded_json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict | list) else _raw(text)


def _groups(lines: list[_Line], suspects: frozenset[str]) -> list[list[_Piece]]:
    """Return the suspects; names come last, because a line with such a name is replaced as a whole."""
    groups: dict[str, list[_Piece]] = defaultdict(list)
    for line in lines:
        if isinstance(line.value, _Raw):
            groups[f"fields {line.field!r}"].append(_Piece(line, (), str(line.value)))
            continue
        for path, value in _leaves(line.value):
            groups["texts" if isinstance(value, str) else "numbers"].append(_Piece(line, path, str(value)))
        groups["names"] += [_Piece(line, None, name) for name in _names(line.value)]
    names = groups.pop("names", [])
    return [*(pieces for kind, pieces in groups.items() if kind.split()[0] in suspects), names]


def _leaves(value: JSON) -> Iterator[tuple[Path, str | int]]:
    """Yield the texts and small numbers in a JSON value, with their paths, in order."""
    stack: list[tuple[JSON, Path]] = [(value, ())]
    while stack:
        value, path = stack.pop()
        if isinstance(value, str) or (type(value) is int and 0 <= value < 256):
            yield path, value
        elif isinstance(value, dict):
            stack += [(member, (*path, name)) for name, member in reversed(value.items())]
        elif isinstance(value, list):
            stack += [(member, (*path, at)) for at, member in reversed([*enumerate(value)])]


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
