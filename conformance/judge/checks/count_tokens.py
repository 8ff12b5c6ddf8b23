"""Token counts, beyond their schema: the count of a prompt is not zero.

Source: https://docs.anthropic.com/en/docs/build-with-claude/token-counting
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading


@check("count-tokens.counted", families=("count_tokens",), on="json")
def counted(reading: Reading) -> Iterator[Breach]:
    """The count is not zero if there are messages. (A case checks that a request without messages is refused.)"""
    messages = get(reading.sent, "/messages", list)
    if messages and get(reading.json, "/input_tokens", int) == 0:
        yield breach("count-tokens.counted", "at least 1", "0", "/input_tokens")
