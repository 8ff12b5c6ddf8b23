"""Keywords about single members of the final object, by JSON Pointer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.core import pointer
from conformance.core.case_format import DifferenceExpectation
from conformance.core.model import JSON, Breach, Where
from conformance.judge.expectations.answer import declined, is_call
from conformance.judge.expectations.context import Context
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show


def present(want: Sequence[str], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Pointers that must have a value other than null."""
    for at in want:
        if pointer.get(reading.final, at, object) is None:
            yield Breach("case.present", f"{at} is present", "it is missing or null", Where(at))


def absent(want: Sequence[str], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Pointers that must have no value, or null."""
    for at in want:
        value = pointer.get(reading.final, at, object)
        if value is not None:
            yield Breach("case.absent", f"no {at}", show(value), Where(at))


def positive(want: Sequence[str], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Pointers whose value must be a number greater than 0."""
    for at in want:
        value = pointer.get(reading.final, at, object)
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            yield Breach("case.value", "a number greater than 0", show(value), Where(at))


def equal(want: Mapping[str, JSON], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Pointers that must have these values."""
    for at, value in want.items():
        found = pointer.get(reading.final, at, object)
        if found != value:
            yield Breach("case.value", show(value), show(found), Where(at))


def one_of(want: Mapping[str, Sequence[JSON]], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Pointers that must have one of these values."""
    for at, values in want.items():
        found = pointer.get(reading.final, at, object)
        if found not in values:
            yield Breach("case.value", " or ".join(map(show, values)), show(found), Where(at))


def includes(want: Mapping[str, JSON], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Values that must be among those of a pointer with `*`. A model that is free to call may not do so."""
    for at, value in want.items():
        found = [member for _, member in pointer.each(reading.final, at)]
        if value not in found:
            is_free = is_call(value) and reading.answer is not None and declined(reading.answer, reading)
            rule = "case.tool-chosen" if is_free else "case.value"
            yield Breach(rule, f"{show(value)} among {at}", show(found), Where(at))


def excludes(want: Mapping[str, JSON], reading: Reading, _context: Context) -> Iterator[Breach]:
    """Values that must not be among those of a pointer with `*`."""
    for at, value in want.items():
        if value in [member for _, member in pointer.each(reading.final, at)]:
            yield Breach("case.value", f"no {show(value)} among {at}", show(value), Where(at))


def lists(want: str, reading: Reading, _context: Context) -> Iterator[Breach]:
    """A model that a list of models should contain. An alias of the gateway may be missing from it."""
    found = [name for _, name in pointer.each(reading.final, "/data/*/id")]
    if want not in found:
        yield Breach("case.model-listed", f"{show(want)} among /data/*/id", show(found), Where("/data"))


def differs(want: DifferenceExpectation, reading: Reading, context: Context) -> Iterator[Breach]:
    """Places (a pointer, or `header:name`) whose value must differ from that in an earlier step (from 1)."""
    earlier = context.earlier[want["step"] - 1]
    for place in want["in"]:
        value = _at(reading, place)
        if value is not None and value == _at(earlier, place):
            yield Breach("case.value", f"a different {place} from step {want['step']}", show(value))


def _at(reading: Reading, place: str) -> JSON:
    """Return the value of a header or at a pointer; None if it is missing."""
    if place.startswith("header:"):
        return reading.header(place.removeprefix("header:"))
    return pointer.get(reading.final, place, object)
