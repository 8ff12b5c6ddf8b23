"""Faults of lists of models in Anthropic's format.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import Change, on_call, on_json
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
        sentence="The header anthropic-version is ignored: the list has OpenAI's format.",
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
        sentence="The page is a JSON array.",
        rules=("models.page.object", "case.value", "case.present"),
        cases=ANTHROPIC_LIST,
        apply=on_json(lambda page: page["data"]),
    ),
    Fault(
        id="models-page-last-id-wrong",
        family="models",
        sentence="last_id is the id of the first model.",
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
        id="models-one-shape-ignored",
        family="models",
        sentence="A single model always has OpenAI's format.",
        rules=(
            "http.header.request-id",
            "models.object",
            "models.display-name",
            "models.created-at",
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
        sentence="An unknown model is always refused in OpenAI's envelope.",
        rules=("error.type.documented", "http.header.request-id", "error.anthropic.foreign-envelope"),
        cases="models/anthropic/unknown",
        apply=on_call(_openai),
    ),
    Fault(
        id="models-bad-limit-accepted",
        family="models",
        sentence="An invalid limit is ignored.",
        rules=("models.page.limit", "case.refused"),
        cases="models/anthropic/bad-limit*",
        apply=_unquerying("limit"),
    ),
    Fault(
        id="models-needs-no-limit",
        family="models",
        sentence="A list with a limit is answered with 404.",
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
