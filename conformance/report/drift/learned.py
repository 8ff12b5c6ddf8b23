"""The patches of the schemas that a recording suggests, as lines for the terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from conformance.analysis.drift import learn
from conformance.analysis.drift.learn import Proposal
from conformance.core.model import JSON
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.report.drift import text


class ProposalEntry(TypedDict):
    """A field, value or event that the schemas do not know."""

    unknown: str
    place: str
    seen: list[int]
    example: str
    file: str


class LearnDocument(TypedDict):
    """The member `learn` of `check --learn --json`; `patches` is schema file -> JSON Patch."""

    sentence: str
    unknown: list[ProposalEntry]
    patches: dict[str, list[Mapping[str, JSON]]]


def lines(proposals: Sequence[Proposal]) -> Iterator[str]:
    """A line for each unknown thing, then the patch of each schema file."""
    yield ""
    if not proposals:
        yield "The schemas know every field, value and event."
        return
    yield f"{counted(len(proposals), 'proposal')} for the schemas. {learn.SENTENCE}"
    for one in proposals:
        yield plain(
            f"  unknown {_subject(one)}; {one.hits:,} of {one.trials:,} exchanges, for example {one.example.name}"
        )
    for file, patch in learn.patches(proposals).items():
        yield f"\nschemas/{file}:\n["
        yield ",\n".join(f"  {json.dumps(operation)}" for operation in patch)
        yield "]"


def document(proposals: Sequence[Proposal]) -> LearnDocument:
    """The proposals as JSON."""
    unknown = [
        ProposalEntry(
            unknown=text.subject(one.trait),
            place=text.place_of(one.trait),
            seen=[one.hits, one.trials],
            example=one.example.name,
            file=one.file,
        )
        for one in proposals
    ]
    return {"sentence": learn.SENTENCE, "unknown": unknown, "patches": learn.patches(proposals)}


def _subject(proposal: Proposal) -> str:
    trait = proposal.trait
    return f"{text.subject(trait)} ({text.endpoint(trait.family)}, {text.place_of(trait)})"
