"""A word that occurs nowhere else: seen in an answer, it shows that the prompt reached the model."""

from __future__ import annotations

import hashlib

_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu", "zo")


def canary(seed: str) -> str:
    """The word of a test: the same in every run, so that runs compare; five letters' worth of tokens or so."""
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[:4]).capitalize()
