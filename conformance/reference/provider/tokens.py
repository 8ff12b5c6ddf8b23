"""A deterministic, lossless tokeniser without a vocabulary; its counts are plausible."""

from __future__ import annotations

import json
import re
import zlib

from .prompt import JSON, Image, Prompt, Tool, Turn

_PIECE = re.compile(r"\s?[^\W_]{1,6}|\s?\S|\s")
_PER_TURN = 3
_PER_TOOL = 8
_ALTERNATIVES = ("the", " a", " and", ".", ",", " of", " to", "\n", " in", "I", " is", "!", "?", " it", "0", " on",
                 "A", " for", "-", "The", " as", "1")  # fmt: skip


def split(text: str) -> list[str]:
    """The tokens of a text; joined, they are the text."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """The number of tokens of a text."""
    return len(_PIECE.findall(text))


CONTEXT = 200_000
"""The most tokens that a prompt may have."""


def of_prompt(prompt: Prompt) -> int:
    """The tokens of a prompt: its turns, their images, the tools and the output schema."""
    schema = count(json.dumps(prompt.schema)) if prompt.schema is not None else 0
    return sum(map(_of_turn, prompt.turns)) + sum(map(_of_tool, prompt.tools)) + schema


def _of_turn(turn: Turn) -> int:
    calls = sum(count(call.name) + count(call.arguments) for call in turn.calls)
    return _PER_TURN + count(turn.text) + calls + sum(map(_of_image, turn.images))


def _of_image(image: Image) -> int:
    """Anthropic documents about width x height / 750 tokens for an image."""
    return 1 + image.width * image.height // 750


def _of_tool(tool: Tool) -> int:
    return _PER_TOOL + count(tool.name) + count(tool.description) + count(json.dumps(tool.schema))


def logprob(token: str, alternatives: int) -> JSON:
    """A token's log probability with its most likely alternatives, of which it is the first.

    Shape: `ChatCompletionTokenLogprob` in https://github.com/openai/openai-openapi.
    """
    chosen = _scored(token, -(zlib.crc32(token.encode()) % 900) / 10_000)
    others = [each for each in _ALTERNATIVES if each != token][: max(alternatives - 1, 0)]
    ranked = [_scored(each, -3.0 - 0.5 * rank) for rank, each in enumerate(others)]
    return {**chosen, "top_logprobs": [chosen, *ranked] if alternatives else []}


def _scored(token: str, score: float) -> dict[str, JSON]:
    return {"token": token, "logprob": score, "bytes": list(token.encode())}
