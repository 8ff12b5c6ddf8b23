"""The answer that an API passes to the HTTP side: a JSON body, or the events of a stream, one write each.

Framing: https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .prompt import JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """A success with either `body` or `frames`; `input_tokens` is for the rate limit headers."""

    body: JSON = None
    frames: Sequence[bytes] = ()
    input_tokens: int = 0


def frame(payload: JSON, event: str = "", *, inner_padding: int = 0) -> bytes:
    """One server-sent event; `inner_padding` spaces are put before the last brace, as Anthropic does."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    text = text[:-1] + " " * inner_padding + text[-1:]
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {text}\n\n".encode()


DONE = b"data: [DONE]\n\n"
