"""The prompt cache: long beginnings of prompts, which later prompts may share.

Messages caches up to the blocks that the request marks, the OpenAI APIs cache every long prompt by themselves.

Sources: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching and
https://platform.openai.com/docs/guides/prompt-caching
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from . import tokens
from .prompt import Prompt

SHORTEST = 1024
"""Tokens. Shorter beginnings are not cached."""

_STEP = 128
"""Tokens. The OpenAI APIs cache in steps of this size."""

_KEPT = 20_000
"""The number of beginnings that are kept; the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Share:
    """The tokens of a prompt that were read from the cache and written to it, some of them for an hour."""

    read: int = 0
    written: int = 0
    for_an_hour: int = 0


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a prompt: its text in some unambiguous form, its tokens, and whether to keep it for an hour."""

    text: str
    tokens: int
    for_an_hour: bool = False


class Cache:
    """The beginnings that a process has seen, of all models and APIs."""

    def __init__(self) -> None:
        self._known: dict[bytes, None] = {}

    def marked(self, beginnings: Sequence[Beginning]) -> Share:
        """The share of a prompt with marked beginnings, the shortest first, which are cached from now on."""
        long = [each for each in beginnings if each.tokens >= SHORTEST]
        read = max((each.tokens for each in long if _key(each.text) in self._known), default=0)
        new = [each for each in long if each.tokens > read]
        for each in long:
            self._keep(_key(each.text))
        written = max((each.tokens for each in new), default=read) - read
        hours = max((each.tokens for each in new if each.for_an_hour), default=read) - read
        return Share(read, written, hours)

    def automatic(self, model: str, prompt: Prompt, used: int) -> Share:
        """The share of a prompt of an OpenAI API, of which `used` tokens count. Its last token is never cached."""
        if used <= SHORTEST:
            return Share()
        keys = dict(_steps(model, prompt, used))
        read = max((size for size, key in keys.items() if key in self._known), default=0)
        for key in keys.values():
            self._keep(key)
        return Share(read=read)

    def _keep(self, key: bytes) -> None:
        self._known.pop(key, None)
        self._known[key] = None
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]


def _steps(model: str, prompt: Prompt, used: int) -> Iterator[tuple[int, bytes]]:
    """The sizes up to which a prompt can be cached, each with the key of that beginning."""
    parts = [
        json.dumps([model, [asdict(tool) for tool in prompt.tools]]),
        *(json.dumps(asdict(turn)) for turn in prompt.turns),
    ]
    digest = hashlib.sha256()
    for size, piece in enumerate((piece for part in parts for piece in tokens.split(part)), 1):
        digest.update(piece.encode())
        if size >= SHORTEST and size % _STEP == 0 and size < used:
            yield size, digest.digest()


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
