"""The problems of a run, as the first section of its page shows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.analysis import problems
from conformance.analysis.diff import Diff
from conformance.core.plural import counted
from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.report import text
from conformance.report.problems import text as problems_text

MAX_COMMAND = 20_000
"""Characters of a curl command that the page shows."""
NO_COMMAND = "(a long request: its curl command is in run.json)"


@dataclass(frozen=True, slots=True)
class Shown:
    """A problem with its texts. `number` counts from 1, and `anchor` is the id of its element.

    `is_folded` problems are shown at the end: they are known, or cannot make a case fail. `regressed` of the cases
    broke none of the problem's rules in the baseline.
    """

    number: int
    anchor: str
    entry: ProblemEntry
    is_folded: bool
    is_intermittent: bool
    sentence: str
    share: str
    impact: str
    breaks: str
    blame: str
    source: str
    curl: str
    regressed: int


def shown(document: RunDocument, difference: Diff | None = None) -> list[Shown]:
    """The problems of a run: first those that need attention, the worst first, then those that are folded."""
    found = sorted(problems.of(document), key=is_folded)
    broke = {change.id: change.rules for change in difference.of("regressed")} if difference else {}
    return [
        _shown(document, problem, number, anchor, broke)
        for number, (problem, anchor) in enumerate(zip(found, anchors(found), strict=True), 1)
    ]


def is_folded(problem: ProblemEntry) -> bool:
    """Whether a problem needs no attention: it is known, or its level cannot make a case fail."""
    return not problems_text.is_listed(problem)


def anchors(found: Sequence[ProblemEntry]) -> Iterator[str]:
    """The id of the element of each problem, which depends on the problem's own id.

    `chat.stream.done@chat_completions,!tools` has `problem-chat.stream.done-chat_completions-not-tools`.
    """
    seen = Counter[str]()
    for problem in found:
        slug = re.sub(r"[^A-Za-z0-9._]+", "-", problem["id"].replace("!", "not-")).strip("-")
        seen[slug] += 1
        yield f"problem-{slug}" if seen[slug] == 1 else f"problem-{slug}-{seen[slug]}"


def title(found: Sequence[Shown]) -> str:
    """The heading: `12 problems: 9 must, 3 should`."""
    levels = Counter(problem.entry["level"] for problem in found if not problem.is_folded)
    if not levels:
        return "Problems"
    parts = [f"{number} {level}" for level, number in sorted(levels.items())]
    return f"{counted(levels.total(), 'problem')}: {', '.join(parts)}"


def folded_title(found: Sequence[Shown]) -> str:
    """The kinds of the folded problems: `3 known problems, 1 problem of level may or info`."""
    kinds = Counter(bool(problem.entry.get("known")) for problem in found if problem.is_folded)
    known = counted(kinds[True], "known problem") if kinds[True] else ""
    minor = f"{counted(kinds[False], 'problem')} of level may or info" if kinds[False] else ""
    return ", ".join(part for part in (known, minor) if part)


def by_case(found: Sequence[Shown]) -> dict[str, list[int]]:
    """Id of a verdict -> the numbers of its problems."""
    numbers: dict[str, list[int]] = {}
    for problem in found:
        for case in problem.entry["cases"]:
            numbers.setdefault(case, []).append(problem.number)
    return numbers


def _shown(
    document: RunDocument, problem: ProblemEntry, number: int, anchor: str, broke: Mapping[str, Sequence[str]]
) -> Shown:
    rule = document["rules"][problem["rule"]]
    exchange = problems_text.example_exchange(document, problem)
    command = exchange["curl"] if exchange else ""
    rules = {*problem["rules"], *problem["follows"]}
    return Shown(
        number=number,
        anchor=anchor,
        entry=problem,
        is_folded=is_folded(problem),
        is_intermittent=problem["shown"]["broken"] < problem["shown"]["inside"],
        sentence=rule["sentence"],
        share=problems_text.share(problem),
        impact=text.IMPACTS[problem["impact"]],
        breaks=rule.get("breaks", ""),
        blame=text.BLAMES[problem["blame"]] if "blame" in problem else "",
        source=problems_text.source(document, problem),
        curl=command if len(command) <= MAX_COMMAND else NO_COMMAND,
        regressed=sum(not rules.isdisjoint(broke.get(case, ())) for case in problem["cases"]),
    )
