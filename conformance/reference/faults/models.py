"""Faults of lists of models in the shape of OpenAI, and of a single model."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, drop, on_json, put, rename
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import reply_json
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway.wire import first

OPENAI_LIST = "models/openai/list"
OPENAI_ONE = "models/openai/one"

_ANY: JSON = {"id": "no-such-model-7c1f", "object": "model", "created": 1735689600, "owned_by": "reference"}
_ANY_ANTHROPIC: JSON = {
    "type": "model",
    "id": "no-such-model-7c1f",
    "display_name": "no-such-model-7c1f",
    "created_at": "2025-01-01T00:00:00Z",
    "lifecycle": "active",
}
_found_anyway = chain(
    reply_json(200, _ANY),
    if_(reply_json(200, _ANY_ANTHROPIC), lambda call: first(call.headers, "anthropic-version") is not None),
)


FAULTS = (
    Fault(
        "models-object-lost",
        "models",
        'The list does not say object "list".',
        (
            "models.list.object",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(drop("/object")),
        "https://github.com/obot-platform/tools/pull/445",
    ),
    Fault(
        "models-object-wrong",
        "models",
        'The object of the list is "models".',
        (
            "models.list.object",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(put("/object", "models")),
    ),
    Fault(
        "models-as-array",
        "models",
        "The list is an array.",
        (
            "models.list.object",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(lambda document: document["data"]),
    ),
    Fault(
        "models-data-lost",
        "models",
        "The list has no data.",
        (
            "models.list.data",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(rename("/data", "models")),
    ),
    Fault(
        "models-data-null",
        "models",
        "The data of the list is null.",
        (
            "models.list.data",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(put("/data", None)),
    ),
    Fault(
        "models-data-object",
        "models",
        "The data of the list is an object.",
        (
            "models.list.data",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(put("/data", {})),
    ),
    Fault(
        "models-empty",
        "models",
        "The list is empty.",
        (
            "models.list.some",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(put("/data", [])),
    ),
    Fault(
        "models-twice",
        "models",
        "A model is listed twice.",
        ("models.list.unique-ids",),
        OPENAI_LIST,
        on_json(at("/data", lambda models: [*models, models[0]])),
    ),
    Fault(
        "models-as-names",
        "models",
        "Models are strings.",
        (
            "models.object",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(at("/data/*", lambda model: model["id"])),
    ),
    Fault(
        "models-entry-object-lost",
        "models",
        'Models do not say object "model".',
        ("models.object",),
        OPENAI_LIST,
        on_json(drop("/data/*/object")),
    ),
    Fault(
        "models-entry-object-wrong",
        "models",
        'The object of models is "engine".',
        ("models.object",),
        OPENAI_LIST,
        on_json(put("/data/*/object", "engine")),
    ),
    Fault(
        "models-id-lost",
        "models",
        "Models have no id.",
        (
            "models.id",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(drop("/data/*/id")),
    ),
    Fault(
        "models-id-empty",
        "models",
        "The id of models is empty.",
        (
            "models.id",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(put("/data/*/id", "")),
    ),
    Fault(
        "models-id-number",
        "models",
        "The id of models is a number.",
        (
            "models.id",
            "case.value",
        ),
        OPENAI_LIST,
        on_json(put("/data/*/id", 7)),
    ),
    Fault(
        "models-created-lost",
        "models",
        "Models have no created.",
        ("models.created",),
        OPENAI_LIST,
        on_json(drop("/data/*/created")),
    ),
    Fault(
        "models-created-text",
        "models",
        "created is a date in text.",
        ("models.created",),
        OPENAI_LIST,
        on_json(put("/data/*/created", "2025-01-01T00:00:00Z")),
    ),
    Fault(
        "models-created-null",
        "models",
        "created is null.",
        ("models.created",),
        OPENAI_LIST,
        on_json(put("/data/*/created", None)),
    ),
    Fault(
        "models-created-fraction",
        "models",
        "created has a fraction.",
        ("models.created",),
        OPENAI_LIST,
        on_json(put("/data/*/created", 1735689600.5)),
    ),
    Fault(
        "models-owned-by-lost",
        "models",
        "Models have no owned_by.",
        ("models.owned-by",),
        OPENAI_LIST,
        on_json(drop("/data/*/owned_by")),
    ),
    Fault(
        "models-owned-by-null",
        "models",
        "owned_by is null.",
        ("models.owned-by",),
        OPENAI_LIST,
        on_json(put("/data/*/owned_by", None)),
    ),
    Fault(
        "models-under-test-missing",
        "models",
        "The list lacks the model that is served.",
        ("case.value",),
        OPENAI_LIST,
        on_json(at("/data", lambda models: [{**models[0], "id": "another"}])),
    ),
    Fault(
        "models-retrieve-other",
        "models",
        "Another model comes back than the one that was asked for.",
        ("models.retrieve.id",),
        OPENAI_ONE,
        on_json(put("/id", "another")),
    ),
    Fault(
        "models-retrieve-list",
        "models",
        "A single model is answered with the list.",
        (
            "models.id",
            "models.created",
            "models.owned-by",
            "models.object",
            "case.value",
        ),
        OPENAI_ONE,
        on_json(lambda model: {"object": "list", "data": [model]}),
    ),
    Fault(
        "models-retrieve-missing",
        "models",
        "A single model cannot be asked for.",
        (
            "error.message.reason",
            "error.openai.object",
            "case.accepted",
        ),
        OPENAI_ONE,
        reply_json(404, {"detail": "Not Found"}),
        "https://github.com/BerriAI/litellm/issues/37271",
    ),
    Fault(
        "models-slash-missing",
        "models",
        "Ids with a slash have no route.",
        (
            "error.message.reason",
            "error.openai.object",
        ),
        "models/openai/unknown-with-slash[id=no-such-vendor/*",
        reply_json(404, {"detail": "Not Found"}),
        "https://github.com/BerriAI/litellm/issues/37271",
    ),
    Fault(
        "models-unknown-found",
        "models",
        "A model that nobody has is found.",
        ("case.refused",),
        "models/openai/unknown models/anthropic/unknown",
        _found_anyway,
    ),
)
