"""The problems of a run as Markdown: a table with a row each, and what is behind each row, folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.analysis import problems
from conformance.core.plural import counted
from conformance.records import run_file
from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.report.markdown_text import block, cases, cell, code, folded, prose
from conformance.report.problems import text as problems_text
from conformance.report.problems.own import hurt, is_own

MAX_ROWS = 20
"""Rows of the table that are seen at once: a summary fits on one screen."""
MAX_CASES = 10
"""Cases of a problem; the others are in the full report."""
MAX_CURL = 1_500
"""Characters of a curl command; longer ones are only in the full report."""


def table(document: RunDocument) -> Iterator[str]:
    """The problems, the worst first; then those that are known, folded, and the number of the others."""
    found = problems.of(document)
    told = [problem for problem in found if is_own(problem)]
    known = [problem for problem in found if "known" in problem]
    if told:
        yield from ("", f"### {counted(len(told), 'problem')}", "", *_rows(document, told[:MAX_ROWS], 1))
    if len(told) > MAX_ROWS:
        yield from ("", *folded(f"{len(told) - MAX_ROWS} more", _rows(document, told[MAX_ROWS:], MAX_ROWS + 1)))
    if known:
        yield from ("", *folded(counted(len(known), "known problem"), _rows(document, known, len(told) + 1)))
    if others := _others(found):
        yield from ("", f"Not listed: {others}.")


def details(document: RunDocument) -> Iterator[str]:
    """The parts behind each row: an example, which clients break, how to reproduce it, the source and the cases."""
    told = [problem for problem in problems.of(document) if is_own(problem)]
    if told:
        lines = (line for number, problem in enumerate(told, 1) for line in _detail(document, problem, number))
        yield from ("", *folded("Examples, curl commands and cases of each problem", lines))


def _others(found: Sequence[ProblemEntry]) -> str:
    """The problems that have no row, counted."""
    own = [problem for problem in found if "known" not in problem]
    upstream = sum(problem.get("blame") == "upstream" for problem in own)
    levels = Counter(
        problem["level"] for problem in own if problem.get("blame") != "upstream" and not run_file.can_fail(problem)
    )
    parts = [f"{counted(count, 'problem')} of the level `{level}`" for level, count in levels.items()]
    return ", ".join([*parts, *([f"{counted(upstream, 'problem')} of the upstream"] if upstream else [])])


def _rows(document: RunDocument, found: Sequence[ProblemEntry], first: int) -> Iterator[str]:
    """A table of problems, numbered from `first`."""
    yield from ("| # | level | problem | where | how often | who is hurt | tests |", "|--:|---|---|---|---|---|--:|")
    for number, problem in enumerate(found, first):
        others = len(problem["rules"]) - 1
        more = f" (and {counted(others, 'rule')} with it)" if others else ""
        columns = (
            str(number),
            problem["level"],
            f"{cell(problem['rule'])}{more} {prose(document['rules'][problem['rule']]['sentence'])}",
            prose(problem["scope"]["words"]),
            problems_text.share(problem),
            prose(hurt(document, problem)),
            str(len(problem["cases"])),
        )
        yield f"| {' | '.join(columns)} |"


def _detail(document: RunDocument, problem: ProblemEntry, number: int) -> Iterator[str]:
    example = problem["example"]
    yield from (f"**{number}.** {code(problem['id'])}", "")
    yield f"- expected {code(example['expected'])}, got {code(example['got'])}, in {code(example['case'])}"
    if "without" in problem:
        yield f"- not in {code(problem['without']['case'])}"
    if len(problem["rules"]) > 1:
        yield f"- breaks with it: {_list(problem['rules'][1:])}"
    if problem["follows"]:
        yield f"- follows from it: {_list(problem['follows'])}"
    if "blame" in problem:
        yield "- blame: the gateway; its upstream, tested directly, keeps this rule"
    yield f"- source: {code(problems_text.source(document, problem))}"
    exchange = problems_text.example_exchange(document, problem)
    if exchange is not None and len(exchange["curl"]) <= MAX_CURL:
        yield from ("", block(exchange["curl"]))
    yield from ("", *cases(problem["cases"], MAX_CASES), "")


def _list(rules: Sequence[str]) -> str:
    return ", ".join(map(code, rules))
