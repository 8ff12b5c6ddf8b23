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
from conformance.records.run_format import RunDocument

State = Literal["broken", "kept", "unjudged"]
Kind = Literal["flaky", "regressed", "fixed", "failing"]
KINDS: tuple[Kind, ...] = ("regressed", "flaky", "failing", "fixed")


@dataclass(frozen=True, slots=True)
class Night:
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
class History:
    """All runs, the oldest first, and a line for each case and rule that was broken in any of them."""

    nights: tuple[Night, ...] = ()
    lines: tuple[Line, ...] = ()


def history(documents: Iterable[RunDocument]) -> History:
    """The history of runs in any order; with an iterator, only one document at a time is in memory."""
    with sqlite3.connect(":memory:") as database:
        try:
            database.executescript(_TABLES)
            for number, document in enumerate(documents):
                _add(database, number, document)
            return History(tuple(_nights(database)), tuple(_lines(database)))
        finally:
            database.rollback()


_TABLES = """
CREATE TABLE run (run INTEGER PRIMARY KEY, started TEXT, version TEXT);
CREATE TABLE verdict (run INTEGER, "case" TEXT, outcome TEXT, judged INTEGER, PRIMARY KEY (run, "case"));
CREATE TABLE broken (run INTEGER, "case" TEXT, rule TEXT, level TEXT, PRIMARY KEY (run, "case", rule));
CREATE VIEW night AS SELECT *, row_number() OVER (ORDER BY julianday(started), started, run) AS night FROM run;
CREATE VIEW state AS
  SELECT night, started, pair."case", pair.rule, pair.level,
    CASE WHEN broken.rule IS NOT NULL THEN 'broken' WHEN verdict.judged THEN 'kept' ELSE 'unjudged' END AS state
  FROM (SELECT "case", rule, min(level) AS level FROM broken GROUP BY "case", rule) AS pair
  CROSS JOIN night
  LEFT JOIN verdict ON verdict.run = night.run AND verdict."case" = pair."case"
  LEFT JOIN broken ON broken.run = night.run AND broken."case" = pair."case" AND broken.rule = pair.rule;
"""

_TURNS = """
SELECT "case", rule, started, state FROM (
  SELECT *, lag(state) OVER (PARTITION BY "case", rule ORDER BY night) AS before FROM state WHERE state != 'unjudged'
) WHERE before IS NOT state ORDER BY "case", rule, night
"""


def _add(database: sqlite3.Connection, number: int, document: RunDocument) -> None:
    version = document["gateway"].get("version", "")
    database.execute("INSERT INTO run VALUES (?, ?, ?)", (number, document["started"], version))
    database.executemany(
        "INSERT OR REPLACE INTO verdict VALUES (?, ?, ?, ?)",
        [
            (number, entry["id"], entry["outcome"], entry["outcome"] in run_file.CONCLUSIVE)
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


def _nights(database: sqlite3.Connection) -> Iterator[Night]:
    rows = database.execute(
        "SELECT night, started, version, outcome, count(*) FROM night LEFT JOIN verdict USING (run) "
        "GROUP BY night, outcome ORDER BY night, outcome"
    ).fetchall()
    for (_, started, version), group in groupby(rows, key=lambda row: row[:3]):
        yield Night(started, version, tuple((outcome, count) for *_, outcome, count in group if outcome))


def _lines(database: sqlite3.Connection) -> Iterator[Line]:
    """The lines in the order of KINDS: regressions first."""
    rows = database.execute('SELECT "case", rule, level, state FROM state ORDER BY "case", rule, night').fetchall()
    turns = database.execute(_TURNS).fetchall()
    turned = {key: list(group) for key, group in groupby(turns, key=lambda row: row[:2])}
    found = [
        _line(key, [row[3] for row in group], [row[2:] for row in turned[key[:2]]])
        for key, group in ((key, list(group)) for key, group in groupby(rows, key=lambda row: row[:3]))
    ]
    yield from sorted(found, key=lambda line: (KINDS.index(line.kind), line.case, line.rule))


def _line(key: tuple[str, str, str], states: Sequence[State], turns: Sequence[tuple[str, State]]) -> Line:
    case, rule, level = key
    return Line(case, rule, level, _kind([state for _, state in turns]), tuple(states), tuple(turns))


def _kind(spells: Sequence[State]) -> Kind:
    """The kind of a line whose states, without repetitions and unjudged runs, are `spells`."""
    if spells.count("broken") > 1:
        return "flaky"
    if spells[-1] == "kept":
        return "fixed"
    return "regressed" if len(spells) > 1 else "failing"
