"""What a family hands to the HTTP side: a JSON body, or the frames of an event stream, each written on its own.

Framing: https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .prompt import JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. Exactly one of `body` and `frames` is used; `input_tokens` feeds the rate limit headers."""

    body: JSON = None
    frames: Sequence[bytes] = ()
    input_tokens: int = 0


def frame(payload: JSON, event: str = "", *, inner_padding: int = 0) -> bytes:
    """One server-sent event; `inner_padding` spaces go before the last brace, as Anthropic pads its events."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    text = text[:-1] + " " * inner_padding + text[-1:]
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {text}\n\n".encode()


DONE = b"data: [DONE]\n\n"
