"""A recorded stream as points in time, for drawings, tables and attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.core.model import Exchange
from conformance.protocol.reading import Reading
from conformance.protocol.stream_grammar import Parsed

MAX_DATA = 400
"""Characters of an event's data in a list of events; the body itself is shown whole."""

_PARTS = ("tool_calls", "content", "reasoning_content", "reasoning", "refusal", "function_call", "role")
"""Members of a delta that name a chunk of Chat Completions, the most specific first."""


@dataclass(frozen=True, slots=True)
class Point:
    """An event: its number (from 1), the seconds until it was complete, its kind, its shortened data."""

    number: int
    at: float
    name: str
    data: str


def points(exchange: Exchange) -> list[Point]:
    """The events of an exchange; none if it is not a stream."""
    reading = Reading(exchange)
    if reading.kind != "stream":
        return []
    return [
        Point(parsed.event.number, round(parsed.event.at, 4), _name(parsed), parsed.event.data[:MAX_DATA])
        for parsed in reading.events
    ]


def _name(parsed: Parsed) -> str:
    """The kind of an event: its own name, the type in its data, or the content of a chunk."""
    event, value = parsed.event, parsed.json
    if event.named:
        return event.name
    if event.data.strip() == "[DONE]":
        return "[DONE]"
    if not isinstance(value, dict):
        return "data"
    if isinstance(value.get("type"), str):
        return str(value["type"])
    return "error" if "error" in value else _chunk(value)


def _chunk(value: Mapping[str, object]) -> str:
    choices = value.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else {}
    if not isinstance(choice, dict) or not choice:
        return "usage" if value.get("usage") else "data"
    delta = choice.get("delta")
    told = [name for name in _PARTS if isinstance(delta, dict) and delta.get(name)]
    return told[0] if told else "finish_reason" if choice.get("finish_reason") else "empty delta"
