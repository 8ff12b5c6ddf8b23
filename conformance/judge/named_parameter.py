"""Detects errors about a parameter of the request: a gateway that reads the parameters has the endpoint.

The answer of a missing path names a URL or nothing. Many parameters are plain words, such as `input` or `store`, so
these only count where the text calls them a parameter, quotes them, or says how to set them.

Source: https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from conformance.core import data_files
from conformance.core.pointer import get
from conformance.protocol import family
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading

_CODES = frozenset(
    {"unsupported_parameter", "unsupported_value", "unknown_parameter", "missing_required_parameter", "invalid_value"}
)
_MESSAGES = ("/error/message", "/message", "/detail", "/error")


def names_a_parameter(reading: Reading) -> bool:
    """Whether an error is about a parameter of the request."""
    if get(reading.json, "/error/param", str) or get(reading.json, "/error/code", str) in _CODES:
        return True
    pattern = _pattern(reading.family.name)
    return pattern is not None and any(pattern.search(words) for words in _texts(reading))


def _texts(reading: Reading) -> Iterator[str]:
    """The words of an error: its message, or a body that is plain text. The markup of a page has quoted words, too."""
    if reading.parsed[1] and not reading.text.lstrip().startswith("<"):
        yield reading.text
    yield from (words for place in _MESSAGES if (words := get(reading.json, place, str)))


@cache
def _pattern(endpoint: str) -> re.Pattern[str] | None:
    """Finds the name of a parameter of this endpoint; None if its requests have no schema."""
    file = load_family(endpoint).request
    names = set(data_files.schema(file)["properties"]) - {"model", *family.names()} if file else set()
    if not names:
        return None
    any_name = "|".join(sorted(names, key=len, reverse=True))
    compound = "|".join(sorted((name for name in names if "_" in name), key=len, reverse=True))
    noun = "(?:parameter|field|property|argument|option)s?"
    return re.compile(
        rf"(?i)(?<![\w/.-])(?:{compound})(?![\w/-])"
        rf"|(['\"`])(?:{any_name})\1"
        rf"|\b{noun}:?\s+(?:{any_name})\b|(?<![\w/.-])(?:{any_name})\s+{noun}\b"
        rf"|\b(?:set|setting)\s+(?:{any_name})\b|\A(?:{any_name})\s*[:=]"
        rf"|(?<![\w/.-])(?:{any_name})\s+(?:must|is required|has to)\b"
    )
