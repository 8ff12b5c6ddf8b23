"""Control tokens of a model's template in the text of an answer, in any family.

A server that serves a model has to parse them: reasoning and calls have places of their own in every API.
Source: https://huggingface.co/docs/transformers/chat_templating
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.core.model import Breach
from conformance.core.pointer import each
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading

_MARKUP = re.compile(r"<\|[a-z_]{2,20}\|>|</?(?:think|tool_call)>|\[/?INST\]|<(?:start|end)_of_turn>")
_TEXTS: Mapping[str, tuple[str, str]] = {
    "chat_completions": ("chat.content.markup", "/choices/*/message/content"),
    "messages": ("messages.content.markup", "/content/*/text"),
    "responses": ("responses.content.markup", "/output/*/content/*/text"),
}
"""Family -> its rule, and the pointer to the text."""


@check(*(rule for rule, _ in _TEXTS.values()), families=tuple(_TEXTS), on="final")
def no_template_marks(reading: Reading) -> Iterator[Breach]:
    """The text has no control tokens of the model's template, unless the request contains them."""
    rule, pointer = _TEXTS[reading.family.name]
    for at, text in each(reading.final, pointer):
        found = _MARKUP.search(text) if isinstance(text, str) else None
        if found and found.group().encode() not in reading.exchange.request.body:
            yield breach(rule, "text without chat template tokens", found.group(), at)
