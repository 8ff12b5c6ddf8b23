"""Numbers with nouns, for texts."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 case`, `1,447 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
