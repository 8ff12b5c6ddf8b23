"""Reads the token counts that an answer reports from its bytes, for any family."""

from __future__ import annotations

import re

_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_COUNTED = re.compile(rb'"(prompt|input|completion|output)_tokens"\s*:\s*(\d{1,12})')


def tokens(body: bytes) -> tuple[int, int]:
    """Return (input tokens, output tokens); (0, 0) without a usage object. In a stream, the last one counts."""
    last: dict[bytes, int] = {}
    for usage in _USAGE.split(body):
        # Only the first count of each kind belongs to the usage object: later ones may count something else. Reversed,
        # the first match overwrites the later ones.
        last |= {name: int(number) for name, number in reversed(_COUNTED.findall(usage))}
    if not last.keys() & {b"completion", b"output"}:
        return 0, 0
    return last.get(b"prompt", last.get(b"input", 0)), last.get(b"completion", last.get(b"output", 0))
