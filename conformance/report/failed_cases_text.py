"""The failed cases of a run by problem, a line each, in place of pytest's line for each case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from conformance.analysis import problems
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records.run_format import RunDocument

MAX_LINES = 15


def lines(document: RunDocument, failed: Collection[str]) -> Iterator[str]:
    """How many of the failed cases each problem explains; a case counts for the worst of its problems.

    `failed` are the ids of the cases. Those that belong to no problem get a line each.
    """
    worst: dict[str, str] = {}
    for number, problem in enumerate(problems.of(document), 1):
        for case in problem["cases"]:
            worst.setdefault(case, f"{problem['id']} (problem {number})")
    ranked = Counter(worst[case] for case in failed if case in worst).most_common()
    for name, count in ranked[:MAX_LINES]:
        yield plain(f"FAILED {counted(count, 'case')}: {name}")
    if rest := ranked[MAX_LINES:]:
        yield f"FAILED {counted(sum(count for _, count in rest), 'case')}: {counted(len(rest), 'more problem')}"
    yield from (plain(f"FAILED {case}") for case in failed if case not in worst)
