"""The tokens that an answer reports, read from its bytes whatever the family."""

from __future__ import annotations

import re

_USAGE = re.compile(rb'"usage"\s*:\s*\{')
_COUNTED = re.compile(rb'"(prompt|input|completion|output)_tokens"\s*:\s*(\d{1,12})')


def tokens(body: bytes) -> tuple[int, int]:
    """Tokens in and out, from a usage object anywhere in a body: a stream's last word counts; (0, 0) without one."""
    last: dict[bytes, int] = {}
    for usage in _USAGE.split(body):
        # What follows may count something else, such as the tokens of tools: the first of each kind is its own.
        last |= {name: int(number) for name, number in reversed(_COUNTED.findall(usage))}
    if not last.keys() & {b"completion", b"output"}:
        return 0, 0
    return last.get(b"prompt", last.get(b"input", 0)), last.get(b"completion", last.get(b"output", 0))
