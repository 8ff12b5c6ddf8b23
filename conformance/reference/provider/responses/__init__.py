"""The Responses API: https://platform.openai.com/docs/api-reference/responses."""

from __future__ import annotations

from ..cache import Cache
from ..errors import Refused
from ..identity import Seal
from ..openai_common import check_context
from ..prompt import JSON
from ..scripted_model import last_question
from ..tokens import of_prompt
from ..weak_model import check_tools, context, reply
from ..wire import Answer
from . import shown
from .beside import compact, count_tokens
from .build import ResponseBuilder
from .parse import parse
from .rules import check
from .store import Store
from .stream import frames

__all__ = ["Store", "answer", "compact", "count_tokens"]


def answer(body: JSON, models: tuple[str, ...], store: Store, seal: Seal, cache: Cache) -> Answer:
    """The answer to a request's body. Raises `Refused`. The response is stored unless `store` is false."""
    check(body, models)
    check_tools(body["model"], body)
    history = store.resolved(body)
    prompt = parse(body, history, seal)
    used = of_prompt(prompt)
    check_context(used + (prompt.cap or 0), context(body["model"]), "input")
    cached = cache.automatic(body["model"], prompt, used).read
    wanted = shown.asked(body, last_question(prompt.turns), used)
    if wanted.error and not body.get("stream"):
        raise Refused("The model met an error.", code=wanted.error, status=500)
    builder = ResponseBuilder(body, reply(body["model"], prompt, body), used, seal, cached, shown=wanted)
    response = builder.completed()
    store.conversations.add(body, history, response["output"])
    unwatched = bool(body.get("background")) and not body.get("stream")
    streamed = frames(body, builder.started, response, wanted) if body.get("stream") else ()
    if body.get("store") is not False:
        again = streamed if body.get("background") else ()
        store.keep(response, history, builder.started() if unwatched else None, again)
    if streamed:
        return Answer(frames=streamed, input_tokens=builder.input_tokens)
    return Answer(body=builder.started("queued") if unwatched else response, input_tokens=builder.input_tokens)
