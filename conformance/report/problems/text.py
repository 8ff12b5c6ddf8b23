"""Problems as terminal text: a block of at most seven lines each, a line each, or everything about one of them.

Only curl commands and sources may be longer than a line, because a part of them would be useless.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.analysis import problems
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.records.run_format import ExchangeEntry, ProblemEntry, RunDocument
from conformance.report import text
from conformance.report.percent import interval
from conformance.report.width import MAX_LINE, cut, wrapped

MAX_COMMAND = 400
"""Characters of the curl command in a block."""
MAX_BLOCKS = 15
"""Problems that get a block; the others get a line each."""

_INDENT = " " * 3
_AT_UPSTREAM = {"": "", "gateway": "; not at the upstream", "upstream": "; at the upstream, too"}
"""Where the upstream was tested as well: whether the problem shows there."""


def lines(document: RunDocument, found: Sequence[ProblemEntry], run: Path) -> Iterator[str]:
    """All problems of a run, the worst first: a block for each one to fix, a line for each other one.

    `run` is the path of run.json, for the commands that show more.
    """
    for number, problem in enumerate(found, 1):
        if is_listed(problem):
            yield from block(document, problem, number, run)
            yield ""
        else:
            yield line(problem, number)
    if found:
        yield _more(run)


def summary(document: RunDocument, run: Path) -> Iterator[str]:
    """The problems to fix, the first MAX_BLOCKS of them as blocks, and the number of the others."""
    found = problems.of(document)
    listed = [(number, problem) for number, problem in enumerate(found, 1) if is_listed(problem)]
    for number, problem in listed[:MAX_BLOCKS]:
        yield from block(document, problem, number, run)
        yield ""
    yield from (line(problem, number) for number, problem in listed[MAX_BLOCKS:])
    if unlisted := _unlisted(found):
        yield f"not listed: {unlisted}"
    if found:
        yield _more(run)


def is_listed(problem: ProblemEntry) -> bool:
    """Whether a problem is one to fix: it breaks a `must` or `should` rule, and is not known."""
    return run_file.can_fail(problem) and "known" not in problem


def block(document: RunDocument, problem: ProblemEntry, number: int, run: Path) -> Iterator[str]:
    """One problem in at most seven lines: what and whom it breaks, where, how often, an example, and the source."""
    rule = document["rules"][problem["rule"]]
    others = len(problem["rules"]) - 1
    more = f" (and {counted(others, 'rule')} with it)" if others else ""
    what = f"{number}. {problem['level'].upper()} {problem['rule']}{more}: {rule['sentence']} {rule.get('breaks', '')}"
    yield from wrapped(what, _INDENT, 2)
    often = share(problem) + _AT_UPSTREAM[problem.get("blame", "")]
    room = MAX_LINE - len(often) - len(f"{_INDENT}where:    : ")
    yield plain(f"{_INDENT}where:    {cut(problem['scope']['words'], room)}: {often}")
    yield cut(f"{_INDENT}expected: {problem['example']['expected']}")
    yield cut(f"{_INDENT}got:      {problem['example']['got']}")
    yield _INDENT + _reproduce(document, problem, number, run)
    yield plain(f"{_INDENT}source:   {source(document, problem)}")


def line(problem: ProblemEntry, number: int) -> str:
    """One problem in one line: the rule, where it shows, and how often."""
    level = "KNOWN" if "known" in problem else problem["level"].upper()
    start, often = f"{number}. {level} {problem['rule']}: ", _often(problem)
    return plain(f"{start}{cut(problem['scope']['words'], MAX_LINE - len(start) - len(often) - 2)}: {often}")


def full(document: RunDocument, problem: ProblemEntry, number: int) -> Iterator[str]:
    """Everything about one problem, with its cases and the whole curl command."""
    rule, example = document["rules"][problem["rule"]], problem["example"]
    yield f"{number}. {problem['level'].upper()} {problem['rule']}: {rule['sentence']}"
    facts = {
        "id": problem["id"],
        "where": f"{problem['scope']['words']}: {share(problem)}",
        "breaks": rule.get("breaks", ""),
        "blame": text.BLAMES[problem["blame"]] if "blame" in problem else "",
        "known": problem.get("known", ""),
        "with it": ", ".join(problem["rules"][1:]),
        "follows": ", ".join(problem["follows"]),
        "models": ", ".join(problem["models"]),
        "routes": ", ".join(problem["routes"]),
        "source": source(document, problem),
        "example": _place(example["case"], example["step"]),
        "expected": example["expected"],
        "got": example["got"],
        "without": _place(problem["without"]["case"], problem["without"]["step"]) if "without" in problem else "",
    }
    yield from (f"{_INDENT}{name + ':':<9} {said}" for name, said in facts.items() if said)
    exchange = example_exchange(document, problem)
    if exchange is not None:
        yield f"{_INDENT}{exchange['curl']}"
    yield f"{_INDENT}{counted(len(problem['cases']), 'case')}:"
    yield from (f"{_INDENT}  {case}" for case in problem["cases"])


def command(run: Path, which: str = "") -> str:
    """The command that shows problems: all of a run, or one by its number or id."""
    return plain(shlex.join(["gateway-conformance", "problems", str(run), *([which] if which else [])]))


def share(problem: ProblemEntry) -> str:
    """How often a problem shows, in words: `125 of 125`, or `3 of 20 (intermittent, 15 %); 0 of 90 others`.

    With repeated cases it is `3 of 20 (intermittent, 5 % to 36 %)`: the 95 % interval.
    """
    outside = problem["shown"]["outside"]
    return f"{_often(problem)}; 0 of {outside:,} others" if outside else _often(problem)


def _often(problem: ProblemEntry) -> str:
    broken, inside = problem["shown"]["broken"], problem["shown"]["inside"]
    if broken == inside:
        return f"{broken:,} of {inside:,}"
    told = problem["shown"]
    if "low" in told and "high" in told:
        return f"{broken:,} of {inside:,} (intermittent, {interval(told['low'], told['high'])})"
    percent = min(99, max(1, round(100 * broken / inside)))
    return f"{broken:,} of {inside:,} (intermittent, {percent} %)"


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


def _reproduce(document: RunDocument, problem: ProblemEntry, number: int, run: Path) -> str:
    """The curl command of the example, or the command that prints it where it is long."""
    exchange = example_exchange(document, problem)
    if exchange is not None and len(exchange["curl"]) <= MAX_COMMAND:
        return plain(exchange["curl"])
    return f"curl:     {command(run, str(number))}"


def _more(run: Path) -> str:
    return f"a problem in full, with its cases: {command(run, 'NUMBER')}"


def _unlisted(found: Sequence[ProblemEntry]) -> str:
    """The number of problems that are known, and of those that break no `must` or `should` rule."""
    known = [problem for problem in found if "known" in problem]
    remarks = len([problem for problem in found if not run_file.can_fail(problem) and "known" not in problem])
    counts = [
        f"{counted(len(known), 'known problem')} ({_cases(known)})" if known else "",
        f"{counted(remarks, 'remark')} (level may or info)" if remarks else "",
    ]
    return ", ".join(count for count in counts if count)


def _cases(found: Sequence[ProblemEntry]) -> str:
    return counted(len({case for problem in found for case in problem["cases"]}), "case")


def _place(case: str, step: int) -> str:
    return case if step == 1 else f"{case} (step {step})"
