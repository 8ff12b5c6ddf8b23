"""What all families share in judging counts of tokens, which every tokenizer takes a little differently."""

from __future__ import annotations

_TIMES = 5
"""More tokens than any tokenizer makes of another one's, on average."""

_LIMITS = range(8, 1000)
"""Limits that an answer reaches before the model's context is full, and long enough for a tokenizer's average."""


def far_below(count: int, limit: int) -> bool:
    """Whether an answer that was cut off at a limit cannot have had so few tokens."""
    return limit in _LIMITS and count * _TIMES < limit
