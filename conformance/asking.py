"""What a request asks for word for word, which every model does, and what takes more: memory, a tool's result."""

from __future__ import annotations

import json

from conformance.model import JSON, Step

LITERALLY = "reply with exactly: "


def takes_more(step: Step) -> bool:
    """Whether the expected text is nowhere asked for word for word, but has to be found in what was said."""
    body = step.request.get("body")
    return not all(literally(body, word) for word in _wanted(step.expect))


def names_values(step: Step) -> bool:
    """Whether a call is expected with values among its arguments."""
    return any("arguments" in call for call in (step.expect.get("answer") or {}).get("tool_calls") or ())


def literally(body: JSON, word: str) -> bool:
    """Whether a request asks to reply with exactly this."""
    return f"{LITERALLY}{_escaped(word)}" in _text(body)


def times(body: JSON, word: str) -> int:
    """How often a word may come in the answer that a request asks for word for word; 0 where it does not ask so."""
    return _text(body).count(_escaped(word)) if literally(body, word) else 0


def _text(body: JSON) -> str:
    return json.dumps(body, ensure_ascii=False).lower()


def _wanted(expect: JSON) -> list[str]:
    answer = expect.get("answer") or expect.get("unless_converted", {}).get("answer") or {}
    words = answer.get("contains", [])
    return [words] if isinstance(words, str) else list(words)


def _escaped(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1].lower()
