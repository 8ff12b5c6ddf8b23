"""Several gateways side by side as Markdown, in the dialect of https://github.github.com/gfm/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis.comparison import Column, Comparison
from conformance.analysis.scores import Share
from conformance.records.run_format import LevelEntry, ProblemEntry, ReadinessEntry
from conformance.report.levels import words as level_words
from conformance.report.markdown_text import cell, prose, words
from conformance.report.readiness import words as readiness_words
from conformance.report.text import tally


def render(comparison: Comparison) -> str:
    """The page: the gateways, their problems, and the conformance of each by area."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield from ("# Gateways compared", "", "| gateway | version | date | suite | cases |", "|---|---|---|---|---|")
    for column in comparison.columns:
        outcomes = tally(column.outcomes)
        facts = (cell(column.name), cell(column.version), cell(column.started[:10]), cell(column.suite), outcomes)
        yield f"| {' | '.join(facts)} |"
    if comparison.levels:
        yield from ("", "## Levels", "", LEVELS_HINT, "")
        yield from _table(("family",), comparison.columns, "---|")
    for level in comparison.levels:
        yield f"| {' | '.join((words(level.family), *map(level_text, level.found)))} |"
    if comparison.clients:
        yield from ("", "## Clients", "", CLIENTS_HINT, "")
        yield from _table(("client",), comparison.columns, "---|")
    for client in comparison.clients:
        yield f"| {' | '.join((prose(client.name), *map(_readiness, client.found)))} |"
    if comparison.problems:
        yield from ("", f"## Problems ({len(comparison.problems)})", "", PROBLEMS_HINT, "")
        yield from _table(("level", "problem"), comparison.columns, "---|")
    for problem in comparison.problems:
        told = (prose(sentence) for sentence in (problem.sentence, problem.hurt) if sentence)
        what = " ".join((cell(problem.rule), *told))
        yield f"| {' | '.join((problem.level, what, *map(_found, problem.found)))} |"
    yield from ("", "## Conformance by area", "")
    yield "Conformant cases / applicable cases. A case is conformant if it broke no `must` rule; `-`: no case applies."
    yield from ("", *_table(("endpoint", "area"), comparison.columns, "--:|"))
    for row in comparison.rows:
        name = words(row.endpoint)
        head = (f"**{name}**", "**all**") if not row.area else (name, words(row.area))
        yield f"| {' | '.join((*head, *map(share_text, row.shares)))} |"


PROBLEMS_HINT = (
    "For each gateway: where it shows the problem, and how often. An empty cell means that it does not, "
    "or that none of its cases could show it."
)


LEVELS_HINT = f"The level of each gateway, and how many cases apply to it. {level_words.LEGEND}"


def level_text(found: LevelEntry | None) -> str:
    """`agent, 412 of 430 apply`, or `-` if a run does not tell."""
    return level_words.reached(found) if found else "-"


CLIENTS_HINT = f"Which clients work with each gateway. {readiness_words.LEGEND}"


def _readiness(found: ReadinessEntry | None) -> str:
    status, titles = readiness_texts(found)
    return f"{status}: {prose(titles)}" if titles else status


def readiness_texts(found: ReadinessEntry | None) -> tuple[str, str]:
    """Whether a client works with one gateway, and the needs that decide about it."""
    if found is None:
        return "-", ""
    needs = readiness_words.deciding(found) if found["status"] in ("not_ready", "limited") else []
    missing = readiness_words.absence(found) if needs else ""
    return readiness_words.status(found["status"]), missing or ", ".join(need["title"] for need in needs)


def _found(found: Sequence[ProblemEntry]) -> str:
    """The conditions under which one gateway shows a problem."""
    return "<br>".join(f"{prose(problem['scope']['words'])}: {often(problem)}" for problem in found)


def often(problem: ProblemEntry) -> str:
    """In how many exchanges of its scope a problem shows."""
    return f"{problem['shown']['broken']} of {problem['shown']['inside']}"


def _table(first: Sequence[str], columns: Sequence[Column], kind: str) -> Iterator[str]:
    """The head of a table with a column for each gateway; `kind` is their delimiter."""
    yield f"| {' | '.join((*first, *(cell(column.name) for column in columns)))} |"
    yield f"|{'---|' * len(first)}{kind * len(columns)}"


def share_text(share: Share | None) -> str:
    """`conformant/applicable`, or `-` if no case applies."""
    if share is None or not share.applicable:
        return "-"
    return f"{share.conformant}/{share.applicable}"
