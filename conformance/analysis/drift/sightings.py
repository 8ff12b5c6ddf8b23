"""The traits of one exchange. The schemas say where to look, so that ids and arguments are never taken for fields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.analysis.drift import table
from conformance.analysis.drift.traits import Form, Sighting, Trait
from conformance.core.model import JSON, Exchange
from conformance.core.pointer import escape
from conformance.core.redaction import is_secret, redact
from conformance.protocol.reading import Reading
from conformance.protocol.schema_shape import Shape, load_shape

DONE = "[DONE]"
_PARTIAL = ("not_recorded", "left", "too_large")
"""Endings of exchanges whose answer is not whole, for a reason that is not the server's."""
NOT_JSON = "not JSON"
"""The type of a body that cannot be parsed."""
MAX_NAME = 160
"""Characters of a value, a header's value or a text."""
_NAMES = {float: "number", str: "string", list: "array", dict: "object"}
TYPES = ("null", "boolean", "integer", *_NAMES.values())
"""The types of JSON Schema."""
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`")
_CHANGING = re.compile(r"\b\w{1,12}://\S+|\b(?=\w*\d)[\w.-]+\b")
"""Addresses, and words with digits: ids, counts, dates and names of models."""


def of_exchange(exchange: Exchange) -> Iterator[Sighting]:
    """The traits of an answer; none if there is no answer, or its body was not recorded or not read to its end."""
    reading = Reading(exchange)
    kind = reading.kind
    if kind not in ("json", "stream", "error") or exchange.ended in _PARTIAL:
        return
    form: Form = kind
    answer = Trait(exchange.family, form, "", "", "answer")
    yield Sighting(answer, answer)
    yield from _answered_as(reading)
    if "headers" not in exchange.lacks:
        yield from _headers(exchange, answer)
    if form == "stream":
        yield from _stream(reading, answer)
    else:
        yield from _body(reading, answer)


def wording(text: str) -> str:
    """An error's text without quoted parts, numbers and ids, so that equal errors have equal texts; on one line."""
    changed = _CHANGING.sub("…", _QUOTED.sub("'…'", redact(text[: 10 * MAX_NAME])))
    return _cut(" ".join(changed.split()))


def _cut(text: str) -> str:
    shown = redact(text)
    return shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME - 1]}…"


def _answered_as(reading: Reading) -> Iterator[Sighting]:
    """Whether a request for a stream is answered with one, and another request with one document."""
    exchange = reading.exchange
    is_usual = reading.family.event and exchange.request.method == "POST" and reading.sent is not None
    if is_usual and reading.kind != "error":
        asked = Trait(exchange.family, "stream" if reading.asked_stream else "json", "", "", "answered as")
        yield Sighting(asked, asked)
        yield Sighting(asked._replace(name=reading.kind), asked)


def _headers(exchange: Exchange, answer: Trait) -> Iterator[Sighting]:
    base = answer._replace(aspect="header")  # the answers whose headers were recorded
    yield Sighting(base, base)
    for name, value in exchange.headers:
        header = base._replace(name=_cut(name.lower()))
        yield Sighting(header, base)
        if table.is_compared(header.name) and not is_secret(name):
            plain = "".join(value.lower().split())
            yield Sighting(header._replace(aspect="header value", name=_cut(f"{header.name}: {plain}")), header)


def _body(reading: Reading, answer: Trait) -> Iterator[Sighting]:
    path = reading.family.response if answer.form == "json" else reading.family.error
    if answer.form == "error":
        yield Sighting(answer._replace(aspect="status", name=str(reading.exchange.status)), answer)
        for error in reading.errors:
            message = error.fields.get("message")
            if isinstance(message, str):
                yield Sighting(answer._replace(aspect="text", name=wording(message)), answer)
    if reading.parsed[1]:
        yield Sighting(answer._replace(aspect="type", name=NOT_JSON), answer)
    else:
        yield from _value(reading.json, load_shape(path) if path else None, answer, answer)


def _stream(reading: Reading, answer: Trait) -> Iterator[Sighting]:
    shape = load_shape(reading.family.event) if reading.family.event else None
    for parsed in reading.events:
        number = parsed.event.number
        event = answer._replace(aspect="event", event=_event_name(parsed.event.data, parsed.json, shape))
        yield Sighting(event, answer, shape, parsed.json, number)
        if shape is not None and isinstance(parsed.json, dict) and is_known_event(event.event, shape):
            for found in _value(parsed.json, shape, event, event):
                yield found._replace(number=number)


def is_known_event(name: str, shape: Shape) -> bool:
    """Whether the schemas describe an event; those of a family without types of events describe all of its JSON."""
    branches = [branches for member, _, branches in shape.discriminators if member == "type"]
    return name in branches[0] if branches else name in (DONE, "chunk", "error")


def _event_name(data: str, document: JSON, shape: Shape | None) -> str:
    """The type of an event; `chunk`, `error` or the data itself where events have no types."""
    if not isinstance(document, dict):
        return data if data == DONE else "not an object"
    if shape is not None and not any(member == "type" for member, _, _ in shape.discriminators):
        return "error" if document.get("error") else "chunk"
    name = document.get("type")
    return _cut(name) if isinstance(name, str) else "without a type"


def _value(value: JSON, shape: Shape | None, at: Trait, base: Trait) -> Iterator[Sighting]:
    """The traits of a value and of all in it that the schemas describe; `at` has its place."""
    yield Sighting(at._replace(aspect="type", name=type_of(value)), base, shape, value)
    if isinstance(value, str) and (_is_compared(shape, value) or table.is_listed_value(at.form, at.pointer)):
        yield Sighting(at._replace(aspect="value", name=_cut(value)), base, shape, value)
    if shape is None:
        return
    own = shape.of(value)
    if isinstance(value, dict):
        if at.pointer or not at.event:
            yield from _kinds(value, shape, at, base)
        if own.is_record and not own.is_undecided(value):
            yield from _members(value, own, at, base)
    elif isinstance(value, list) and value and (items := own.items()) is not None:
        place = at._replace(pointer=f"{at.pointer}/*")
        item = place._replace(aspect="item", name="")
        yield Sighting(item, base)
        for member in value:
            yield from _value(member, items, place, item)


def _kinds(value: dict[str, JSON], shape: Shape, at: Trait, base: Trait) -> Iterator[Sighting]:
    """The members by which the schemas tell objects apart, such as the type of a content block.

    Their pointers have no kind, because an object without such a member has none.
    """
    for name, _, _ in shape.discriminators:
        if name in value:
            place = at._replace(pointer=f"{at.pointer}/{escape(name)}")
            field = place._replace(aspect="field", name="")
            member = value[name]
            yield Sighting(field, base, shape, name)
            yield Sighting(place._replace(aspect="type", name=type_of(member)), field, shape.member(name), member)
            if isinstance(member, str):
                yield Sighting(place._replace(aspect="value", name=_cut(member)), field, shape, member)


def _members(value: dict[str, JSON], shape: Shape, at: Trait, base: Trait) -> Iterator[Sighting]:
    pointer = at.pointer if at.event and not at.pointer else at.pointer + shape.kind
    whole = at._replace(pointer=pointer, aspect="object", name="")
    yield Sighting(whole, base)
    for name, member in value.items():
        if name in shape.deciding:  # told by `_kinds`, or by the event
            continue
        place = at._replace(pointer=f"{pointer}/{_cut(escape(name))}")
        field = place._replace(aspect="field", name="")
        yield Sighting(field, whole, shape, name)
        yield from _value(member, shape.member(name), place, field)


def _is_compared(shape: Shape | None, value: str) -> bool:
    """Whether the schemas list the values of a place."""
    return shape is not None and bool(shape.values or shape.of(value).values)


def type_of(value: JSON) -> str:
    """The type of a value in JSON Schema; 1.0 is an integer, as there."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return _NAMES[type(value)]
