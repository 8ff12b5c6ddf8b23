"""Unusual but valid lists of models and counts of tokens.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, on_json, put
from conformance.reference.variations.variation import Variation

_OPENAI = "https://platform.openai.com/docs/api-reference/introduction, backward compatibility"
_ANTHROPIC = "https://docs.anthropic.com/en/api/versioning"
_CASES = "models/* auth/openai/models* auth/anthropic/models* routing/paths/models*"


def _both_shapes(document: JSON) -> JSON:
    """A list that is right for the clients of both vendors."""
    models = [_both(model) for model in document.get("data", ())]
    ids = [model["id"] for model in models]
    page = {
        "object": "list",
        "has_more": False,
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
    }
    return {**page, **document, "data": models}


def _both(model: JSON) -> JSON:
    usual = {"object": "model", "created": 1735689600, "owned_by": "acme"}
    anthropic = {
        "type": "model",
        "display_name": model["id"],
        "created_at": "2025-01-01T00:00:00Z",
        "lifecycle": "active",
    }
    return {**usual, **anthropic, **model}


def _reversed(document: JSON) -> JSON:
    if document.get("object") == "list":
        document["data"].reverse()
    return document


def _more(document: JSON) -> JSON:
    if document.get("object") == "list":
        names = ("text-embedding-3-small", "whisper-1", "omni-moderation-latest", "vendor/model:free")
        extra = [{"id": name, "object": "model", "created": 1, "owned_by": "system"} for name in names]
        document["data"] += extra
    return document


VARIATIONS = (
    Variation(
        id="models-both-shapes",
        family="models",
        sentence="The list has the members of both vendors' formats.",
        why=f"Members that a client does not know are passed over ({_OPENAI}; {_ANTHROPIC}).",
        apply=on_json(lambda document: _both_shapes(document) if "data" in document else _both(document)),
        cases=_CASES,
    ),
    Variation(
        id="models-reversed",
        family="models",
        sentence="The models are in another order.",
        why="OpenAI's list has no order (https://platform.openai.com/docs/api-reference/models/list).",
        apply=on_json(_reversed),
        cases=_CASES,
    ),
    Variation(
        id="models-many-kinds",
        family="models",
        sentence="The list has models that do not write text, and ids of many forms.",
        why="A list names all models of the key (https://platform.openai.com/docs/api-reference/models/list).",
        apply=on_json(_more),
        cases=_CASES,
    ),
    Variation(
        id="models-times-with-offset",
        family="models",
        sentence="Times have fractions of seconds and an offset.",
        why="RFC 3339, section 5.6, allows both.",
        apply=on_json(
            at("/data/*/created_at", lambda _time: "2025-01-01T01:00:00.125+01:00"),
            at("/created_at", lambda _time: "2025-01-01T01:00:00.125+01:00"),
        ),
        cases="models/anthropic/* auth/anthropic/models*",
    ),
    Variation(
        id="models-unknown-release",
        family="models",
        sentence="A model with an unknown release date has the epoch as its date.",
        why="Anthropic documents this value for an unknown release date (anthropic.types.ModelInfo).",
        apply=on_json(
            at("/data/*/created_at", lambda _time: "1970-01-01T00:00:00Z"), put("/data/*/created", 0, new=False)
        ),
        cases=_CASES,
    ),
)
