"""Detects errors that say that a parameter is not supported.

Which parameters are supported depends on the model: the vendors' own reasoning models refuse `stop`, and some models
refuse `tools`, with an error that calls the parameter unsupported. Errors with other reasons do not count.

Source: https://platform.openai.com/docs/guides/error-codes, https://platform.openai.com/docs/guides/reasoning
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.core.pointer import get
from conformance.protocol.reading import Reading

_CODES = frozenset({"unsupported_parameter", "unsupported_value"})
_WORDS = re.compile(r"(?i)(?:\bnot|n't|\bno longer)\s+(?:\w+\s+){0,2}support|\bunsupported\b")
_NAMES: Mapping[str, re.Pattern[str]] = {
    "tools": re.compile(r"(?i)\b(?:tools|tool_choice|functions|(?:tool|function)[ _-](?:use|calls?|calling))\b"),
    "stop_sequences": re.compile(r"(?i)\bstop(?:_sequences?)?\b"),
    "usage_in_stream": re.compile(r"(?i)\b(?:stream_options|include_usage)\b"),
}
"""Capability -> the names of its parameters in errors. Other capabilities cannot be declined in this way."""


def declined(capability: str, reading: Reading) -> bool:
    """Whether the answer is a 400 that says that a parameter of this capability is not supported."""
    if reading.exchange.status != 400 or capability not in _NAMES:
        return False
    message, code = (get(reading.json, f"/error/{member}", str) or "" for member in ("message", "code"))
    unsupported = code in _CODES or _WORDS.search(message) is not None
    named = f"{message} {get(reading.json, '/error/param', str) or ''}"
    return unsupported and _NAMES[capability].search(named) is not None
