"""What a request asks for word for word, which every model does, and what takes more: memory, the use of tools."""

from __future__ import annotations

import json

from conformance.core.model import JSON, Step

LITERALLY = "reply with exactly: "


def takes_more(step: Step) -> bool:
    """Whether the expected text is nowhere asked for word for word, but has to be found in what was said."""
    body = step.request.get("body")
    return not all(literally(body, word) for word in _wanted(step.expect))


def names_values(step: Step) -> bool:
    """Whether a call is expected with values among its arguments."""
    return any("arguments" in call for call in _calls(step))


def tempts(step: Step) -> bool:
    """Whether the model may call a tool, and is expected not to."""
    expected = step.expect["outcome"] != "refusal" and not _calls(step)
    return expected and bool(_tools(step)) and _is_free(step)


def wants_two(step: Step) -> bool:
    """Whether several calls are expected at once."""
    return len(_calls(step)) > 1


def _calls(step: Step) -> JSON:
    return _answer(step.expect).get("tool_calls") or ()


def _answer(expect: JSON) -> JSON:
    """What is expected of an answer, be it that of a body which was converted."""
    return expect.get("answer") or expect.get("unless_converted", {}).get("answer") or {}


def _tools(step: Step) -> JSON:
    body = step.request.get("body")
    return body.get("tools") if isinstance(body, dict) else None


def _is_free(step: Step) -> bool:
    """Whether it is the model that chooses between words and calls."""
    choice = step.request["body"].get("tool_choice") or "auto"
    return (choice.get("type") if isinstance(choice, dict) else choice) == "auto"


def literally(body: JSON, word: str) -> bool:
    """Whether a request asks to reply with exactly this."""
    return f"{LITERALLY}{_escaped(word)}" in _text(body)


def times(body: JSON, word: str) -> int:
    """How often a word may come in the answer that a request asks for word for word; 0 where it does not ask so."""
    return _text(body).count(_escaped(word)) if literally(body, word) else 0


def _text(body: JSON) -> str:
    return json.dumps(body, ensure_ascii=False).lower()


def _wanted(expect: JSON) -> list[str]:
    words = _answer(expect).get("contains", [])
    return [words] if isinstance(words, str) else list(words)


def _escaped(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)[1:-1].lower()
