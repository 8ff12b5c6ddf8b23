"""Two endpoints beside that of the answers: the compaction of a conversation, and the count of its tokens.

Sources: openai-python 3.57 openai/types/responses/compacted_response.py and input_token_count_response.py.
"""

from __future__ import annotations

import time

from ..identity import Seal, fresh
from ..prompt import JSON, Prompt
from ..tokens import count, of_prompt
from ..wire import Answer
from .compaction import closed
from .parse import parse
from .rules import check
from .store import Store


def compact(body: JSON, models: tuple[str, ...], store: Store, seal: Seal) -> Answer:
    """The messages of the user, then one item with all of the conversation. Raises `Refused`."""
    history, prompt = _read(body, models, store, seal)
    told = "\n".join(turn.text for turn in prompt.turns if turn.text)
    kept = [item for item in history if item["type"] == "message" and item["role"] == "user"]
    item = {"id": fresh("cmp_", 48), "type": "compaction", "encrypted_content": closed(told)}
    used, written = of_prompt(prompt), count(told)
    usage = {
        "input_tokens": used,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used + written,
    }
    head = {"id": fresh("resp_", 48), "object": "response.compaction", "created_at": int(time.time())}
    return Answer(body={**head, "output": [*kept, item], "usage": usage}, input_tokens=used)


def count_tokens(body: JSON, models: tuple[str, ...], store: Store, seal: Seal) -> Answer:
    """The tokens of the prompt that the request has. Raises `Refused`."""
    _, prompt = _read(body, models, store, seal)
    return Answer(body={"object": "response.input_tokens", "input_tokens": of_prompt(prompt)})


def _read(body: JSON, models: tuple[str, ...], store: Store, seal: Seal) -> tuple[list[JSON], Prompt]:
    check(body, models)
    history = store.resolved(body)
    return history, parse(body, history, seal)
