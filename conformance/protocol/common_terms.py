"""Reads answers and requests in terms that all families have in common: endings, token counts, texts, tools.

The places in each family are data: schemas/upstream/answers.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from conformance.core import data_files, pointer
from conformance.core.model import JSON, Answer

End = Literal["natural", "length", "tool", "refusal", "pause"]
"""Why an answer ends."""

TOTALS = ("input", "output")
"""The token counts that bills are made of. `input` includes the tokens of the cache, `output` those of reasoning."""

DETAILS = ("cached", "cache_write", "reasoning", "audio_input", "audio_output")
"""The token counts that are parts of the totals."""


def end(family: str, answer: Answer) -> End | None:
    """Why an answer ends; None if the family has no such reason.

    A natural end with a refusal is a refusal. One with calls is `tool`: Responses has no other, and Chat Completions
    ends so after the call of a forced tool. Messages never ends a call so.
    """
    found: End | None = _table("ends", family).get(answer.stop)
    if found == "natural" and answer.refusal:
        return "refusal"
    is_call = found == "natural" and answer.tool_calls and family != "messages"
    return "tool" if is_call else found


def counts(family: str, final: JSON) -> Mapping[str, int | None]:
    """The token counts of a final object by kind; None if not reported. Kinds that a family lacks are left out."""
    return {kind: _sum(final, places) for kind, places in _table("usage", family).items()}


def values(kind: str, family: str, document: JSON) -> list[JSON]:
    """The values at the places of a kind: `texts`, `parts`, `sealed`, `members` or `tools`."""
    return [value for place in _table(kind, family) for value in pointer.values(document, place)]


def words(kind: str, family: str) -> list[str]:
    """The words of a family for a kind: `usual`, the types of parts that all families have."""
    return list(_table(kind, family))


def _sum(final: JSON, places: list[str]) -> int | None:
    found = [count for place in places if (count := pointer.get(final, place, int)) is not None]
    return sum(found) if found else None


def _table(kind: str, family: str) -> JSON:
    return data_files.table("upstream/answers.yaml")[kind].get(family, {})
