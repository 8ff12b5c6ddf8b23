"""A place in an answer that has the key."""

from __future__ import annotations

from typing import NamedTuple


class Leak(NamedTuple):
    """A place in some bytes, and what to write instead."""

    start: int
    end: int
    instead: bytes
