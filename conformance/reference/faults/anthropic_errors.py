"""Faults of the errors of Anthropic's kind: their envelope and its members."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import drop, on_error, put
from conformance.reference.changes.errors import as_openai
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault

ERRORS = "messages/errors/no-messages* messages/errors/unknown-role"


def _message(error: JSON) -> JSON:
    return error["error"]["message"]


_failed_transform = refuse(
    500, "failed to transform error: json: cannot unmarshal number into field type of type string"
)


FAULTS = (
    Fault(
        "anthropic-error-in-openai-envelope",
        "messages",
        "Errors come in the envelope of OpenAI.",
        ("error.anthropic.foreign-envelope",),
        ERRORS,
        on_error(as_openai),
    ),
    Fault(
        "anthropic-error-with-none",
        "messages",
        "Errors come in the envelope of OpenAI, with the text None for type and param.",
        (
            "error.anthropic.known-type",
            "error.fields.placeholder",
            "error.code.status",
            "error.anthropic.foreign-envelope",
        ),
        ERRORS,
        on_error(lambda error: {"error": {"message": _message(error), "type": "None", "param": "None", "code": "400"}}),
        "https://github.com/BerriAI/litellm/pull/39037",
    ),
    Fault(
        "anthropic-error-as-detail",
        "messages",
        "Errors are a web framework's detail.",
        (
            "error.message.reason",
            "error.anthropic.foreign-envelope",
            "error.anthropic.envelope",
        ),
        ERRORS,
        on_error(lambda error: {"detail": _message(error)}),
    ),
    Fault(
        "anthropic-error-as-detail-list",
        "messages",
        "Errors are a web framework's list of details.",
        (
            "error.message.reason",
            "error.anthropic.foreign-envelope",
            "error.anthropic.envelope",
        ),
        ERRORS,
        on_error(lambda error: {"detail": [{"loc": ["body"], "msg": _message(error), "type": "missing"}]}),
    ),
    Fault(
        "anthropic-error-as-text",
        "messages",
        "The error is a string.",
        (
            "error.anthropic.envelope",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(put("/error", "Something is wrong.")),
    ),
    Fault(
        "anthropic-error-null",
        "messages",
        "The error is null.",
        (
            "error.type.documented",
            "error.message.reason",
            "error.anthropic.envelope",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(put("/error", None)),
    ),
    Fault(
        "anthropic-error-lost",
        "messages",
        "Errors have no member error.",
        (
            "error.type.documented",
            "error.message.reason",
            "error.anthropic.envelope",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(drop("/error")),
    ),
    Fault(
        "anthropic-error-as-list",
        "messages",
        "Errors stand in a list.",
        (
            "error.message.reason",
            "error.anthropic.envelope",
        ),
        ERRORS,
        on_error(lambda error: [error]),
    ),
    Fault(
        "anthropic-error-outer-type-wrong",
        "messages",
        "The outer type of an error is the inner one.",
        ("error.anthropic.envelope",),
        ERRORS,
        on_error(put("/type", "invalid_request_error")),
    ),
    Fault(
        "anthropic-error-outer-type-null",
        "messages",
        "The outer type of an error is null.",
        ("error.anthropic.envelope",),
        ERRORS,
        on_error(put("/type", None)),
    ),
    Fault(
        "anthropic-error-type-lost",
        "messages",
        "Errors have no type.",
        ("error.anthropic.error-type",),
        ERRORS,
        on_error(drop("/error/type")),
    ),
    Fault(
        "anthropic-error-type-null",
        "messages",
        "The type of errors is null.",
        ("error.anthropic.error-type",),
        ERRORS,
        on_error(put("/error/type", None)),
        "https://github.com/envoyproxy/ai-gateway/pull/2505",
    ),
    Fault(
        "anthropic-error-type-empty",
        "messages",
        "The type of errors is empty.",
        (
            "error.fields.placeholder",
            "error.anthropic.error-type",
        ),
        ERRORS,
        on_error(put("/error/type", "")),
    ),
    Fault(
        "anthropic-error-type-number",
        "messages",
        "The type of errors is their status.",
        ("error.anthropic.error-type",),
        ERRORS,
        on_error(put("/error/type", 400)),
    ),
    Fault(
        "anthropic-error-type-undocumented",
        "messages",
        "The type of errors is one that no client knows.",
        (
            "error.anthropic.known-type",
            "error.type.documented",
        ),
        ERRORS,
        on_error(put("/error/type", "new_api_error")),
    ),
    Fault(
        "anthropic-error-type-of-openai",
        "messages",
        "The type of errors is one of OpenAI's.",
        (
            "error.anthropic.known-type",
            "error.type.documented",
            "error.type.agrees",
        ),
        ERRORS,
        on_error(put("/error/type", "server_error")),
    ),
    Fault(
        "anthropic-error-message-lost",
        "messages",
        "Errors have no message.",
        (
            "error.message.reason",
            "error.anthropic.message",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(drop("/error/message")),
    ),
    Fault(
        "anthropic-error-message-null",
        "messages",
        "The message of errors is null.",
        (
            "error.anthropic.message",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(put("/error/message", None)),
    ),
    Fault(
        "anthropic-error-message-empty",
        "messages",
        "The message of errors is empty.",
        (
            "error.message.empty",
            "error.anthropic.message",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(put("/error/message", "")),
    ),
    Fault(
        "anthropic-error-message-object",
        "messages",
        "The message of errors is an object.",
        (
            "error.anthropic.message",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_error(put("/error/message", {"en": "Something is wrong."})),
        "https://github.com/envoyproxy/ai-gateway/pull/2505",
    ),
    Fault(
        "anthropic-error-request-id-lost",
        "messages",
        "Errors have no request_id.",
        ("error.anthropic.request-id",),
        ERRORS,
        on_error(drop("/request_id")),
    ),
    Fault(
        "anthropic-error-request-id-number",
        "messages",
        "The request_id of errors is a number.",
        ("error.anthropic.request-id",),
        ERRORS,
        on_error(put("/request_id", 7)),
    ),
    Fault(
        "anthropic-error-request-id-other",
        "messages",
        "The request_id of errors is not that of the header.",
        ("error.anthropic.request-id-agrees",),
        ERRORS,
        on_error(put("/request_id", "req_011CSHoEeqs5C35K2UUqR7Fy")),
    ),
    Fault(
        "anthropic-error-transform-failed",
        "messages",
        "Errors with odd members are answered with an error of the gateway itself.",
        (
            "error.type.agrees",
            "case.status",
            "case.error-names-mistake",
        ),
        ERRORS,
        _failed_transform,
        "https://github.com/envoyproxy/ai-gateway/pull/2505",
    ),
)
