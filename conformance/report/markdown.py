"""A run, or the differences between two, as Markdown for a pull request or GitHub's step summary.

The dialect is https://github.github.com/gfm/. Text from a gateway appears in code spans only, so that it cannot make
links, mentions or images. The length is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.analysis import route_differences, scores
from conformance.analysis.diff import Change, Diff
from conformance.core.model import Level, Outcome
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry
from conformance.report import applicability_text, diff_text, plain_refusals_text, text
from conformance.report.text import tally

MAX_LENGTH = 60_000
"""Characters: a comment may have 65,536, and other text may surround the report."""
MAX_SPAN = 300
_NAME = re.compile("[a-z0-9_/-]+")
"""The names of endpoints, families and areas, without characters that Markdown interprets."""


@dataclass(slots=True)
class _Bounded:
    """Lines up to a length; the others are counted."""

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


def run(document: RunDocument, difference: Diff | None = None, longest: int = MAX_LENGTH) -> str:
    """A run; the differences from the baseline come first, if there is one."""
    page = _Bounded(longest - 100)
    page.add(_head(document))
    if difference is not None:
        page.add(_changes(difference))
    page.add(_endpoints(document, diff_text.lost(difference)))
    page.add(_routes(document))
    page.add(_broken(document))
    page.add(_over_run(document))
    page.add(_unverified(document))
    return page.text()


def diff(difference: Diff, longest: int = MAX_LENGTH) -> str:
    """The differences alone."""
    page = _Bounded(longest - 100)
    page.add(_changes(difference))
    return page.text()


def _head(document: RunDocument) -> Iterator[str]:
    gateway = document["gateway"]
    name = " ".join(part for part in (gateway.get("name", ""), gateway.get("version", "")) if part)
    yield f"## Conformance of {_code(name or 'the gateway')}"
    yield from (f"\n**{_code(line)}**" for line in plain_refusals_text.lines(document))
    yield ""
    yield f"{_code(gateway['base_url'])}: {tally([entry['outcome'] for entry in document['verdicts']]) or 'no cases'}"
    yield from (f"\n{_code(line)}" for line in applicability_text.lines(document))
    yield from (f"\nroute {_code(name)}: {_code(url)}" for name, url in gateway.get("routes", {}).items())
    if "upstream" in document:
        yield f"\nupstream {_code(document['upstream']['base_url'])}, tested where a rule was broken"
    if "environment" in document and "ci" in document["environment"]:
        ci = document["environment"]["ci"]
        yield f"\nrun by {_code(ci['name'])}: {_code(ci['url'])}"
    yield from (f"\n> {_code(note)}" for note in gateway.get("notes", []))


def _changes(difference: Diff) -> Iterator[str]:
    yield from ("", "### Changes since the baseline", "", diff_text.counts(difference).capitalize() + ".")
    yield from (f"\n> {_code(note)}" for note in difference.notes)
    if told := list(diff_text.problem_lines(difference)):
        yield from ("", *(f"- {_code(line)}" for line in told))
    for kind, heading, changes in diff_text.groups(difference):
        yield from ("", f"**{heading.capitalize()} ({len(changes)})**", "")
        if kind in diff_text.GROUPED:
            yield from _by_reason(changes)
        else:
            yield from (f"- {_code(diff_text.change_line(change))}" for change in changes)
        if kind == "lost":
            yield from ("", diff_text.ADVICE.capitalize() + ".")
    if difference.slower:
        yield from ("", f"**Slower ({len(difference.slower)}, informational)**", "")
    for slow in difference.slower:
        yield f"- {_code(slow.name)}: {slow.what} {slow.was:.2f} s → {slow.now:.2f} s"


def _by_reason(changes: Sequence[Change]) -> Iterator[str]:
    """Each reason, with a folded list of its cases."""
    for reason, found in diff_text.by_reason(changes).items():
        yield from (_code(reason), "")
        yield f"<details><summary>{counted(len(found), 'case')}</summary>"
        yield ""
        yield from (f"- {_code(change.id)}" for change in found)
        yield from ("", "</details>", "")


def _endpoints(document: RunDocument, lost: Collection[str]) -> Iterator[str]:
    yield from ("", "| endpoint | model | conformant | failed | warned | unverified | known | not applicable |")
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for share in scores.by_endpoint(document, lost):
        percent = "-" if share.percent is None else f"{share.percent} %"
        columns: tuple[Outcome, ...] = ("failed", "warned", "unverified", "known", "not_applicable")
        numbers = " | ".join(str(share.outcomes.get(name, 0)) for name in columns)
        yield f"| {words(share.endpoint)} | {cell(share.model)} | {percent} | {numbers} |"


def _routes(document: RunDocument) -> Iterator[str]:
    """The cases that the routes answer differently."""
    found = list(route_differences.differences(document["verdicts"]))
    if found:
        yield from ("", f"### The routes differ ({len(found)})", "")
    yield from (f"- {_code(str(difference))}" for difference in found)


_HEADINGS: Mapping[Level, str] = {"must": "Broken required rules", "should": "Recommendations not followed"}
"""Level -> the heading of its broken rules."""


def _broken(document: RunDocument) -> Iterator[str]:
    """The broken rules, each with one finding and a folded list of its cases."""
    for level, heading in _HEADINGS.items():
        cases: dict[str, list[VerdictEntry]] = {}
        for entry in document["verdicts"]:
            for rule in sorted(run_file.broken_rules(entry, level)):
                cases.setdefault(rule, []).append(entry)
        if cases:
            yield from ("", f"### {heading}")
        for rule, entries in sorted(cases.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            sentence = document["rules"][rule]["sentence"] if rule in document["rules"] else ""
            yield from _rule(rule, level, sentence, entries)


def _rule(rule: str, level: Level, sentence: str, entries: list[VerdictEntry]) -> Iterator[str]:
    example = next(finding for finding in run_file.findings(entries[0], level) if finding["rule"] == rule)
    yield from ("", f"**{_code(rule)}** {_code(sentence)}", "")
    yield f"expected {_code(example['expected'])}, got {_code(example['got'])}"
    yield ""
    yield f"<details><summary>{counted(len(entries), 'case')}</summary>"
    yield ""
    yield from (f"- {_code(entry['id'])}" for entry in entries)
    yield from ("", "</details>")


def _over_run(document: RunDocument) -> Iterator[str]:
    """The rules that the answers of a family break together."""
    found = document.get("over_run", [])
    if found:
        yield from ("", "### Broken over the whole run", "")
    for entry in found:
        known = f" ({_code(entry['known'])})" if "known" in entry else ""
        sentence = document["rules"][entry["rule"]]["sentence"] if entry["rule"] in document["rules"] else ""
        yield f"- **{_code(entry['rule'])}** ({entry['level']}, {words(entry['family'])}): {_code(sentence)}{known}"
        cases = counted(len(entry["cases"]), "case")
        yield f"  expected {_code(entry['expected'])}, got {_code(entry['got'])}, in {cases}"


def _unverified(document: RunDocument) -> Iterator[str]:
    found = [entry for entry in document["verdicts"] if entry["outcome"] == "unverified"]
    if found:
        yield from ("", f"### Unverified ({len(found)})", "")
    yield from (f"- {_code(entry['id'])}: {_code(entry['reason'])}" for entry in found)


def _code(content: str) -> str:
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
    return _code(content).replace("|", "\\|") or "-"


def words(name: str) -> str:
    """A name of the suite as words; any other name, which a foreign report may have, as a code span."""
    return text.words(name) if _NAME.fullmatch(name) else cell(name)
