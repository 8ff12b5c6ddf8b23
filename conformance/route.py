"""Which family's contract a recorded request falls under, by its method, path and headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance import family
from conformance.model import Headers

_TWINS = {"models": "models_anthropic", "model": "model_anthropic"}
"""Endpoints that answer in another shape where `anthropic-version` is sent."""


def family_of(method: str, url: str, headers: Headers) -> str | None:
    """The family's name; None for traffic that is none of ours."""
    path = urlsplit(url).path.rstrip("/")
    found = _by_path(method.upper(), path)
    anthropic = any(name.lower() == "anthropic-version" for name, _ in headers)
    return _TWINS.get(found, found) if found and anthropic else found


def _by_path(method: str, path: str) -> str | None:
    if method == "GET":
        head, _, last = path.rpartition("/models")
        return ("models" if not last else "model") if head or path.startswith("/models") else None
    posted = [loaded for name in family.names() if (loaded := family.load(name)).method == method]
    longest_first = sorted(posted, key=lambda loaded: -len(loaded.path))
    return next((loaded.name for loaded in longest_first if path.endswith(loaded.path)), None)
