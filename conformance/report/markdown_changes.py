"""The differences between two runs as Markdown: the counts are seen at once, the cases are folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.analysis.diff import Change, Diff, Slower
from conformance.core.plural import counted
from conformance.report import diff_text
from conformance.report.markdown_text import cases, code, folded, listed

MAX_PROBLEMS = 20
MAX_CASES = 50
"""Changed cases of one kind; the others are in the full report."""
MAX_RULES = 5
MAX_SLOWER = 10


def lines(difference: Diff) -> Iterator[str]:
    """The changes since the baseline: problems, then the cases that they do not explain; the other cases are folded."""
    yield from ("", "### Changes since the baseline", "", diff_text.counts(difference).capitalize() + ".")
    yield from (f"\n> {code(note)}" for note in difference.notes)
    if told := [code(line) for line in diff_text.problem_lines(difference)]:
        yield from ("", *listed(told, MAX_PROBLEMS))
    for kind, heading, changes in diff_text.groups(difference):
        if kind in diff_text.GROUPED or any(change.is_regression for change in changes):
            yield from ("", f"**{heading.capitalize()} ({len(changes)})**{_rules(changes)}", "")
            yield from _by_reason(changes) if kind in diff_text.GROUPED else _cases(counted(len(changes), "case"), changes)
        else:
            yield from ("", *_cases(f"{len(changes):,} {heading}", changes))
        if kind == "lost":
            yield from ("", diff_text.ADVICE.capitalize() + ".")
    yield from _slower(difference.slower)


def _rules(changes: Sequence[Change]) -> str:
    """The rules that changes are about, the most frequent first."""
    found = Counter(rule for change in changes for rule in change.rules).most_common()
    shown = [f"{code(rule)} ({count})" for rule, count in found[:MAX_RULES]]
    more = [f"and {counted(len(found) - MAX_RULES, 'more rule')}"] if len(found) > MAX_RULES else []
    return f": {', '.join([*shown, *more])}" if shown else ""


def _cases(summary: str, changes: Sequence[Change]) -> Iterator[str]:
    """A folded list of cases, each with its outcomes and rules, or with the reason why it was not judged."""
    why = (f": {change.reason}" if change.reason else "" for change in changes)
    items = [code(diff_text.change_line(change) + reason) for change, reason in zip(changes, why, strict=True)]
    yield from folded(summary, listed(items, MAX_CASES))


def _by_reason(changes: Sequence[Change]) -> Iterator[str]:
    """Each reason, with a folded list of its cases."""
    for reason, found in diff_text.by_reason(changes).items():
        yield from (code(reason), "", *cases([change.id for change in found], MAX_CASES), "")


def _slower(found: Sequence[Slower]) -> Iterator[str]:
    """The times that grew most."""
    if found:
        most = sorted(found, key=lambda slow: (slow.was - slow.now, slow.name))
        items = [f"{code(slow.name)}: {slow.what} {slow.was:.2f} s → {slow.now:.2f} s" for slow in most]
        yield from ("", *folded(f"{counted(len(found), 'time')} grew (informational)", listed(items, MAX_SLOWER)))
