"""Texts for the terminal in lines of at most 100 characters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from conformance.core.terminal_text import plain

MAX_LINE = 100

_MORE = " …"


def cut(said: str, most: int = MAX_LINE) -> str:
    """A text in one line, cut to a number of characters."""
    whole = plain(said).replace("\n", " ")
    return whole if len(whole) <= most else f"{whole[: max(0, most - len(_MORE))].rstrip()}{_MORE}"


def wrapped(said: str, indent: str = "  ", most: int | None = None) -> list[str]:
    """A paragraph in lines, of which all but the first are indented; at most `most` lines."""
    return textwrap.wrap(
        plain(said), MAX_LINE, subsequent_indent=indent, max_lines=most, placeholder=_MORE,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip


def few(texts: Sequence[str], most: int = 10) -> Iterator[str]:
    """The first texts of a list, each in a line that is indented and cut, and the number of the others."""
    yield from (cut(f"  {text}") for text in texts[:most])
    if len(texts) > most:
        yield f"  and {len(texts) - most} more"
