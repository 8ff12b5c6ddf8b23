"""Faults of lists of models in the shape of OpenAI, and of a single model."""

from __future__ import annotations

from conformance.model import JSON
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
        id="models-object-lost",
        family="models",
        sentence='The list does not say object "list".',
        rules=("models.list.object", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(drop("/object")),
        url="https://github.com/obot-platform/tools/pull/445",
    ),
    Fault(
        id="models-object-wrong",
        family="models",
        sentence='The object of the list is "models".',
        rules=("models.list.object", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(put("/object", "models")),
    ),
    Fault(
        id="models-as-array",
        family="models",
        sentence="The list is an array.",
        rules=("models.list.object", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(lambda document: document["data"]),
    ),
    Fault(
        id="models-data-lost",
        family="models",
        sentence="The list has no data.",
        rules=("models.list.data", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(rename("/data", "models")),
    ),
    Fault(
        id="models-data-null",
        family="models",
        sentence="The data of the list is null.",
        rules=("models.list.data", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(put("/data", None)),
    ),
    Fault(
        id="models-data-object",
        family="models",
        sentence="The data of the list is an object.",
        rules=("models.list.data", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(put("/data", {})),
    ),
    Fault(
        id="models-empty",
        family="models",
        sentence="The list is empty.",
        rules=("models.list.some", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(put("/data", [])),
    ),
    Fault(
        id="models-twice",
        family="models",
        sentence="A model is listed twice.",
        rules=("models.list.unique-ids",),
        cases=OPENAI_LIST,
        apply=on_json(at("/data", lambda models: [*models, models[0]])),
    ),
    Fault(
        id="models-as-names",
        family="models",
        sentence="Models are strings.",
        rules=("models.object", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(at("/data/*", lambda model: model["id"])),
    ),
    Fault(
        id="models-entry-object-lost",
        family="models",
        sentence='Models do not say object "model".',
        rules=("models.object",),
        cases=OPENAI_LIST,
        apply=on_json(drop("/data/*/object")),
    ),
    Fault(
        id="models-entry-object-wrong",
        family="models",
        sentence='The object of models is "engine".',
        rules=("models.object",),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/object", "engine")),
    ),
    Fault(
        id="models-id-lost",
        family="models",
        sentence="Models have no id.",
        rules=("models.id", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(drop("/data/*/id")),
    ),
    Fault(
        id="models-id-empty",
        family="models",
        sentence="The id of models is empty.",
        rules=("models.id", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/id", "")),
    ),
    Fault(
        id="models-id-number",
        family="models",
        sentence="The id of models is a number.",
        rules=("models.id", "case.value"),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/id", 7)),
    ),
    Fault(
        id="models-created-lost",
        family="models",
        sentence="Models have no created.",
        rules=("models.created",),
        cases=OPENAI_LIST,
        apply=on_json(drop("/data/*/created")),
    ),
    Fault(
        id="models-created-text",
        family="models",
        sentence="created is a date in text.",
        rules=("models.created",),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/created", "2025-01-01T00:00:00Z")),
    ),
    Fault(
        id="models-created-null",
        family="models",
        sentence="created is null.",
        rules=("models.created",),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/created", None)),
    ),
    Fault(
        id="models-created-fraction",
        family="models",
        sentence="created has a fraction.",
        rules=("models.created",),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/created", 1735689600.5)),
    ),
    Fault(
        id="models-owned-by-lost",
        family="models",
        sentence="Models have no owned_by.",
        rules=("models.owned-by",),
        cases=OPENAI_LIST,
        apply=on_json(drop("/data/*/owned_by")),
    ),
    Fault(
        id="models-owned-by-null",
        family="models",
        sentence="owned_by is null.",
        rules=("models.owned-by",),
        cases=OPENAI_LIST,
        apply=on_json(put("/data/*/owned_by", None)),
    ),
    Fault(
        id="models-under-test-missing",
        family="models",
        sentence="The list lacks the model that is served.",
        rules=("case.value",),
        cases=OPENAI_LIST,
        apply=on_json(at("/data", lambda models: [{**models[0], "id": "another"}])),
    ),
    Fault(
        id="models-retrieve-other",
        family="models",
        sentence="Another model comes back than the one that was asked for.",
        rules=("models.retrieve.id",),
        cases=OPENAI_ONE,
        apply=on_json(put("/id", "another")),
    ),
    Fault(
        id="models-retrieve-list",
        family="models",
        sentence="A single model is answered with the list.",
        rules=("models.id", "models.created", "models.owned-by", "models.object", "case.value"),
        cases=OPENAI_ONE,
        apply=on_json(lambda model: {"object": "list", "data": [model]}),
    ),
    Fault(
        id="models-retrieve-missing",
        family="models",
        sentence="A single model cannot be asked for.",
        rules=("error.message.reason", "error.openai.object", "case.accepted"),
        cases=OPENAI_ONE,
        apply=reply_json(404, {"detail": "Not Found"}),
        url="https://github.com/BerriAI/litellm/issues/37271",
    ),
    Fault(
        id="models-slash-missing",
        family="models",
        sentence="Ids with a slash have no route.",
        rules=("error.message.reason", "error.openai.object"),
        cases="models/openai/unknown-with-slash[id=no-such-vendor/*",
        apply=reply_json(404, {"detail": "Not Found"}),
        url="https://github.com/BerriAI/litellm/issues/37271",
    ),
    Fault(
        id="models-unknown-found",
        family="models",
        sentence="A model that nobody has is found.",
        rules=("case.refused",),
        cases="models/openai/unknown models/anthropic/unknown",
        apply=_found_anyway,
    ),
)
