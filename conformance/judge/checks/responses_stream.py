"""Streams of Responses: consecutive sequence numbers, and the same response in all events.

Sources: https://platform.openai.com/docs/api-reference/responses-streaming, openai-python
openai/lib/streaming/responses/_responses.py (refuses a response whose id changes).
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.answers.responses_parts import LIFECYCLE
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_FAMILY = ("responses",)
_LIFECYCLE = frozenset(f"response.{name}" for name in LIFECYCLE)
_ASIDE = frozenset({"response.rate_limits.updated", "error"})
"""Events without a place in the sequence: they do not come from the model, and some come after the end."""
_SAME = {
    "id": "responses.stream.same-id",
    "model": "responses.stream.same-model",
    "created_at": "responses.stream.same-time",
}


@check("responses.stream.sequence", families=_FAMILY, on="stream")
def sequence(reading: Reading) -> Iterator[Breach]:
    """Each sequence_number is one more than that before. The first one is not specified."""
    last: int | None = None
    for parsed in reading.events:
        number = parsed.json.get("sequence_number") if isinstance(parsed.json, dict) else None
        if type(number) is not int:
            continue
        in_row = last is None or number == last + 1
        if not in_row and get(parsed.json, "/type", str) in _ASIDE:
            continue
        if not in_row and last is not None:
            expected = f"sequence_number {show(last + 1)}"
            yield breach("responses.stream.sequence", expected, str(number), "/sequence_number", parsed.event.number)
        last = number


@check("responses.stream.resumed", families=_FAMILY, on="stream")
def resumed(reading: Reading) -> Iterator[Breach]:
    """A stream that is resumed begins with the event after the number that the request names."""
    after = reading.resumed_after
    first = get(reading.events[0].json, "/sequence_number", int) if reading.events else None
    if after is not None and first is not None and first != after + 1:
        yield breach("responses.stream.resumed", f"sequence_number {after + 1}", str(first), "/sequence_number", 1)


@check(*_SAME.values(), families=_FAMILY, on="stream")
def one_response(reading: Reading) -> Iterator[Breach]:
    """All lifecycle events of a stream have the same response id, model and creation time."""
    first: JSON = None
    for number, response in _lifecycle(reading):
        if first is None:
            first = response
        for member, rule in _SAME.items():
            before, now = first.get(member), response.get(member)
            if before is not None and now is not None and before != now:
                yield breach(rule, f"{member} {show(before)}", show(now), f"/response/{member}", number)


def _lifecycle(reading: Reading) -> Iterator[tuple[int, JSON]]:
    for parsed in reading.events:
        if isinstance(parsed.json, dict) and isinstance(kind := parsed.json.get("type"), str) and kind in _LIFECYCLE:
            response = get(parsed.json, "/response", dict)
            if response is not None:
                yield parsed.event.number, response
