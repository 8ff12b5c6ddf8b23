"""Unusual ways to write JSON, all of them the same document; and members that nobody knows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from conformance.core.model import JSON
from conformance.reference.changes import DOCUMENT, Change, chain, on_body, on_events, on_json, put
from conformance.reference.changes.answers import written
from conformance.reference.changes.flows import JSON_DATA, each, edit
from conformance.reference.changes.frames import event
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
        "json-pretty",
        "all",
        "JSON bodies are indented by tabs' width, and spaces follow the colons and commas of events.",
        f"White space may stand around every token ({_GRAMMAR}).",
        _text(_dumped(indent=8), _dumped(separators=(" , ", " : "))),
    ),
    Variation(
        "json-compact",
        "all",
        "JSON bodies are written on one line without any space.",
        f"White space is never needed ({_GRAMMAR}); Anthropic writes so.",
        _text(_dumped(separators=(",", ":"))),
    ),
    Variation(
        "json-white-space-around",
        "all",
        "White space stands before and after JSON bodies.",
        f"White space may stand before and after the value ({_GRAMMAR}).",
        _text(lambda text: f"\r\n\t{text}\n\n", lambda text: f"\t{text}\t"),
    ),
    Variation(
        "json-reversed",
        "all",
        "The members of every object stand in reverse order.",
        "An object is an unordered collection (RFC 8259, section 1); OpenAI reserves the right to reorder.",
        _text(_reordered(lambda names: names[::-1])),
    ),
    Variation(
        "json-sorted",
        "all",
        "The members of every object stand in the order of the alphabet.",
        "An object is an unordered collection (RFC 8259, section 1); many languages sort their maps.",
        _text(_reordered(sorted)),
    ),
    Variation(
        "json-ascii",
        "all",
        "Characters beyond ASCII are escaped, those beyond the basic plane as surrogate pairs.",
        f"Any character may be escaped ({_STRINGS}).",
        _text(_dumped(ascii_only=True)),
        cases="*/unicode/e* */unicode/line* */tools/unicode-arguments* */text/recall*",
    ),
    Variation(
        "json-unescaped",
        "all",
        "Characters beyond ASCII are written as they are, U+2028 too.",
        f"Only quotation marks, backslashes and control characters must be escaped ({_STRINGS}).",
        _text(_dumped(separators=(", ", ": "))),
        cases="*/unicode/e* */unicode/line* */tools/unicode-arguments* */errors/no-model*",
    ),
    Variation(
        "json-escaped-slashes",
        "all",
        "Slashes are escaped, as PHP does.",
        f"A slash may be escaped ({_STRINGS}).",
        chain(
            on_json(put("/x_docs", "https://docs.example/a"), of=DOCUMENT),
            on_events(edit(JSON_DATA, put("/x_docs", "https://docs.example/a"))),
            _text(lambda text: text.replace("/", "\\/")),
        ),
        cases="*/unicode/quotes* */text/recall* */tools/forced* */errors/no-m*",
    ),
    Variation(
        "json-all-escaped",
        "all",
        "Every character of every string is escaped, in the names of members too.",
        f"Any character may be escaped ({_STRINGS}).",
        _text(_escaped),
    ),
)
