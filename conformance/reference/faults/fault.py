"""The record of a fault."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.reference.changes import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way for a gateway to be wrong, and the rules that must notice it, all of them and no others.

    `family` is an endpoint's, or `all`. `cases` are globs of case ids, separated by spaces, in which `*` is any text
    and `{a,b}` either: those that the fault is to be noticed in. `url` is the report of a real gateway's defect,
    where it replays one.
    """

    id: str
    family: str
    sentence: str
    rules: tuple[str, ...]
    cases: str
    apply: Change
    url: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether only cases from both ends notice it."""
        return all(glob.startswith("upstream/") for glob in self.cases.split())
