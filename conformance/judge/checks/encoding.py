"""Damaged text: split characters, a wrong charset, or a single surrogate.

Only the model's own text is searched, not the results of its tools, and text in the request is not a finding: the
model may repeat it.
Sources: https://www.unicode.org/versions/latest/core-spec/chapter-3/ (U+FFFD, surrogates), RFC 8259 section 8.2.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.core.model import JSON, Breach, Where
from conformance.core.pointer import each
from conformance.judge.checks import check
from conformance.protocol.reading import Reading

_CHAT = ("content", "refusal", "tool_calls/*/function/arguments", "tool_calls/*/function/name")
_OWN_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "chat_completions": {
        "json": tuple(f"/choices/*/message/{name}" for name in _CHAT),
        "stream": tuple(f"/choices/*/delta/{name}" for name in _CHAT),
    },
    "responses": {
        "json": ("/output/*/content/*/text", "/output/*/content/*/refusal", "/output/*/arguments"),
        "stream": ("/delta", "/text", "/arguments", "/refusal"),
    },
    "messages": {
        "json": ("/content/*/text", "/content/*/thinking"),
        "stream": ("/delta/text", "/delta/thinking", "/delta/partial_json"),
    },
}
"""Family -> the pointers to the model's text in an answer, and in the events of a stream."""

_REPLACED = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")
_MISREAD = re.compile(
    "[\u00c2\u00c3][\u0080-\u00a9\u00ac-\u00ba\u00bc-\u00bf]"  # two bytes of UTF-8 as Latin-1; not before « or »
    "|\u00e2(?:\u20ac.|[\u0080-\u0084][\u0080-\u00bf])"  # quotes and dashes, as Windows-1252 or as Latin-1
    "|\u00f0(?:\u0178|\u009f)"  # emoji
    "|[\u0080-\u0084\u0086-\u009f]"  # unused control characters; U+0085 is a line end
)
_REPLACED_BYTES = re.compile(rb"\xef\xbf\xbd|\\[uU][fF]{3}[dD]")
_SURROGATE_BYTES = re.compile(rb"\\[uU][dD][89a-fA-F]")
_MISREAD_BYTES = re.compile(rb"\xc3[\x82\x83\xa2\xb0]|\xc2[\x80-\x9f]|\\[uU]00(?:[89]|[cC][23]|[eE]2|[fF]0)")
"""Cheap patterns for bytes: a body without a match needs no closer search. They are slower with IGNORECASE."""


@dataclass
class _Words:
    """The model's text at one pointer, joined from the events of a stream."""

    pointer: str
    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    events: list[int | None] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, event: int | None) -> None:
        self.pieces.append(text)
        self.starts.append(self.length)
        self.events.append(event)
        self.length += len(text)

    def where(self, index: int) -> Where:
        """Return the place of the character at an index."""
        return Where(self.pointer, self.events[bisect_right(self.starts, index) - 1])


@check("http.text.replacement-character", on="success")
def replacement(reading: Reading) -> Iterator[Breach]:
    """The text has no replacement character, except at its end: the model may be stopped inside a character."""
    if not _may_match(reading, _REPLACED_BYTES) or _sent(reading, _REPLACED):
        return
    for text, words in _texts(reading):
        index = text.rstrip(_REPLACED).find(_REPLACED)
        if index >= 0:
            expected = "the original character"
            yield Breach("http.text.replacement-character", expected, _around(text, index), words.where(index))


@check("http.text.lone-surrogate", on="success")
def surrogates(reading: Reading) -> Iterator[Breach]:
    """Both halves of a surrogate pair are in the same string; a single one cannot be encoded in UTF-8."""
    yield from _search(
        reading, "http.text.lone-surrogate", _SURROGATE, _SURROGATE_BYTES, "complete characters, no unpaired surrogate"
    )


@check("http.text.misread", on="success")
def misread(reading: Reading) -> Iterator[Breach]:
    """No UTF-8 was decoded with another charset on the way."""
    yield from _search(
        reading, "http.text.misread", _MISREAD, _MISREAD_BYTES, "text that was encoded as UTF-8 exactly once"
    )


def _search(
    reading: Reading, rule: str, pattern: re.Pattern[str], worth: re.Pattern[bytes], expected: str
) -> Iterator[Breach]:
    if not _may_match(reading, worth):
        return
    for text, words in _texts(reading):
        found = pattern.search(text)
        if found and not _sent(reading, found.group()):
            yield Breach(rule, expected, _around(text, found.start()), words.where(found.start()))


def _may_match(reading: Reading, pattern: re.Pattern[bytes]) -> bool:
    return not reading.is_ascii and reading.family.name in _OWN_WORDS and bool(pattern.search(reading.body))


def _sent(reading: Reading, text: str) -> bool:
    return text in json.dumps(reading.sent, ensure_ascii=False)


def _around(text: str, index: int) -> str:
    return ascii(text[max(0, index - 20) : index + 20])


def _texts(reading: Reading) -> Iterator[tuple[str, _Words]]:
    """Yield (pointer, text) for the model's text."""
    places: dict[str, _Words] = {}
    for document, event in _documents(reading):
        for template in _OWN_WORDS[reading.family.name][reading.kind]:
            for pointer, text in each(document, template):
                if isinstance(text, str):
                    places.setdefault(pointer, _Words(pointer)).add(text, event)
    for words in places.values():
        yield "".join(words.pieces), words


def _documents(reading: Reading) -> Iterator[tuple[JSON, int | None]]:
    if reading.kind == "json":
        yield reading.json, None
    else:
        yield from ((parsed.json, parsed.event.number) for parsed in reading.events)
