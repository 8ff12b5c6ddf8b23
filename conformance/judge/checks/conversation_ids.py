"""The ids of calls are new in their conversation, in any family.

A client answers a call by its id, and sends the whole conversation each time.
Source: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use (the API refuses a conversation
whose tool_use ids repeat), https://platform.openai.com/docs/guides/function-calling
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import JSON, Breach
from conformance.core.pointer import values
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_RULES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "chat_completions": ("chat.tool-call.id-new", ("/messages/*/tool_calls/*/id",)),
    "messages": ("messages.tool-use.id-new", ("/messages/*/content/*/id",)),
    "responses": ("responses.item.call-id-new", ("/input/*/call_id",)),
}
"""Family -> its rule, and the places of the ids in a request."""


@check(*(rule for rule, _ in _RULES.values()), families=tuple(_RULES), on="final", needs=("request",))
def ids_are_new(reading: Reading) -> Iterator[Breach]:
    """No call has the id of a call in the conversation that the request contains."""
    rule, places = _RULES[reading.family.name]
    used = set(_ids(reading.sent, places))
    for call in reading.answer.tool_calls if reading.answer and used else ():
        if call.id in used:
            yield breach(rule, "an id that is new in the conversation", f"{show(call.id)}, as of an earlier call")


def _ids(sent: JSON, places: tuple[str, ...]) -> Iterator[str]:
    for place in places:
        yield from (value for value in values(sent, place) if isinstance(value, str) and value)
