"""Which family's contract a recorded request falls under, by its method, path and headers.

A browser records other traffic beside ours, and `/messages`, `/responses` and `/models` are common words there.
They count where a path ends as ours do: after a version (`/v1`), or with nothing before them. Only what no
other API is called like (`/chat/completions`), or says itself whose it is (`anthropic-version`), may stand below
any path.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from conformance.core.model import Headers
from conformance.protocol import family
from conformance.protocol.family import load_family

_TWINS = {"models": "models_anthropic", "model": "model_anthropic"}
"""Endpoints that answer in another shape where `anthropic-version` is sent."""

_UNMISTAKABLE = ("chat_completions", "count_tokens")

_BASE = re.compile(r"(?:.*/(?:v\d+\w*|openai|anthropic))?")
"""What stands before an endpoint's path: nothing, a version, or the name that gateways give to a dialect."""


def family_of(method: str, url: str, headers: Headers) -> str | None:
    """The family's name; None for traffic that is none of ours. Raises ValueError where the URL is none."""
    path = urlsplit(url).path.rstrip("/")
    anthropic = any(name.lower() == "anthropic-version" for name, _ in headers)
    found = _got(path, anthropic) if method.upper() == "GET" else _sent(method.upper(), path, anthropic)
    return _TWINS.get(found, found) if found and anthropic else found


def _got(path: str, anthropic: bool) -> str | None:
    """The list of models, or one of them, whose id may have slashes in it."""
    base, models, model = path.partition("/models")
    if not models or (model and not model.startswith("/")) or not (anthropic or _BASE.fullmatch(base)):
        return None
    return "model" if model else "models"


def _sent(method: str, path: str, anthropic: bool) -> str | None:
    """The endpoint with the longest path that this one ends with."""
    known = [loaded for name in family.names() if (loaded := load_family(name)).method == method]
    for loaded in sorted(known, key=lambda loaded: -len(loaded.path)):
        base = path.removesuffix(loaded.path)
        if base != path and (anthropic or loaded.name in _UNMISTAKABLE or _BASE.fullmatch(base)):
            return loaded.name
    return None
