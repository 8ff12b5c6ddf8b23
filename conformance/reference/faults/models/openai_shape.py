"""Faults of lists of models in OpenAI's format, and of single models.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, on_json
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
        id="models-as-array",
        family="models",
        sentence="The list is a JSON array.",
        rules=("models.list.object", "case.value", "case.model-listed", "case.present"),
        cases=OPENAI_LIST,
        apply=on_json(lambda document: document["data"]),
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
        rules=("models.object", "case.model-listed", "case.present"),
        cases=OPENAI_LIST,
        apply=on_json(at("/data/*", lambda model: model["id"])),
    ),
    Fault(
        id="models-under-test-missing",
        family="models",
        sentence="The list lacks the model that is served.",
        rules=("case.model-listed",),
        cases=OPENAI_LIST,
        apply=on_json(at("/data", lambda models: [{**models[0], "id": "another"}])),
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
        id="models-unknown-found",
        family="models",
        sentence="An unknown model is found.",
        rules=("case.refused",),
        cases="models/openai/unknown models/anthropic/unknown",
        apply=_found_anyway,
    ),
)
