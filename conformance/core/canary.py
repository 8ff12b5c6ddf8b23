"""Canary words: rare words that show, when an answer repeats them, that the prompt reached the model."""

from __future__ import annotations

import hashlib

_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu", "zo")


def canary(seed: str) -> str:
    """Return the canary word for a test id: four syllables, such as `Bafigome`, the same in every run."""
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[:4]).capitalize()
