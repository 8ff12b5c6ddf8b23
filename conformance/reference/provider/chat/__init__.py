"""Chat Completions: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from ..cache import Cache
from ..openai_common import check_context
from ..prompt import JSON
from ..scripted_model import think
from ..tokens import of_prompt
from ..wire import Answer
from .build import Completion
from .parse import parse
from .rules import check

__all__ = ["answer"]


def answer(body: JSON, models: tuple[str, ...], cache: Cache) -> Answer:
    """The answer to a request's body. Raises `Refused`."""
    check(body, models)
    prompt = parse(body)
    used = of_prompt(prompt)
    check_context(used, "messages")
    cached = cache.automatic(body["model"], prompt, used).read
    completion = Completion(body, think(prompt), used, cached)
    if body.get("stream"):
        return Answer(frames=completion.frames(), input_tokens=completion.prompt_tokens)
    return Answer(body=completion.body(), input_tokens=completion.prompt_tokens)
