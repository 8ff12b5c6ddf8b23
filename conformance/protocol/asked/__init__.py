"""The content of a request, read in any family and put into one form, so that two requests can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.core.model import JSON
from conformance.protocol.asked import chat, messages, responses
from conformance.protocol.asked.form import Asked, Call, Choice, Mark, Media, Native, Part, Result, Text, Tool

_READERS: Mapping[str, Callable[[dict[str, JSON]], Asked]] = {
    "chat_completions": chat.asked,
    "responses": responses.asked,
    "messages": messages.asked,
}


def asked(family: str, body: JSON) -> Asked | None:
    """The content of a request's body; None if the body is not an object, or the family is not one of the three."""
    reader = _READERS.get(family)
    return reader(body) if reader and isinstance(body, dict) else None


__all__ = ["Asked", "Call", "Choice", "Mark", "Media", "Native", "Part", "Result", "Text", "Tool", "asked"]
