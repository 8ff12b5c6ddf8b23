"""Faults of the errors of Anthropic's kind: their envelope and its members."""

from __future__ import annotations

from conformance.model import JSON
from conformance.reference.changes import drop, on_error, put
from conformance.reference.changes.errors import as_openai
from conformance.reference.changes.replies import refuse
from conformance.reference.changes.values import in_list
from conformance.reference.faults.fault import Fault

ERRORS = "messages/errors/no-messages* messages/errors/unknown-role"


def _message(error: JSON) -> JSON:
    return error["error"]["message"]


_failed_transform = refuse(
    500, "failed to transform error: json: cannot unmarshal number into field type of type string"
)


FAULTS = (
    Fault(
        id="anthropic-error-in-openai-envelope",
        family="messages",
        sentence="Errors come in the envelope of OpenAI.",
        rules=("error.anthropic.foreign-envelope",),
        cases=ERRORS,
        apply=on_error(as_openai),
    ),
    Fault(
        id="anthropic-error-with-none",
        family="messages",
        sentence="Errors come in the envelope of OpenAI, with the text None for type and param.",
        rules=(
            "error.anthropic.known-type",
            "error.fields.placeholder",
            "error.code.status",
            "error.anthropic.foreign-envelope",
        ),
        cases=ERRORS,
        apply=on_error(
            lambda error: {"error": {"message": _message(error), "type": "None", "param": "None", "code": "400"}}
        ),
        url="https://github.com/BerriAI/litellm/pull/39037",
    ),
    Fault(
        id="anthropic-error-as-detail",
        family="messages",
        sentence="Errors are a web framework's detail.",
        rules=("error.message.reason", "error.anthropic.foreign-envelope", "error.anthropic.envelope"),
        cases=ERRORS,
        apply=on_error(lambda error: {"detail": _message(error)}),
    ),
    Fault(
        id="anthropic-error-as-detail-list",
        family="messages",
        sentence="Errors are a web framework's list of details.",
        rules=("error.message.reason", "error.anthropic.foreign-envelope", "error.anthropic.envelope"),
        cases=ERRORS,
        apply=on_error(lambda error: {"detail": [{"loc": ["body"], "msg": _message(error), "type": "missing"}]}),
    ),
    Fault(
        id="anthropic-error-as-text",
        family="messages",
        sentence="The error is a string.",
        rules=("error.anthropic.envelope", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(put("/error", "Something is wrong.")),
    ),
    Fault(
        id="anthropic-error-null",
        family="messages",
        sentence="The error is null.",
        rules=("error.type.documented", "error.message.reason", "error.anthropic.envelope", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(put("/error", None)),
    ),
    Fault(
        id="anthropic-error-lost",
        family="messages",
        sentence="Errors have no member error.",
        rules=("error.type.documented", "error.message.reason", "error.anthropic.envelope", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(drop("/error")),
    ),
    Fault(
        id="anthropic-error-as-list",
        family="messages",
        sentence="Errors stand in a list.",
        rules=("error.message.reason", "error.anthropic.envelope"),
        cases=ERRORS,
        apply=on_error(in_list),
    ),
    Fault(
        id="anthropic-error-outer-type-wrong",
        family="messages",
        sentence="The outer type of an error is the inner one.",
        rules=("error.anthropic.envelope",),
        cases=ERRORS,
        apply=on_error(put("/type", "invalid_request_error")),
    ),
    Fault(
        id="anthropic-error-outer-type-null",
        family="messages",
        sentence="The outer type of an error is null.",
        rules=("error.anthropic.envelope",),
        cases=ERRORS,
        apply=on_error(put("/type", None)),
    ),
    Fault(
        id="anthropic-error-type-lost",
        family="messages",
        sentence="Errors have no type.",
        rules=("error.anthropic.error-type",),
        cases=ERRORS,
        apply=on_error(drop("/error/type")),
    ),
    Fault(
        id="anthropic-error-type-null",
        family="messages",
        sentence="The type of errors is null.",
        rules=("error.anthropic.error-type",),
        cases=ERRORS,
        apply=on_error(put("/error/type", None)),
        url="https://github.com/envoyproxy/ai-gateway/pull/2505",
    ),
    Fault(
        id="anthropic-error-type-empty",
        family="messages",
        sentence="The type of errors is empty.",
        rules=("error.fields.placeholder", "error.anthropic.error-type"),
        cases=ERRORS,
        apply=on_error(put("/error/type", "")),
    ),
    Fault(
        id="anthropic-error-type-number",
        family="messages",
        sentence="The type of errors is their status.",
        rules=("error.anthropic.error-type",),
        cases=ERRORS,
        apply=on_error(put("/error/type", 400)),
    ),
    Fault(
        id="anthropic-error-type-undocumented",
        family="messages",
        sentence="The type of errors is one that no client knows.",
        rules=("error.anthropic.known-type", "error.type.documented"),
        cases=ERRORS,
        apply=on_error(put("/error/type", "new_api_error")),
    ),
    Fault(
        id="anthropic-error-type-of-openai",
        family="messages",
        sentence="The type of errors is one of OpenAI's.",
        rules=("error.anthropic.known-type", "error.type.documented", "error.type.agrees"),
        cases=ERRORS,
        apply=on_error(put("/error/type", "server_error")),
    ),
    Fault(
        id="anthropic-error-message-lost",
        family="messages",
        sentence="Errors have no message.",
        rules=("error.message.reason", "error.anthropic.message", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(drop("/error/message")),
    ),
    Fault(
        id="anthropic-error-message-null",
        family="messages",
        sentence="The message of errors is null.",
        rules=("error.anthropic.message", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(put("/error/message", None)),
    ),
    Fault(
        id="anthropic-error-message-empty",
        family="messages",
        sentence="The message of errors is empty.",
        rules=("error.message.empty", "error.anthropic.message", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(put("/error/message", "")),
    ),
    Fault(
        id="anthropic-error-message-object",
        family="messages",
        sentence="The message of errors is an object.",
        rules=("error.anthropic.message", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_error(put("/error/message", {"en": "Something is wrong."})),
        url="https://github.com/envoyproxy/ai-gateway/pull/2505",
    ),
    Fault(
        id="anthropic-error-request-id-lost",
        family="messages",
        sentence="Errors have no request_id.",
        rules=("error.anthropic.request-id",),
        cases=ERRORS,
        apply=on_error(drop("/request_id")),
    ),
    Fault(
        id="anthropic-error-request-id-number",
        family="messages",
        sentence="The request_id of errors is a number.",
        rules=("error.anthropic.request-id",),
        cases=ERRORS,
        apply=on_error(put("/request_id", 7)),
    ),
    Fault(
        id="anthropic-error-request-id-other",
        family="messages",
        sentence="The request_id of errors is not that of the header.",
        rules=("error.anthropic.request-id-agrees",),
        cases=ERRORS,
        apply=on_error(put("/request_id", "req_011CSHoEeqs5C35K2UUqR7Fy")),
    ),
    Fault(
        id="anthropic-error-transform-failed",
        family="messages",
        sentence="Errors with odd members are answered with an error of the gateway itself.",
        rules=("error.type.agrees", "case.status", "case.error-names-mistake"),
        cases=ERRORS,
        apply=_failed_transform,
        url="https://github.com/envoyproxy/ai-gateway/pull/2505",
    ),
)
