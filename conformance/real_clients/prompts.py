"""Prompts, tools and schemas that the scenarios share. Any model can follow them."""

from __future__ import annotations

from typing import Any

PONG = "Reply with exactly: pong"
QUESTION = "What is the weather in Oslo?"
BIRDS = "Reply with exactly: Grüße 🐦 an 鳥"
LINE_SEPARATOR = "Reply with exactly: one\u2028two"

CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
CHAT_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Tells the weather in a city", "parameters": CITY},
}
RESPONSES_TOOL: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather in a city",
    "parameters": CITY,
    "strict": True,
}
MESSAGES_TOOL: dict[str, Any] = {
    "name": "get_weather",
    "description": "Tells the weather in a city",
    "input_schema": CITY,
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
"""A PNG image of one pixel, in base64."""


def user(text: str) -> list[dict[str, Any]]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]


def says(text: str | None, expected: str = "pong") -> None:
    """Raises AssertionError if a text does not contain what the prompt asked for; the case of letters is free."""
    assert text, "the answer has no text"
    assert expected.lower() in text.lower(), f"the answer is {text!r}, and not {expected!r}"


def person() -> Any:
    """The type of parsed structured output."""
    from pydantic import create_model

    return create_model("Person", name=(str, ...), age=(int, ...))
