"""Faults of lists of models in the shape of Anthropic."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import Change, drop, on_call, on_json, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import reply_json
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call
from conformance.reference.gateway.wire import without

ANTHROPIC_LIST = "models/anthropic/list[version=2023-06-01]"


def _without(query: str, name: str) -> str:
    return "&".join(part for part in query.split("&") if not part.startswith(f"{name}="))


def _unquerying(name: str) -> Change:
    """Requests without one of their query's parameters."""

    def edit(call: Call) -> Call:
        path, _, _ = call.target.partition(b"?")
        return replace(call, target=path + b"?" + _without(call.query, name).encode())

    return on_call(edit)


def _openai(call: Call) -> Call:
    return replace(call, headers=without(call.headers, frozenset({"anthropic-version"})))


FAULTS = (
    Fault(
        id="models-shape-ignored",
        family="models",
        sentence="The header anthropic-version is ignored: the list is that of OpenAI.",
        rules=(
            "http.header.request-id",
            "models.page.has-more",
            "models.page.ids",
            "models.object",
            "models.display-name",
            "models.created-at",
            "models.lifecycle",
            "case.value",
            "case.present",
        ),
        cases="models/anthropic/list[*",
        apply=on_call(_openai),
        url="https://github.com/BerriAI/litellm/pull/35455",
    ),
    Fault(
        id="models-page-array",
        family="models",
        sentence="The page is an array.",
        rules=("models.page.object", "case.value", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(lambda page: page["data"]),
    ),
    Fault(
        id="models-page-data-lost",
        family="models",
        sentence="The page has no data.",
        rules=("models.list.data", "case.value", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/data")),
    ),
    Fault(
        id="models-page-data-null",
        family="models",
        sentence="The data of the page is null.",
        rules=("models.list.data", "case.value", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data", None)),
    ),
    Fault(
        id="models-page-has-more-lost",
        family="models",
        sentence="The page has no has_more.",
        rules=("models.page.has-more",),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/has_more")),
    ),
    Fault(
        id="models-page-has-more-null",
        family="models",
        sentence="has_more is null.",
        rules=("models.page.has-more",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/has_more", None)),
    ),
    Fault(
        id="models-page-has-more-text",
        family="models",
        sentence="has_more is text.",
        rules=("models.page.has-more",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/has_more", "false")),
    ),
    Fault(
        id="models-page-more-of-nothing",
        family="models",
        sentence="An empty page promises more.",
        rules=("models.list.some", "models.page.more-of-nothing", "case.value", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data", []), put("/has_more", True), put("/first_id", None), put("/last_id", None)),
    ),
    Fault(
        id="models-page-ids-lost",
        family="models",
        sentence="The page has no first_id and no last_id.",
        rules=("models.page.ids",),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/first_id"), drop("/last_id")),
    ),
    Fault(
        id="models-page-ids-null",
        family="models",
        sentence="first_id and last_id are null although there are models.",
        rules=("models.page.ids",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/first_id", None), put("/last_id", None)),
    ),
    Fault(
        id="models-page-last-id-wrong",
        family="models",
        sentence="last_id is that of the first model.",
        rules=("models.page.ids",),
        cases=ANTHROPIC_LIST,
        apply=on_json(lambda page: {**page, "last_id": page["first_id"]}),
    ),
    Fault(
        id="models-page-limit-ignored",
        family="models",
        sentence="The limit of a page is ignored.",
        rules=("models.page.limit", "case.absent"),
        cases="models/anthropic/pages",
        apply=_unquerying("limit"),
    ),
    Fault(
        id="models-page-after-ignored",
        family="models",
        sentence="after_id is ignored.",
        rules=("case.value",),
        cases="models/anthropic/pages",
        apply=_unquerying("after_id"),
    ),
    Fault(
        id="models-page-always-more",
        family="models",
        sentence="Every page promises more.",
        rules=("case.value",),
        cases="models/anthropic/list-in-one-page",
        apply=on_json(put("/has_more", True)),
    ),
    Fault(
        id="models-type-lost",
        family="models",
        sentence="Models have no type.",
        rules=("models.object", "case.value"),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/data/*/type")),
    ),
    Fault(
        id="models-type-wrong",
        family="models",
        sentence='The type of models is "chat".',
        rules=("models.object", "case.value"),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/type", "chat")),
    ),
    Fault(
        id="models-page-id-null",
        family="models",
        sentence="The id of models is null.",
        rules=("models.page.ids", "models.id", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/id", None)),
    ),
    Fault(
        id="models-display-name-lost",
        family="models",
        sentence="Models have no display_name.",
        rules=("models.display-name", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/data/*/display_name")),
    ),
    Fault(
        id="models-display-name-empty",
        family="models",
        sentence="The display_name of models is empty.",
        rules=("models.display-name",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/display_name", "")),
    ),
    Fault(
        id="models-display-name-null",
        family="models",
        sentence="The display_name of models is null.",
        rules=("models.display-name", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/display_name", None)),
    ),
    Fault(
        id="models-created-at-lost",
        family="models",
        sentence="Models have no created_at.",
        rules=("models.created-at",),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/data/*/created_at")),
    ),
    Fault(
        id="models-created-at-number",
        family="models",
        sentence="created_at is a number of seconds.",
        rules=("models.created-at",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/created_at", 1735689600)),
    ),
    Fault(
        id="models-created-at-date",
        family="models",
        sentence="created_at is a date without a time.",
        rules=("models.created-at",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/created_at", "2025-01-01")),
    ),
    Fault(
        id="models-lifecycle-lost",
        family="models",
        sentence="Models have no lifecycle.",
        rules=("models.lifecycle",),
        cases=ANTHROPIC_LIST,
        apply=on_json(drop("/data/*/lifecycle")),
    ),
    Fault(
        id="models-lifecycle-number",
        family="models",
        sentence="The lifecycle of models is a number.",
        rules=("models.lifecycle",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/lifecycle", 1)),
    ),
    Fault(
        id="models-limits-text",
        family="models",
        sentence="The limits of models are text.",
        rules=("models.limits",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/max_input_tokens", "200k"), put("/data/*/max_tokens", "64k")),
    ),
    Fault(
        id="models-limits-negative",
        family="models",
        sentence="An unknown limit is -1.",
        rules=("models.limits",),
        cases=ANTHROPIC_LIST,
        apply=on_json(put("/data/*/max_tokens", -1)),
    ),
    Fault(
        id="models-one-shape-ignored",
        family="models",
        sentence="A single model comes in the shape of OpenAI, whatever is asked for.",
        rules=(
            "http.header.request-id",
            "models.object",
            "models.display-name",
            "models.created-at",
            "models.lifecycle",
            "case.value",
            "case.present",
        ),
        cases="models/anthropic/one",
        apply=on_call(_openai),
        url="https://github.com/BerriAI/litellm/pull/35455",
    ),
    Fault(
        id="models-error-shape-ignored",
        family="models",
        sentence="A model that is not found is refused in the envelope of OpenAI, whatever is asked for.",
        rules=("error.type.documented", "http.header.request-id", "error.anthropic.foreign-envelope"),
        cases="models/anthropic/unknown",
        apply=on_call(_openai),
    ),
    Fault(
        id="models-bad-limit-accepted",
        family="models",
        sentence="A limit that is no number is passed over.",
        rules=("models.page.limit", "case.refused"),
        cases="models/anthropic/bad-limit*",
        apply=_unquerying("limit"),
    ),
    Fault(
        id="models-one-display-name-lost",
        family="models",
        sentence="A single model has no display_name.",
        rules=("models.display-name", "case.present"),
        cases="models/anthropic/one",
        apply=on_json(drop("/display_name")),
    ),
    Fault(
        id="models-needs-no-limit",
        family="models",
        sentence="A list with a limit is not found.",
        rules=(
            "error.message.reason",
            "error.anthropic.foreign-envelope",
            "error.anthropic.envelope",
            "error.openai.object",
            "case.accepted",
        ),
        cases="models/anthropic/list-in-one-page models/openai/list-in-one-page",
        apply=if_(reply_json(404, {"detail": "Not Found"}), lambda call: "limit" in call.query),
    ),
)
