"""The Messages API: https://docs.anthropic.com/en/api/messages."""

from __future__ import annotations

from ..cache import Cache
from ..errors import Refused
from ..identity import Seal
from ..prompt import JSON
from ..tokens import of_prompt
from ..weak_model import check_tools, context, reply
from ..wire import Answer
from .build import MessageBuilder
from .course import course
from .marks import beginnings
from .parse import parse
from .rules import Dialect, check

__all__ = ["Dialect", "answer", "count_tokens"]


def answer(body: JSON, models: tuple[str, ...], seal: Seal, dialect: Dialect, cache: Cache) -> Answer:
    """The answer to a request's body. Raises `Refused`."""
    check(body, models, dialect)
    check_tools(body["model"], body)
    prompt = parse(body, seal)
    used, fit = of_prompt(prompt), context(body["model"])
    needed = used + (prompt.cap or 0)
    if needed > fit:
        raise Refused(f"messages: the prompt is too long with its limit: {needed} tokens > {fit}")
    marked = cache.marked(beginnings(body, seal))
    builder = MessageBuilder(body, reply(body["model"], prompt, body), used, seal, marked, course(body, prompt, used))
    if body.get("stream"):
        return Answer(frames=builder.frames(), input_tokens=builder.input_tokens)
    return Answer(body=builder.body(), input_tokens=builder.input_tokens)


def count_tokens(body: JSON, models: tuple[str, ...], seal: Seal, dialect: Dialect) -> Answer:
    """The number of tokens of a prompt: the `usage.input_tokens` of its answer, and the cached ones."""
    check(body, models, dialect, counting=True)
    total = of_prompt(parse(body, seal))
    return Answer(body={"input_tokens": total}, input_tokens=total)
