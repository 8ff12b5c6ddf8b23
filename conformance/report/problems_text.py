"""Problems as terminal text: one block each, of at most seven lines, and the counts of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records.run_format import ExchangeEntry, ProblemEntry, RunDocument
from conformance.report import text

MAX_LINE = 100
"""Characters of a line; only a curl command may be longer."""


def lines(document: RunDocument, found: Sequence[ProblemEntry]) -> Iterator[str]:
    """All problems, the worst first."""
    for number, problem in enumerate(found, 1):
        yield from ([""] if number > 1 else [])
        yield from block(document, problem, number)


def block(document: RunDocument, problem: ProblemEntry, number: int) -> Iterator[str]:
    """One problem: what breaks, where and how often, an example, how to reproduce it, and the source."""
    rule = document["rules"][problem["rule"]]
    others = len(problem["rules"]) - 1
    more = f" (and {counted(others, 'rule')} with it)" if others else ""
    yield plain(f"{number}. {problem['level'].upper()} {problem['rule']}{more}: {rule['sentence']}")
    yield plain(f"   where:    {problem['scope']['words']}: {share(problem)}")
    yield plain(f"   expected: {problem['example']['expected']}")
    yield plain(f"   got:      {problem['example']['got']}")
    if "breaks" in rule:
        yield plain(f"   breaks:   {rule['breaks']}")
    exchange = example_exchange(document, problem)
    if exchange is not None:
        yield plain(f"   {exchange['curl']}")
    yield plain(f"   source:   {source(document, problem)}")


def share(problem: ProblemEntry) -> str:
    """How often a problem shows, in words: `125 of 125`, or `3 of 20 (intermittent, 15 %), 0 of 90 elsewhere`."""
    shown = problem["shown"]
    often = f"{shown['broken']} of {shown['inside']}"
    if shown["broken"] < shown["inside"]:
        often += f" (intermittent, {shown['broken'] / shown['inside']:.0%})"
    return f"{often}; 0 of {shown['outside']} elsewhere" if shown["outside"] else often


def source(document: RunDocument, problem: ProblemEntry) -> str:
    """The source of the leading rule; that of the example's case for rules that have none of their own."""
    case = next((entry["source"] for entry in document["verdicts"] if entry["id"] == problem["example"]["case"]), "")
    return text.source_of(document["rules"][problem["rule"]]["source"], case)


def example_exchange(document: RunDocument, problem: ProblemEntry) -> ExchangeEntry | None:
    """The exchange of a problem's example, if the run still has it."""
    example = problem["example"]
    for entry in document["verdicts"]:
        if entry["id"] == example["case"] and example["step"] <= len(entry["exchanges"]):
            return entry["exchanges"][example["step"] - 1]
    return None
