"""Tells the endpoints that a vendor's API defines from other paths and methods."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import urlsplit

from conformance.core import data_files


def is_defined(method: str, url: str) -> bool:
    """Whether a vendor's API has this method at this path below `/v1`. `url` is absolute."""
    path = urlsplit(url).path.partition("/v1/")[2]
    return any(pattern.fullmatch(f"/{path}") for pattern in _patterns(method.upper()))


@cache
def _patterns(method: str) -> tuple[re.Pattern[str], ...]:
    paths = data_files.table("elsewhere/endpoints.yaml").get(method, ())
    return tuple(re.compile(re.escape(path).replace(r"\{\}", "[^/]+")) for path in paths)
