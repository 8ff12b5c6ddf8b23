"""Classifies a recorded request: its method, path and headers give the endpoint, and so the rules that apply.

A browser records other traffic too, and `/messages`, `/responses` and `/models` are common paths there. They count
only at the root or after a version (`/v1`). A path that no other API uses (`/chat/completions`), and any path with
the header `anthropic-version`, counts below any prefix.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from conformance.core.model import Headers
from conformance.protocol import family
from conformance.protocol.family import load_family

_TWINS = {"models": "models_anthropic", "model": "model_anthropic"}
"""Endpoint -> the one whose form the answer has if `anthropic-version` is sent."""

_UNIQUE = ("chat_completions", "count_tokens")

_BASE = re.compile(r"(?:.*/(?:v\d+\w*|openai|anthropic))?")
"""The part before an endpoint's path: nothing, a version, or a gateway's name for the API."""


def family_of(method: str, url: str, headers: Headers) -> str | None:
    """The family's name; None for other traffic. Raises ValueError for an invalid URL."""
    path = urlsplit(url).path.rstrip("/")
    anthropic = any(name.lower() == "anthropic-version" for name, _ in headers)
    found = _fetched(path, anthropic) if method.upper() == "GET" else _posted(method.upper(), path, anthropic)
    return _TWINS.get(found, found) if found and anthropic else found


def _fetched(path: str, anthropic: bool) -> str | None:
    """The list of models, or one model, whose id may contain slashes."""
    base, models, model = path.partition("/models")
    if not models or (model and not model.startswith("/")) or not (anthropic or _BASE.fullmatch(base)):
        return None
    return "model" if model else "models"


def _posted(method: str, path: str, anthropic: bool) -> str | None:
    """The endpoint with the longest path that the given path ends with."""
    known = [loaded for name in family.names() if (loaded := load_family(name)).method == method]
    for loaded in sorted(known, key=lambda loaded: -len(loaded.path)):
        base = path.removesuffix(loaded.path)
        if base != path and (anthropic or loaded.name in _UNIQUE or _BASE.fullmatch(base)):
            return loaded.name
    return None
