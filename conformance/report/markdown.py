"""A run, or what changed, as Markdown for a pull request or GitHub's step summary; never longer than asked.

The dialect is https://github.github.com/gfm/. Text from a gateway stands in code spans only, so that it can
neither link, mention anybody nor draw an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.analysis import route_differences, scores
from conformance.analysis.diff import KINDS, Diff
from conformance.core.model import JSON, Level, Outcome
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.report import diff_text
from conformance.report.text import tally

MAX_LENGTH = 60_000
"""Characters: a comment may have 65,536 (a step summary a megabyte), and some are spent around it."""
MAX_SPAN = 300
_NAME = re.compile("[a-z0-9_/-]+")
"""What endpoints, families and areas are called; nothing in it means anything to Markdown."""


@dataclass(slots=True)
class _Bounded:
    """Lines up to a length; what does not fit any more is counted."""

    room: int
    lines: list[str] = field(default_factory=list)
    dropped: int = 0

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            if self.dropped or len(line) + 1 > self.room:
                self.dropped += 1
            else:
                self.room -= len(line) + 1
                self.lines.append(line)

    def text(self) -> str:
        opened = sum(line.startswith("<details>") for line in self.lines) - self.lines.count("</details>")
        closed = ["", "</details>"] * opened
        rest = ["", f"*{self.dropped} more lines are in the full report.*"] if self.dropped else []
        return "\n".join([*self.lines, *closed, *rest]) + "\n"


def run(document: JSON, difference: Diff | None = None, longest: int = MAX_LENGTH) -> str:
    """A run, with what changed since a baseline first where there is one."""
    page = _Bounded(longest - 100)
    page.add(_head(document))
    if difference is not None:
        page.add(_changes(difference))
    page.add(_endpoints(document))
    page.add(_routes(document))
    page.add(_broken(document))
    page.add(_unverified(document))
    return page.text()


def diff(difference: Diff, longest: int = MAX_LENGTH) -> str:
    """What changed, alone."""
    page = _Bounded(longest - 100)
    page.add(_changes(difference))
    return page.text()


def _head(document: JSON) -> Iterator[str]:
    gateway = document["gateway"]
    name = " ".join(part for part in (gateway.get("name", ""), gateway.get("version", "")) if part)
    yield f"## Conformance of {_code(name or 'the gateway')}"
    yield ""
    yield f"{_code(gateway['base_url'])}: {tally([entry['outcome'] for entry in document['verdicts']]) or 'no cases'}"
    yield from (f"\nroute {_code(name)}: {_code(url)}" for name, url in gateway.get("routes", {}).items())
    if "upstream" in document:
        yield f"\nupstream {_code(document['upstream']['base_url'])}, asked where something broke"
    if ci := document.get("environment", {}).get("ci"):
        yield f"\nmade by {_code(ci['name'])}: {_code(ci['url'])}"
    yield from (f"\n> {_code(note)}" for note in gateway.get("notes", ()))


def _changes(difference: Diff) -> Iterator[str]:
    yield from ("", "### Changes since the baseline", "", diff_text.counts(difference).capitalize() + ".")
    yield from (f"\n> {_code(note)}" for note in difference.notes)
    for kind in KINDS:
        found = difference.of(kind)
        if not found:
            continue
        heading = f"{diff_text.HEADINGS[kind].capitalize()} ({len(found)})"
        yield from ("", f"**{heading}**", "")
        yield from (f"- {_code(diff_text.told(change))}" for change in found)
    if difference.slower:
        yield from ("", f"**Slower ({len(difference.slower)}), which fails nothing**", "")
    for slow in difference.slower:
        yield f"- {_code(slow.name)}: {slow.what} {slow.was:.2f} s → {slow.now:.2f} s"


def _endpoints(document: JSON) -> Iterator[str]:
    yield from ("", "| endpoint | model | conformant | failed | warned | unverified | known | not applicable |")
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for share in scores.by_endpoint(document):
        percent = "-" if share.percent is None else f"{share.percent} %"
        columns: tuple[Outcome, ...] = ("failed", "warned", "unverified", "known", "not_applicable")
        numbers = " | ".join(str(share.outcomes.get(name, 0)) for name in columns)
        yield f"| {words(share.endpoint)} | {cell(share.model)} | {percent} | {numbers} |"


def _routes(document: JSON) -> Iterator[str]:
    """Where the routes to one gateway do not answer alike."""
    found = list(route_differences.differences(document["verdicts"]))
    if found:
        yield from ("", f"### The routes differ ({len(found)})", "")
    yield from (f"- {_code(str(difference))}" for difference in found)


_HEADINGS: Mapping[Level, str] = {"must": "Broken", "should": "Recommendations not followed"}
"""Level -> the heading of its broken rules."""


def _broken(document: JSON) -> Iterator[str]:
    """The broken rules, each with one finding and its cases folded away."""
    for level, heading in _HEADINGS.items():
        cases: dict[str, list[JSON]] = {}
        for entry in document["verdicts"]:
            for rule in sorted(run_file.broken_rules(entry, level)):
                cases.setdefault(rule, []).append(entry)
        if cases:
            yield from ("", f"### {heading}")
        for rule, entries in sorted(cases.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            yield from _rule(rule, level, entries, document["rules"].get(rule, {}))


def _rule(rule: str, level: Level, entries: list[JSON], told: JSON) -> Iterator[str]:
    example = next(finding for finding in run_file.findings(entries[0], level) if finding["rule"] == rule)
    yield from ("", f"**{_code(rule)}** {_code(told.get('sentence', ''))}", "")
    yield f"expected {_code(example['expected'])}, got {_code(example['got'])}"
    yield ""
    yield f"<details><summary>{len(entries)} {'case' if len(entries) == 1 else 'cases'}</summary>"
    yield ""
    yield from (f"- {_code(entry['id'])}" for entry in entries)
    yield from ("", "</details>")


def _unverified(document: JSON) -> Iterator[str]:
    found = [entry for entry in document["verdicts"] if entry["outcome"] == "unverified"]
    if found:
        yield from ("", f"### Unverified ({len(found)})", "")
    yield from (f"- {_code(entry['id'])}: {_code(entry['reason'])}" for entry in found)


def _code(text: str) -> str:
    """A text as a code span on one line: fenced by more backticks than stand in it."""
    line = " ".join(plain(text).split())
    line = line if len(line) <= MAX_SPAN else line[: MAX_SPAN - 1] + "…"
    if not line:
        return ""
    fence = "`" * (max((len(ticks) for ticks in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def cell(text: str) -> str:
    """A code span in a table, whose columns a pipe would end even there."""
    return _code(text).replace("|", "\\|") or "-"


def words(name: str) -> str:
    """A name of the suite's as words; a code span where it is none, as a stranger's report may have it."""
    return name.replace("_", " ") if _NAME.fullmatch(name) else cell(name)
