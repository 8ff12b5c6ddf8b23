"""Parts of a Markdown page: spans, folded blocks, and a page of bounded length.

The dialect is https://github.github.com/gfm/. Text from a gateway appears in code spans only, so that it cannot make
links, mentions or images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.report import text

MAX_SPAN = 300
"""Characters of a text of the gateway."""
_NAME = re.compile("[a-z0-9_/-]+")
"""The names of endpoints, families and areas, without characters that Markdown interprets."""
_PROSE = re.compile(r"(?:[A-Za-z0-9 ,.;()'\"/=>%-]|: |`[^`|\n]+`)+")
"""Sentences without characters that Markdown interprets, except in code spans."""
_LINKED = ("//", "www.")
"""GitHub makes links of addresses without any markup."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a page. Parts of a low rank get their room first: 0 is what a page must not lose."""

    rank: int
    lines: Iterable[str]


def page(parts: Sequence[Part], longest: int) -> str:
    """The parts in their order, with at most `longest` characters; lines that do not fit are counted at the end."""
    room = longest - 100
    cut: dict[int, _Cut] = {}
    for index, part in sorted(enumerate(parts), key=lambda pair: pair[1].rank):
        cut[index] = _Cut(room)
        cut[index].add(part.lines)
        room = cut[index].room
    lines = [line for index in range(len(parts)) for line in cut[index].closed()]
    dropped = sum(one.dropped for one in cut.values())
    return "\n".join([*lines, *(["", f"*{dropped} more lines are in the full report.*"] if dropped else [])]) + "\n"


@dataclass(slots=True)
class _Cut:
    """Lines up to a length; the others are counted. Open folds keep the room for their ends."""

    room: int
    lines: list[str] = field(default_factory=list)
    dropped: int = 0

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            cost = len(line) + 1 + (len(_END) if line.startswith(_OPEN) else 0)
            if line == _CLOSE:
                cost = 0
            if self.dropped or cost > self.room:
                self.dropped += 1
            else:
                self.room -= cost
                self.lines.append(line)

    def closed(self) -> list[str]:
        opened = sum(line.startswith(_OPEN) for line in self.lines) - self.lines.count(_CLOSE)
        return [*self.lines, *["", _CLOSE] * opened]


_OPEN = "<details>"
_CLOSE = "</details>"
_END = f"\n{_CLOSE}\n"


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines below a summary that opens them; the summary is the suite's own text, which HTML does not interpret."""
    yield from (f"{_OPEN}<summary>{summary}</summary>", "", *lines, "", _CLOSE)


def listed(items: Sequence[str], most: int) -> Iterator[str]:
    """The first items of a list, and the number of the others."""
    yield from (f"- {item}" for item in items[:most])
    if len(items) > most:
        yield f"- and {len(items) - most} more"


def cases(ids: Sequence[str], most: int) -> Iterator[str]:
    """The ids of cases, folded."""
    yield from folded(counted(len(ids), "case"), listed([code(name) for name in ids], most))


def code(content: str) -> str:
    """A text as a code span on one line, with more backticks around it than in it."""
    line = " ".join(plain(content).split())
    line = line if len(line) <= MAX_SPAN else line[: MAX_SPAN - 1] + "…"
    if not line:
        return ""
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(content: str) -> str:
    """A code span in a table; a pipe would end the column even there."""
    return code(content).replace("|", "\\|") or "-"


def prose(content: str) -> str:
    """A sentence of the suite as it is; as a code span in a table if it contains anything that Markdown interprets."""
    is_plain = _PROSE.fullmatch(content) and not any(link in content for link in _LINKED)
    return content if is_plain else cell(content)


def words(name: str) -> str:
    """A name of the suite as words; any other name, which a foreign report may have, as a code span."""
    return text.words(name) if _NAME.fullmatch(name) else cell(name)


def block(content: str) -> str:
    """A command as a code block, with a longer fence than any in it; one text, so that it is never cut."""
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", content)), 3)
    return f"{fence}sh\n{plain(content)}\n{fence}"
