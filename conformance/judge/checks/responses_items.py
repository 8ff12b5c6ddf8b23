"""The items of a Responses stream: deltas, done events and the final object agree.

Sources: https://platform.openai.com/docs/api-reference/responses-streaming, openai-python
openai/lib/streaming/responses/_responses.py (it raises for items that change or are never finished; it does not
compare the texts, so users may see different ones).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.answers.responses_parts import ENDS, Item, Text, collect, texts
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_OWN = ("message", "function_call", "custom_tool_call", "reasoning")
"""Items that the model writes. Hosted tools are not checked: they may never be done, and change until the end."""
_ANSWERS = ("text", "refusal", "arguments", "input")
_CALLED = ("arguments", "input")
_SUMS = {
    "text": "responses.delta.text",
    "refusal": "responses.delta.text",
    "arguments": "responses.delta.arguments",
    "input": "responses.delta.arguments",
    "summary": "responses.delta.reasoning",
    "reasoning": "responses.delta.reasoning",
}
_HOSTED = ("web_search", "file_search", "image_generation", "code_interpreter", "mcp_", "computer", "shell")
_IDENTITY = ("type", "id", "call_id", "name")


@check(
    *dict.fromkeys(_SUMS.values()),
    "responses.delta.hosted",
    "responses.done.part",
    "responses.done.item",
    "responses.done.status",
    "responses.item.streamed",
    "responses.item.identity",
    "responses.item.identity-hosted",
    "responses.item.done",
    "responses.item.finished",
    "responses.item.finished-hosted",
    "responses.event.item-id-agrees",
    "responses.event.item-id-agrees-hosted",
    "responses.event.output-index-row",
    "responses.event.part-index-row",
    "responses.output.complete",
    "responses.output.position",
    "responses.output.same",
    "responses.output.announced",
    families=("responses",),
    on="stream",
)
def items(reading: Reading) -> Iterator[Breach]:
    """The events of each item agree with each other, and with the final object."""
    if reading.resumed_after is not None:
        return  # the beginning of the items is in an earlier answer
    found = collect((parsed.event.number, parsed.json) for parsed in reading.events)
    yield from _row("responses.event.output-index-row", "output_index", sorted(found), None)
    for item in found.values():
        yield from _texts_agree(item)
        yield from _one_item(item)
        for member, indexes in item.opened.items():
            yield from _row("responses.event.part-index-row", member, list(dict.fromkeys(indexes)), item.added_at)
    yield from _final_output(found, reading)


def _texts_agree(item: Item) -> Iterator[Breach]:
    """The deltas of a text, its done event, its part and its item have the same text."""
    for (kind, _), text in item.texts.items():
        yield from _adds_up(kind, text)
        yield from _part_agrees(text)
    if item.done is not None:
        yield from _item_agrees(item)


def _one_item(item: Item) -> Iterator[Breach]:
    """A done item is the added one, and the events in between have its id."""
    if item.done is not None:
        yield from _same(item.added, item.done, "/item", item.done_at)
        if _is_own(item.done) and get(item.done, "/status", str) == "in_progress":
            yield breach(
                "responses.done.status", "completed or incomplete", "in_progress", "/item/status", item.done_at
            )
    for number, other_id, kind in item.mismatched:
        hosted = any(word in kind for word in _HOSTED)
        rule = "responses.event.item-id-agrees" + ("-hosted" if hosted else "")
        yield breach(rule, f"item_id {show(item.id)}", show(other_id), "/item_id", number)


def _final_output(found: Mapping[int, Item], reading: Reading) -> Iterator[Breach]:
    """The output of the final object has the items of the stream, each at its index."""
    number, output = _end(reading)
    if output is None:
        return
    at_id = {get(final, "/id", str): place for place, final in reversed(tuple(enumerate(output)))}
    places = {index: _place(item, output, at_id) for index, item in found.items()}
    settled = all(item.done is not None for item in found.values())
    for index, item in found.items():
        place = places[index]
        if item.done is None and place is None:
            yield _unfinished(item, number)
        elif item.done is None and _is_own(item.added) and _is_whole(reading):
            expected = f"response.output_item.done for output_index {index}"
            yield breach("responses.item.done", expected, "none", event=number)
        elif item.done is not None and _is_own(item.done):
            yield from _in_output(item, place, output, number, settled)
    yield from _announced(output, set(places.values()), number)


def _adds_up(kind: str, text: Text) -> Iterator[Breach]:
    joined = "".join(text.deltas)
    if text.done is not None and joined != text.done:
        rule = _SUMS.get(kind, "responses.delta.hosted")
        yield breach(rule, f"{kind} {show(joined)}, which the deltas add up to", show(text.done), event=text.done_at)


def _part_agrees(text: Text) -> Iterator[Breach]:
    if text.part is not None and text.done is not None and text.part != text.done:
        yield breach("responses.done.part", show(text.done), show(text.part), "/part", text.part_at)


def _item_agrees(item: Item) -> Iterator[Breach]:
    """The texts of a done item are those of its events."""
    held = texts(item.done)
    for part in dict.fromkeys((*item.texts, *held)):
        kind, text = part[0], item.texts.get(part)
        streamed, in_item = text.done if text else None, held.get(part)
        if text is None and kind in _ANSWERS and in_item:
            yield breach("responses.item.streamed", f"events with its {kind}", "none", "/item", item.done_at)
        elif streamed is None and kind in _CALLED and get(item.done, "/status", str) != "incomplete":
            yield breach("responses.item.streamed", f"a done event for its {kind}", "none", "/item", item.done_at)
        elif streamed is not None and streamed != in_item and kind in _SUMS:
            yield breach("responses.done.item", f"{kind} {show(streamed)}", show(in_item), "/item", item.done_at)


def _same(before: JSON, after: JSON, at: str, number: int) -> Iterator[Breach]:
    for member in _IDENTITY:
        old, new = get(before, f"/{member}", str), get(after, f"/{member}", str)
        if old is not None and new is not None and old != new:
            rule = "responses.item.identity" + ("" if _is_own(before) or _is_own(after) else "-hosted")
            yield breach(rule, f"{member} {show(old)}", show(new), f"{at}/{member}", number)


def _row(rule: str, member: str, indexes: list[int], number: int | None) -> Iterator[Breach]:
    if indexes != list(range(len(indexes))):
        yield breach(rule, f"{member} 0 to {len(indexes) - 1} in order", show(indexes), event=number)


def _end(reading: Reading) -> tuple[int, list[JSON] | None]:
    """Return (event number, output) of the event that ends the stream with a response."""
    for parsed in reversed(reading.events):
        kind = get(parsed.json, "/type", str)
        if kind in ENDS:
            output = None if kind == "response.failed" else get(parsed.json, "/response/output", list)
            return parsed.event.number, output
    return 0, None


def _is_whole(reading: Reading) -> bool:
    return get(reading.final, "/status", str) == "completed"


def _is_own(item: JSON) -> bool:
    return get(item, "/type", str) in _OWN


def _place(item: Item, output: list[JSON], at_id: Mapping[str | None, int]) -> int | None:
    """Return the position of an item in the output: by its id, else its index if the type is the same."""
    if item.id is not None and item.id in at_id:
        return at_id[item.id]
    at_index = output[item.index] if 0 <= item.index < len(output) else None
    kind = get(item.added, "/type", str)
    return item.index if kind is not None and kind == get(at_index, "/type", str) else None


def _unfinished(item: Item, number: int) -> Breach:
    rule = "responses.item.finished" + ("" if _is_own(item.added) else "-hosted")
    kind = show(get(item.added, "/type", str))
    expected = f"the {kind} item at output_index {item.index} is done, or in the final output"
    return breach(rule, expected, "neither", "/response/output", number)


def _in_output(item: Item, place: int | None, output: list[JSON], number: int, settled: bool) -> Iterator[Breach]:
    at = "/response/output"
    if place is None:
        yield breach(
            "responses.output.complete", f"the item {show(item.id)}, which is done", "no such item", at, number
        )
        return
    if settled and place != item.index:
        yield breach(
            "responses.output.position",
            f"the item {show(item.id)} at index {item.index}",
            f"at index {place}",
            at,
            number,
        )
    yield from _same(item.done, output[place], f"{at}/{place}", number)
    done, final = texts(item.done), texts(output[place])
    for part in dict.fromkeys((*done, *final)):
        if done.get(part) != final.get(part):
            expected = f"{part[0]} {show(done.get(part))}"
            yield breach("responses.output.same", expected, show(final.get(part)), f"{at}/{place}", number)


def _announced(output: list[JSON], places: set[int | None], number: int) -> Iterator[Breach]:
    for index, item in enumerate(output):
        if _is_own(item) and index not in places:
            at = f"/response/output/{index}"
            yield breach("responses.output.announced", "an item that the stream added", show(item), at, number)
