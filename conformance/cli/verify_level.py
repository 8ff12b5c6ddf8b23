"""`verify --level`: whether a gateway has a level by the verdicts of its run, whatever levels the run states."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.analysis import levels
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.core.terminal_text import plain
from conformance.protocol.family import MAIN
from conformance.records.run_format import GivenLevel, LevelEntry, RunDocument
from conformance.report.levels import words
from conformance.report.text import words as named


@dataclass(frozen=True, slots=True)
class Wanted:
    """A level that a gateway should have, in a family, or with "" in every family that it offers."""

    level: GivenLevel
    family: str = ""


def wanted(value: str) -> Wanted:
    """The value of `--level`: `agent` or `messages=agent`. Raises ArgumentTypeError."""
    family, equals, name = value.rpartition("=")
    level = next((known for known in levels.GIVEN if known == name), None)
    if level is None or (equals and family not in MAIN):
        families, known = ", ".join(MAIN), ", ".join(levels.GIVEN)
        raise argparse.ArgumentTypeError(
            f"{value!r} is not a level; use LEVEL or FAMILY=LEVEL, with a level of {known} and a family of {families}"
        )
    return Wanted(level, family)


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the option."""
    parser.add_argument(
        "--level",
        type=wanted,
        action="append",
        default=[],
        metavar="[FAMILY=]LEVEL",
        help="core, agent or complete: fail unless the gateway has this level, in a family or in all that it offers",
    )


def judged(run: RunDocument, asked: Sequence[Wanted], code: int) -> int:
    """The exit code with the levels that are asked for: `code` is that of the verdicts."""
    if not asked and "levels" not in run:
        return code
    found = levels.levels(run)
    said = [*_changed(run, found)]
    if code and asked:
        said.append("no level was judged, because the recorded verdicts were not reproduced")
    missed = bool(said)
    for one in asked if not code else ():
        sentence, has_level = _sentence(one, found)
        said.append(sentence)
        missed |= not has_level
    if said:
        output.put(plain("\n".join(said)), None)
    return BROKEN if code or missed else 0


def _changed(run: RunDocument, found: Sequence[LevelEntry]) -> Iterator[str]:
    """The levels that a run states, and that its verdicts do not show."""
    shown = {entry["family"]: entry["level"] for entry in found}
    for entry in run.get("levels", []):
        now = shown.get(entry["family"], "not_offered")
        if now != entry["level"]:
            was = words.status(entry["level"])
            yield f"level of {named(entry['family'])}: recorded as {was}, re-judged as {words.status(now)}"


def _sentence(one: Wanted, found: Sequence[LevelEntry]) -> tuple[str, bool]:
    """(a sentence about a wanted level, whether the gateway has it)"""
    own = [entry for entry in found if _is_asked_for(entry, one)]
    lower = [entry for entry in own if levels.rank(entry["level"]) < levels.rank(one.level)]
    where = f" in {named(one.family)}" if one.family else ""
    if lower or not own:
        reasons = "; ".join(map(_told, lower)) or "it offers none of the families"
        return f"the gateway does not have the level {one.level}{where}: {reasons}", False
    return f"the gateway has the level {one.level}{where}: {'; '.join(map(_told, own))}", True


def _is_asked_for(entry: LevelEntry, one: Wanted) -> bool:
    return entry["family"] == one.family if one.family else entry["level"] != "not_offered"


def _told(entry: LevelEntry) -> str:
    """`messages (m-1) is agent, 680 of 685 apply (not complete: …)`."""
    model = f" ({entry['model']})" if entry["model"] else ""
    reason = f" ({words.why(entry)})" if words.why(entry) else ""
    return f"{named(entry['family'])}{model}: {words.reached(entry)}{reason}"
