"""Plausibility of token counts, for all families. Tokenizers differ, so the limits are wide."""

from __future__ import annotations

_TIMES = 5
"""No tokenizer needs this many times the tokens of another one, on average."""

_LIMITS = range(8, 1000)
"""The limits that are checked: smaller than any model's context, and large enough for an average."""


_EXACT_LIMITS = range(1, 1000)
"""The limits that a cut answer uses up: with larger ones, the model's context may end before."""


def misses(count: int, limit: int) -> bool:
    """Whether the count of an answer that was truncated at the limit is another number."""
    return limit in _EXACT_LIMITS and count != limit


def far_below(count: int, limit: int) -> bool:
    """Whether the count of an answer that was truncated at the limit is too small to be right."""
    return limit in _LIMITS and count * _TIMES < limit
