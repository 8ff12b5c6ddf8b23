"""What the schema cannot say of a count: whether there was anything to count.

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
    """Messages have tokens. That none are counted where none were sent is true; that it is not refused, a case says."""
    messages = get(reading.sent, "/messages", list)
    if messages and get(reading.json, "/input_tokens", int) == 0:
        yield breach("count-tokens.counted", "at least 1", "0", "/input_tokens")
