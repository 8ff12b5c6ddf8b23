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
        "models-shape-ignored",
        "models",
        "The header anthropic-version is ignored: the list is that of OpenAI.",
        (
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
        "models/anthropic/list[*",
        on_call(_openai),
        "https://github.com/BerriAI/litellm/pull/35455",
    ),
    Fault(
        "models-page-array",
        "models",
        "The page is an array.",
        (
            "models.page.object",
            "case.value",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(lambda page: page["data"]),
    ),
    Fault(
        "models-page-data-lost",
        "models",
        "The page has no data.",
        (
            "models.list.data",
            "case.value",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(drop("/data")),
    ),
    Fault(
        "models-page-data-null",
        "models",
        "The data of the page is null.",
        (
            "models.list.data",
            "case.value",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(put("/data", None)),
    ),
    Fault(
        "models-page-has-more-lost",
        "models",
        "The page has no has_more.",
        ("models.page.has-more",),
        ANTHROPIC_LIST,
        on_json(drop("/has_more")),
    ),
    Fault(
        "models-page-has-more-null",
        "models",
        "has_more is null.",
        ("models.page.has-more",),
        ANTHROPIC_LIST,
        on_json(put("/has_more", None)),
    ),
    Fault(
        "models-page-has-more-text",
        "models",
        "has_more is text.",
        ("models.page.has-more",),
        ANTHROPIC_LIST,
        on_json(put("/has_more", "false")),
    ),
    Fault(
        "models-page-more-of-nothing",
        "models",
        "An empty page promises more.",
        (
            "models.list.some",
            "models.page.more-of-nothing",
            "case.value",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(put("/data", []), put("/has_more", True), put("/first_id", None), put("/last_id", None)),
    ),
    Fault(
        "models-page-ids-lost",
        "models",
        "The page has no first_id and no last_id.",
        ("models.page.ids",),
        ANTHROPIC_LIST,
        on_json(drop("/first_id"), drop("/last_id")),
    ),
    Fault(
        "models-page-ids-null",
        "models",
        "first_id and last_id are null although there are models.",
        ("models.page.ids",),
        ANTHROPIC_LIST,
        on_json(put("/first_id", None), put("/last_id", None)),
    ),
    Fault(
        "models-page-last-id-wrong",
        "models",
        "last_id is that of the first model.",
        ("models.page.ids",),
        ANTHROPIC_LIST,
        on_json(lambda page: {**page, "last_id": page["first_id"]}),
    ),
    Fault(
        "models-page-limit-ignored",
        "models",
        "The limit of a page is ignored.",
        (
            "models.page.limit",
            "case.absent",
        ),
        "models/anthropic/pages",
        _unquerying("limit"),
    ),
    Fault(
        "models-page-after-ignored",
        "models",
        "after_id is ignored.",
        ("case.value",),
        "models/anthropic/pages",
        _unquerying("after_id"),
    ),
    Fault(
        "models-page-always-more",
        "models",
        "Every page promises more.",
        ("case.value",),
        "models/anthropic/list-in-one-page",
        on_json(put("/has_more", True)),
    ),
    Fault(
        "models-type-lost",
        "models",
        "Models have no type.",
        (
            "models.object",
            "case.value",
        ),
        ANTHROPIC_LIST,
        on_json(drop("/data/*/type")),
    ),
    Fault(
        "models-type-wrong",
        "models",
        'The type of models is "chat".',
        (
            "models.object",
            "case.value",
        ),
        ANTHROPIC_LIST,
        on_json(put("/data/*/type", "chat")),
    ),
    Fault(
        "models-page-id-null",
        "models",
        "The id of models is null.",
        (
            "models.page.ids",
            "models.id",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(put("/data/*/id", None)),
    ),
    Fault(
        "models-display-name-lost",
        "models",
        "Models have no display_name.",
        (
            "models.display-name",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(drop("/data/*/display_name")),
    ),
    Fault(
        "models-display-name-empty",
        "models",
        "The display_name of models is empty.",
        ("models.display-name",),
        ANTHROPIC_LIST,
        on_json(put("/data/*/display_name", "")),
    ),
    Fault(
        "models-display-name-null",
        "models",
        "The display_name of models is null.",
        (
            "models.display-name",
            "case.present",
        ),
        ANTHROPIC_LIST,
        on_json(put("/data/*/display_name", None)),
    ),
    Fault(
        "models-created-at-lost",
        "models",
        "Models have no created_at.",
        ("models.created-at",),
        ANTHROPIC_LIST,
        on_json(drop("/data/*/created_at")),
    ),
    Fault(
        "models-created-at-number",
        "models",
        "created_at is a number of seconds.",
        ("models.created-at",),
        ANTHROPIC_LIST,
        on_json(put("/data/*/created_at", 1735689600)),
    ),
    Fault(
        "models-created-at-date",
        "models",
        "created_at is a date without a time.",
        ("models.created-at",),
        ANTHROPIC_LIST,
        on_json(put("/data/*/created_at", "2025-01-01")),
    ),
    Fault(
        "models-lifecycle-lost",
        "models",
        "Models have no lifecycle.",
        ("models.lifecycle",),
        ANTHROPIC_LIST,
        on_json(drop("/data/*/lifecycle")),
    ),
    Fault(
        "models-lifecycle-number",
        "models",
        "The lifecycle of models is a number.",
        ("models.lifecycle",),
        ANTHROPIC_LIST,
        on_json(put("/data/*/lifecycle", 1)),
    ),
    Fault(
        "models-limits-text",
        "models",
        "The limits of models are text.",
        ("models.limits",),
        ANTHROPIC_LIST,
        on_json(put("/data/*/max_input_tokens", "200k"), put("/data/*/max_tokens", "64k")),
    ),
    Fault(
        "models-limits-negative",
        "models",
        "An unknown limit is -1.",
        ("models.limits",),
        ANTHROPIC_LIST,
        on_json(put("/data/*/max_tokens", -1)),
    ),
    Fault(
        "models-one-shape-ignored",
        "models",
        "A single model comes in the shape of OpenAI, whatever is asked for.",
        (
            "http.header.request-id",
            "models.object",
            "models.display-name",
            "models.created-at",
            "models.lifecycle",
            "case.value",
            "case.present",
        ),
        "models/anthropic/one",
        on_call(_openai),
        "https://github.com/BerriAI/litellm/pull/35455",
    ),
    Fault(
        "models-error-shape-ignored",
        "models",
        "A model that is not found is refused in the envelope of OpenAI, whatever is asked for.",
        (
            "error.type.documented",
            "http.header.request-id",
            "error.anthropic.foreign-envelope",
        ),
        "models/anthropic/unknown",
        on_call(_openai),
    ),
    Fault(
        "models-bad-limit-accepted",
        "models",
        "A limit that is no number is passed over.",
        (
            "models.page.limit",
            "case.refused",
        ),
        "models/anthropic/bad-limit*",
        _unquerying("limit"),
    ),
    Fault(
        "models-one-display-name-lost",
        "models",
        "A single model has no display_name.",
        (
            "models.display-name",
            "case.present",
        ),
        "models/anthropic/one",
        on_json(drop("/display_name")),
    ),
    Fault(
        "models-needs-no-limit",
        "models",
        "A list with a limit is not found.",
        (
            "error.message.reason",
            "error.anthropic.foreign-envelope",
            "error.anthropic.envelope",
            "error.openai.object",
            "case.accepted",
        ),
        "models/anthropic/list-in-one-page models/openai/list-in-one-page",
        if_(reply_json(404, {"detail": "Not Found"}), lambda call: "limit" in call.query),
    ),
)
