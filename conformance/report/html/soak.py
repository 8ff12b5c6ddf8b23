"""The soak on the page of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.records.run_format import RunDocument
from conformance.report.soak import text as soak_text

_MARKS: Mapping[soak_text.State, str] = {"problem": "failed", "ok": "passed", "not judged": "not_applicable"}
"""State of a judgement -> the outcome whose mark it has."""


@dataclass(frozen=True, slots=True)
class ShownJudgement:
    """A judgement in words, and its mark."""

    mark: str
    state: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An answer with a defect: where it was, what is wrong, and its beginning."""

    place: str
    what: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class ShownSoak:
    """A soak in words."""

    head: str
    judgements: Sequence[ShownJudgement]
    reasons: Sequence[str]
    examples: Sequence[ShownExample]


def shown(document: RunDocument) -> ShownSoak | None:
    """The soak of a run, if it has one."""
    entry = document.get("soak")
    if entry is None:
        return None
    return ShownSoak(
        soak_text.head(entry),
        [ShownJudgement(_MARKS[one.state], one.state, one.sentence) for one in soak_text.judgements(entry)],
        soak_text.reasons(entry),
        [ShownExample(soak_text.place(one), one["what"], one["excerpt"]) for one in entry["examples"]],
    )
