"""Words that a test puts into its prompt: rare, and the same in every run.

An answer that repeats a canary word shows that the prompt reached the model. By the token, the scripted provider
recognises the requests that belong to a test.
"""

from __future__ import annotations

import hashlib

_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "xu", "zo")

_TOKEN_START = "Zq"
_TOKEN_SYLLABLES = 10

TOKEN = rf"{_TOKEN_START}(?:{'|'.join(_SYLLABLES)}){{{_TOKEN_SYLLABLES}}}"
"""A regular expression for tokens."""


def canary(seed: str) -> str:
    """Return the canary word for a test id: four syllables, such as `Bafigome`, the same in every run."""
    return _syllables(seed, 4).capitalize()


def token(seed: str) -> str:
    """Return the token for a seed: letters only, so that it stays whole in JSON, in URLs and in translations."""
    return _TOKEN_START + _syllables(seed, _TOKEN_SYLLABLES)


def _syllables(seed: str, count: int) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[:count])
