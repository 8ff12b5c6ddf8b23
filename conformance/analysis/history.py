"""Many runs of a gateway: when each problem showed, and when each rule broke in each case and was fixed.

The runs go into an SQLite database in memory. One query finds the turns, from broken to kept and back: a window
function compares each run with the one before it (https://www.sqlite.org/windowfunctions.html). A run that could not
judge a case is skipped for it; the cases of an outage are not judged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby

from conformance.analysis import outage, problem_history, problems
from conformance.analysis.problem_history import Night, ProblemLine
from conformance.analysis.states import KINDS, Kind, State, kind_of, unjudged_since
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry


@dataclass(frozen=True, slots=True)
class RunOutcomes:
    """One run: when it started (ISO 8601), and its (outcome, number of cases).

    `down` is the number of cases that were not judged because of an outage.
    """

    started: str
    version: str
    outcomes: tuple[tuple[str, int], ...]
    down: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in a case: its state in each run. `turns` are (start of the run, new state).

    `unjudged` is the first of the last runs that did not judge the case, if the last one did not.
    """

    case: str
    rule: str
    level: str
    kind: Kind
    states: tuple[State, ...]
    turns: tuple[tuple[str, State], ...]
    unjudged: RunOutcomes | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Cases that passed once and, since the run that started at `since`, do not apply for the same reason."""

    reason: str
    since: str
    cases: int


@dataclass(frozen=True, slots=True)
class History:
    """All runs, the oldest first, and a line for each problem, and for each case and rule that was broken in any."""

    runs: tuple[RunOutcomes, ...] = ()
    lines: tuple[Line, ...] = ()
    lost: tuple[Lost, ...] = ()
    problems: tuple[ProblemLine, ...] = ()


def history(documents: Iterable[RunDocument], cases: bool = True) -> History:
    """The history of runs in any order; with an iterator, only one document at a time is in memory.

    Without `cases`, it has no `lines`, which take most of the time.
    """
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_TABLES)
        nights = [_add(database, number, document) for number, document in enumerate(documents)]
        lost = tuple(Lost(*row) for row in database.execute(_LOST))
        runs = tuple(_runs(database))
        in_order = [nights[number] for (number,) in database.execute("SELECT run FROM ordered ORDER BY number")]
        lines = tuple(_lines(database, runs)) if cases else ()
        return History(runs, lines, lost, tuple(problem_history.lines(in_order)))


_TABLES = """
CREATE TABLE run (run INTEGER PRIMARY KEY, started TEXT, version TEXT, down INTEGER);
CREATE TABLE verdict (
  run INTEGER, "case" TEXT, outcome TEXT, judged INTEGER, offered TEXT, reason TEXT, PRIMARY KEY (run, "case")
);
CREATE TABLE broken (run INTEGER, "case" TEXT, rule TEXT, level TEXT, PRIMARY KEY (run, "case", rule));
CREATE VIEW ordered AS SELECT *, row_number() OVER (ORDER BY julianday(started), started, run) AS number FROM run;
CREATE VIEW state AS
  SELECT number, started, pair."case", pair.rule, pair.level,
    CASE WHEN broken.rule IS NOT NULL THEN 'broken' WHEN verdict.judged THEN 'kept' ELSE 'unjudged' END AS state
  FROM (SELECT "case", rule, min(level) AS level FROM broken GROUP BY "case", rule) AS pair
  CROSS JOIN ordered
  LEFT JOIN verdict ON verdict.run = ordered.run AND verdict."case" = pair."case"
  LEFT JOIN broken ON broken.run = ordered.run AND broken."case" = pair."case" AND broken.rule = pair.rule;
"""

_STATES = 'SELECT "case", rule, level, state FROM state ORDER BY "case", rule, number'

_TURNS = """
SELECT "case", rule, started, state FROM (
  SELECT *, lag(state) OVER (PARTITION BY "case", rule ORDER BY number) AS before FROM state WHERE state != 'unjudged'
) WHERE before IS NOT state ORDER BY "case", rule, number
"""


_LOST = """
WITH told AS (SELECT "case", number, started, offered, reason FROM verdict JOIN ordered USING (run)),
  passed AS (SELECT "case", max(number) AS last FROM told WHERE offered = 'yes' GROUP BY "case"),
  since AS (
    SELECT "case", min(number) FILTER (WHERE offered = 'no') AS number FROM told JOIN passed USING ("case")
    WHERE number > last GROUP BY "case" HAVING count(*) FILTER (WHERE offered = 'declined') = 0
  )
SELECT reason, started, count(*) FROM since JOIN told USING ("case", number) GROUP BY reason, started
ORDER BY min(number), reason
"""


def _add(database: sqlite3.Connection, number: int, document: RunDocument) -> Night:
    version = plain(document["gateway"].get("version", ""))  # SQLite does not store a lone surrogate
    down = outage.find(document)
    found = problems.of(document)
    document = outage.set_aside(document, down)
    database.execute("INSERT INTO run VALUES (?, ?, ?, ?)", (number, document["started"], version, len(down.cases)))
    database.executemany(
        "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                entry["id"],
                entry["outcome"],
                entry["outcome"] in run_file.CONCLUSIVE,
                _offered(entry),
                plain(entry["reason"]),
            )
            for entry in document["verdicts"]
        ],
    )  # fmt: skip
    database.executemany(
        "INSERT OR REPLACE INTO broken VALUES (?, ?, ?, ?)",
        [
            (number, entry["id"], finding["rule"], finding["level"])
            for entry in document["verdicts"]
            for finding in reversed(run_file.findings(entry, *run_file.FAILING_LEVELS))
        ],
    )
    return problem_history.night(document, found)


def _offered(entry: VerdictEntry) -> str | None:
    """Whether the gateway offers what a case needs: `yes`, `no`, `declined` by the profile; None if unknown."""
    if entry["outcome"] in run_file.CONFORMANT:
        return "yes"
    if run_file.is_declared(entry):
        return "declined"
    return "no" if run_file.is_found(entry) else None


def _runs(database: sqlite3.Connection) -> Iterator[RunOutcomes]:
    rows = database.execute(
        "SELECT number, started, version, down, outcome, count(*) FROM ordered LEFT JOIN verdict USING (run) "
        "GROUP BY number, outcome ORDER BY number, outcome"
    ).fetchall()
    for (_, started, version, down), group in groupby(rows, key=lambda row: row[:4]):
        yield RunOutcomes(started, version, tuple((outcome, count) for *_, outcome, count in group if outcome), down)


def _lines(database: sqlite3.Connection, runs: Sequence[RunOutcomes]) -> list[Line]:
    """The lines in the order of KINDS: regressions first."""
    states: dict[tuple[str, str, str], list[State]] = {}
    for case, rule, level, state in database.execute(_STATES):
        states.setdefault((case, rule, level), []).append(state)
    turns: dict[tuple[str, str], list[tuple[str, State]]] = {}
    for case, rule, started, state in database.execute(_TURNS):
        turns.setdefault((case, rule), []).append((started, state))
    found = [
        Line(case, rule, level, kind_of(own), tuple(own), tuple(turns[case, rule]), _unjudged(own, runs))
        for (case, rule, level), own in states.items()
    ]
    return sorted(found, key=lambda line: (KINDS.index(line.kind), line.case, line.rule))


def _unjudged(states: Sequence[State], runs: Sequence[RunOutcomes]) -> RunOutcomes | None:
    first = unjudged_since(states)
    return None if first is None else runs[first]
