"""Many runs of a gateway: when each rule broke in each case, and when it was fixed.

The runs go into an SQLite database in memory. One query finds the turns, from broken to kept and back: a window
function compares each run with the one before it (https://www.sqlite.org/windowfunctions.html). A run that could not
judge a case is skipped for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry

State = Literal["broken", "kept", "unjudged"]
Kind = Literal["flaky", "regressed", "fixed", "failing"]
KINDS: tuple[Kind, ...] = ("regressed", "flaky", "failing", "fixed")


@dataclass(frozen=True, slots=True)
class RunOutcomes:
    """One run: when it started (ISO 8601), and its (outcome, number of cases)."""

    started: str
    version: str
    outcomes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in a case: its state in each run. `turns` are (start of the run, new state)."""

    case: str
    rule: str
    level: str
    kind: Kind
    states: tuple[State, ...]
    turns: tuple[tuple[str, State], ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """Cases that passed once and, since the run that started at `since`, do not apply for the same reason."""

    reason: str
    since: str
    cases: int


@dataclass(frozen=True, slots=True)
class History:
    """All runs, the oldest first, and a line for each case and rule that was broken in any of them."""

    runs: tuple[RunOutcomes, ...] = ()
    lines: tuple[Line, ...] = ()
    lost: tuple[Lost, ...] = ()


def history(documents: Iterable[RunDocument]) -> History:
    """The history of runs in any order; with an iterator, only one document at a time is in memory."""
    with sqlite3.connect(":memory:") as database:
        try:
            database.executescript(_TABLES)
            for number, document in enumerate(documents):
                _add(database, number, document)
            lost = tuple(Lost(*row) for row in database.execute(_LOST))
            return History(tuple(_runs(database)), tuple(_lines(database)), lost)
        finally:
            database.rollback()


_TABLES = """
CREATE TABLE run (run INTEGER PRIMARY KEY, started TEXT, version TEXT);
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


def _add(database: sqlite3.Connection, number: int, document: RunDocument) -> None:
    version = document["gateway"].get("version", "")
    database.execute("INSERT INTO run VALUES (?, ?, ?)", (number, document["started"], version))
    database.executemany(
        "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                number,
                entry["id"],
                entry["outcome"],
                entry["outcome"] in run_file.CONCLUSIVE,
                _offered(entry),
                entry["reason"],
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


def _offered(entry: VerdictEntry) -> str | None:
    """Whether the gateway offers what a case needs: `yes`, `no`, `declined` by the profile; None if unknown."""
    if entry["outcome"] in run_file.CONFORMANT:
        return "yes"
    if run_file.is_declared(entry):
        return "declined"
    return "no" if run_file.is_found(entry) else None


def _runs(database: sqlite3.Connection) -> Iterator[RunOutcomes]:
    rows = database.execute(
        "SELECT number, started, version, outcome, count(*) FROM ordered LEFT JOIN verdict USING (run) "
        "GROUP BY number, outcome ORDER BY number, outcome"
    ).fetchall()
    for (_, started, version), group in groupby(rows, key=lambda row: row[:3]):
        yield RunOutcomes(started, version, tuple((outcome, count) for *_, outcome, count in group if outcome))


def _lines(database: sqlite3.Connection) -> list[Line]:
    """The lines in the order of KINDS: regressions first."""
    states: dict[tuple[str, str, str], list[State]] = {}
    for case, rule, level, state in database.execute(_STATES):
        states.setdefault((case, rule, level), []).append(state)
    turns: dict[tuple[str, str], list[tuple[str, State]]] = {}
    for case, rule, started, state in database.execute(_TURNS):
        turns.setdefault((case, rule), []).append((started, state))
    found = [
        Line(case, rule, level, _kind(turns[case, rule]), tuple(own), tuple(turns[case, rule]))
        for (case, rule, level), own in states.items()
    ]
    return sorted(found, key=lambda line: (KINDS.index(line.kind), line.case, line.rule))


def _kind(turns: Sequence[tuple[str, State]]) -> Kind:
    """The kind of a line with these turns."""
    states = [state for _, state in turns]
    if states.count("broken") > 1:
        return "flaky"
    if states[-1] == "kept":
        return "fixed"
    return "regressed" if len(states) > 1 else "failing"
