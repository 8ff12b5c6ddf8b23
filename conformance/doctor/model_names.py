"""Compares the name of a model with the gateway's list."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

_CLOSE, _SAME = 0.5, 0.86
"""The similarity (difflib) from which a name is worth a mention, and from which it is a misspelling."""


def nearest(name: str, listed: Sequence[str]) -> list[str]:
    """The listed names nearest to a name, at most three; those that mean the same come first."""
    same = [one for one in listed if _core(one) == _core(name)]
    by_core = {_core(one): one for one in reversed(listed)}
    near = difflib.get_close_matches(_core(name), list(by_core), n=3, cutoff=_CLOSE)
    inside = [one for one in listed if _core(name) and (_core(one) in _core(name) or _core(name) in _core(one))]
    return list(dict.fromkeys([*same, *(by_core[core] for core in near), *inside]))[:3]


def meant(name: str, listed: Sequence[str]) -> str:
    """The listed name that a name misspells; "" if it is another model."""
    if name in listed:
        return ""
    same = [one for one in listed if _core(one) == _core(name)]
    if same:
        return same[0]
    near = nearest(name, listed)
    close = [one for one in near if _is_slip(_core(one), _core(name))]
    return next((one for one in close if _digits(one) == _digits(name)), "")


def _is_slip(name: str, other: str) -> bool:
    """Whether two names are nearly the same, or the same with two neighbours exchanged."""
    if difflib.SequenceMatcher(None, name, other).ratio() >= _SAME:
        return True
    differing = [index for index, (one, two) in enumerate(zip(name, other, strict=False)) if one != two]
    return (
        len(name) == len(other)
        and len(differing) == 2
        and differing[1] == differing[0] + 1
        and sorted(name) == sorted(other)
    )


def difference(name: str, listed: str) -> str:
    """How a name differs from the listed one, as a clause."""
    if name.strip() == listed:
        return "it has spaces around it"
    if name.lower() == listed.lower():
        return "its capitals differ"
    if name.rpartition("/")[2] == listed.rpartition("/")[2]:
        return "the provider's prefix differs"
    return "it is spelled differently"


def _core(name: str) -> str:
    """A name without the provider's prefix, a date or a tag at its end, capitals and separators."""
    last = name.strip().lower().rpartition("/")[2]
    last = re.sub(r"[@:]?-?(?:latest|\d{8}|\d{4}-\d{2}-\d{2}|:free)$", "", last)
    return re.sub(r"[^a-z0-9]", "", last)


def _digits(name: str) -> str:
    """The version in a name; two versions are two models."""
    return re.sub(r"\D", "", _core(name))
