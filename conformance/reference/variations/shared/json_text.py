"""Unusual but valid spellings of the same JSON, and unknown members."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from conformance.core.model import JSON
from conformance.reference.changes import DOCUMENT, Change, chain, on_body, on_events, on_json, put
from conformance.reference.changes.answers import written
from conformance.reference.changes.flows import JSON_DATA, each, edit
from conformance.reference.changes.frames import event
from conformance.reference.changes.values import backwards
from conformance.reference.variations.variation import Variation

_GRAMMAR = "RFC 8259, section 2"
_STRINGS = "RFC 8259, section 7"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def _text(document: Callable[[str], str], data: Callable[[str], str] | None = None) -> Change:
    """Other texts of the same JSON: of whole bodies, and of the data of events, which must stay on one line."""
    inner = data or document
    return chain(
        on_body(
            lambda body: document(body.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass"), DOCUMENT
        ),
        on_events(each(JSON_DATA, lambda frame: [event(inner(frame.data), frame.name)])),
    )


def _dumped(
    indent: int | None = None, separators: tuple[str, str] | None = None, ascii_only: bool = False
) -> Callable[[str], str]:
    return lambda text: json.dumps(json.loads(text), indent=indent, separators=separators, ensure_ascii=ascii_only)


def _reordered(order: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    """The members of every object in another order; what is text to the vendors, such as arguments, stays."""

    def value(old: JSON) -> JSON:
        if isinstance(old, dict):
            return {key: value(old[key]) for key in order(list(old))}
        return [value(each) for each in old] if isinstance(old, list) else old

    return lambda text: written(value(json.loads(text)), text.encode()).decode()


def _escaped(text: str) -> str:
    """Every character of every string as an escape, names of members too."""

    def escape(match: re.Match[str]) -> str:
        units = json.loads(match[0]).encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{units[at]:02X}{units[at + 1]:02X}" for at in range(0, len(units), 2)) + '"'

    return _STRING.sub(escape, text)


VARIATIONS = (
    Variation(
        id="json-pretty",
        family="all",
        sentence="JSON bodies are indented, and events have spaces after colons and commas.",
        why=f"White space may stand around every token ({_GRAMMAR}).",
        apply=_text(_dumped(indent=8), _dumped(separators=(" , ", " : "))),
    ),
    Variation(
        id="json-compact",
        family="all",
        sentence="JSON bodies are written on one line without spaces.",
        why=f"White space is never needed ({_GRAMMAR}); Anthropic writes so.",
        apply=_text(_dumped(separators=(",", ":"))),
    ),
    Variation(
        id="json-white-space-around",
        family="all",
        sentence="There is white space before and after JSON bodies.",
        why=f"White space may stand before and after the value ({_GRAMMAR}).",
        apply=_text(lambda text: f"\r\n\t{text}\n\n", lambda text: f"\t{text}\t"),
    ),
    Variation(
        id="json-reversed",
        family="all",
        sentence="The members of every object are in reverse order.",
        why="An object is an unordered collection (RFC 8259, section 1); OpenAI reserves the right to reorder.",
        apply=_text(_reordered(backwards)),
    ),
    Variation(
        id="json-sorted",
        family="all",
        sentence="The members of every object are in alphabetical order.",
        why="An object is an unordered collection (RFC 8259, section 1); many languages sort their maps.",
        apply=_text(_reordered(sorted)),
    ),
    Variation(
        id="json-ascii",
        family="all",
        sentence="Characters beyond ASCII are escaped, those beyond the basic plane as surrogate pairs.",
        why=f"Any character may be escaped ({_STRINGS}).",
        apply=_text(_dumped(ascii_only=True)),
        cases="*/unicode/e* */unicode/line* */tools/unicode-arguments* */text/recall*",
    ),
    Variation(
        id="json-unescaped",
        family="all",
        sentence="Characters beyond ASCII are written as they are, U+2028 too.",
        why=f"Only quotation marks, backslashes and control characters must be escaped ({_STRINGS}).",
        apply=_text(_dumped(separators=(", ", ": "))),
        cases="*/unicode/e* */unicode/line* */tools/unicode-arguments* */errors/no-model*",
    ),
    Variation(
        id="json-escaped-slashes",
        family="all",
        sentence="Slashes are escaped, as in PHP.",
        why=f"A slash may be escaped ({_STRINGS}).",
        apply=chain(
            on_json(put("/x_docs", "https://docs.example/a"), of=DOCUMENT),
            on_events(edit(JSON_DATA, put("/x_docs", "https://docs.example/a"))),
            _text(lambda text: text.replace("/", "\\/")),
        ),
        cases="*/unicode/quotes* */text/recall* */tools/forced* */errors/no-m*",
    ),
    Variation(
        id="json-all-escaped",
        family="all",
        sentence="Every character of every string is escaped, also in member names.",
        why=f"Any character may be escaped ({_STRINGS}).",
        apply=_text(_escaped),
    ),
)
