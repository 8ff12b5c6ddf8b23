"""Chat Completions: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from ..cache import Cache
from ..openai_common import check_context
from ..prompt import JSON
from ..tokens import of_prompt
from ..weak_model import check_tools, context, reply
from ..wire import Answer
from .build import Completion
from .parse import parse
from .rules import check

__all__ = ["answer"]


def answer(body: JSON, models: tuple[str, ...], cache: Cache) -> Answer:
    """The answer to a request's body. Raises `Refused`."""
    check(body, models)
    check_tools(body["model"], body)
    prompt = parse(body)
    used = of_prompt(prompt)
    check_context(used + (prompt.cap or 0), context(body["model"]), "messages")
    cached = cache.automatic(body["model"], prompt, used).read
    completion = Completion(body, reply(body["model"], prompt, body), used, cached)
    if body.get("stream"):
        return Answer(frames=completion.frames(), input_tokens=completion.prompt_tokens)
    return Answer(body=completion.body(), input_tokens=completion.prompt_tokens)
