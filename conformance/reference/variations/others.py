"""What lists of models and counts of tokens may look like besides the usual."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, on_json, put
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
        "models-unknown-members",
        "models",
        "Lists and models have members that nobody knows.",
        f"Both vendors add members without a new version ({_OPENAI}; {_ANTHROPIC}).",
        on_json(
            put("/x_total", 2),
            put("/data/*/context_length", 200000),
            put("/data/*/pricing", {"prompt": "0.000001"}),
            put("/data/*/permission", []),
            put("/x_note", None),
        ),
        cases=_CASES,
    ),
    Variation(
        "models-both-shapes",
        "models",
        "The list has the members of both vendors' shapes.",
        f"Members that a client does not know are passed over ({_OPENAI}; {_ANTHROPIC}).",
        on_json(lambda document: _both_shapes(document) if "data" in document else _both(document)),
        cases=_CASES,
    ),
    Variation(
        "models-reversed",
        "models",
        "The models stand in another order.",
        "OpenAI's list has no order (https://platform.openai.com/docs/api-reference/models/list).",
        on_json(_reversed),
        cases=_CASES,
    ),
    Variation(
        "models-many-kinds",
        "models",
        "The list has models that write no text, and ids of many forms.",
        "A list names all models of the key (https://platform.openai.com/docs/api-reference/models/list).",
        on_json(_more),
        cases=_CASES,
    ),
    Variation(
        "models-times-with-offset",
        "models",
        "Times have fractions of seconds and an offset.",
        "RFC 3339, section 5.6, allows both.",
        on_json(
            at("/data/*/created_at", lambda _time: "2025-01-01T01:00:00.125+01:00"),
            at("/created_at", lambda _time: "2025-01-01T01:00:00.125+01:00"),
        ),
        cases="models/anthropic/* auth/anthropic/models*",
    ),
    Variation(
        "models-unknown-release",
        "models",
        "A model that came out at an unknown time has the epoch for it.",
        "Anthropic documents this value for an unknown release date (anthropic.types.ModelInfo).",
        on_json(at("/data/*/created_at", lambda _time: "1970-01-01T00:00:00Z"), put("/data/*/created", 0, new=False)),
        cases=_CASES,
    ),
    Variation(
        "models-limits",
        "models",
        "Models tell their limits, some of them null.",
        "The limits are optional and may be null (anthropic.types.ModelInfo).",
        on_json(put("/data/*/max_input_tokens", 200000), put("/data/*/max_tokens", None)),
        cases="models/anthropic/* auth/anthropic/models*",
    ),
    Variation(
        "models-without-lifecycle",
        "models",
        "Models do not tell their lifecycle.",
        "The member came in 2026; older servers do not know it (anthropic.types.ModelInfo).",
        on_json(drop("/data/*/lifecycle"), drop("/lifecycle")),
        cases="models/anthropic/* auth/anthropic/models*",
        remarks=("models.lifecycle",),
    ),
    Variation(
        "models-owner-unnamed",
        "models",
        "Models are owned by somebody with an empty name.",
        "`owned_by` is any text (openai.types.Model).",
        on_json(put("/data/*/owned_by", "", new=False)),
        cases="models/openai/* auth/openai/models*",
        remarks=("case.value",),  # retrieved alone, they have the provider's
    ),
    Variation(
        "count-tokens-more",
        "count_tokens",
        "The count has members that nobody knows.",
        f"Members may be added without a new version ({_ANTHROPIC}).",
        on_json(put("/context_management", {"original_input_tokens": 40}), put("/x_note", None)),
        cases="count_tokens/* auth/anthropic/count*",
    ),
)
