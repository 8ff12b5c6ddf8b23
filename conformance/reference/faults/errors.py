"""Faults of errors: what they say, and whether what they say agrees."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import ERROR, drop, on_error, put, set_status, when
from conformance.reference.changes.change import Change
from conformance.reference.changes.replies import refuse, reply_json
from conformance.reference.faults.fault import Fault

CHAT = "chat_completions/errors/unknown-role"
RESPONSES = "responses/errors/unknown-role"
MESSAGES = "messages/errors/unknown-role"
PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
DETAIL: JSON = {"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "unexpected value", "type": "value_error"}]}
LIMITED = refuse(429, "Too many requests.", code="rate_limit_exceeded")


def _message(message: JSON) -> Change:
    return on_error(put("/error/message", message))


def _error(**members: JSON) -> Change:
    return on_error(*(put(f"/error/{name}", value) for name, value in members.items()))


MESSAGE = (
    Fault(
        "error-message-missing",
        "chat_completions",
        "Errors have no message.",
        (
            "error.message.reason",
            "error.openai.message",
        ),
        CHAT,
        on_error(drop("/error/message")),
    ),
    Fault(
        "error-message-null",
        "responses",
        "The message of errors is null.",
        ("error.openai.message",),
        RESPONSES,
        _message(None),
    ),
    Fault(
        "error-message-empty",
        "chat_completions",
        "A format without its schema is refused with status 500 and an empty message.",
        (
            "error.message.empty",
            "case.error-names-mistake",
            "case.status",
            "error.type.agrees",
        ),
        "chat_completions/errors/schema-without-name",
        refuse(500, ""),
        "https://github.com/vllm-project/vllm/issues/35438",
    ),
    Fault(
        "error-message-object-object",
        "messages",
        "The message of errors is `[object Object]`.",
        (
            "error.message.placeholder",
            "case.error-names-mistake",
        ),
        MESSAGES,
        _message("[object Object]"),
    ),
    Fault(
        "error-message-none",
        "responses",
        "The message of errors is `None`.",
        ("error.message.placeholder",),
        RESPONSES,
        _message("None"),
    ),
    Fault(
        "error-message-html",
        "messages",
        "The message of errors is the source of a proxy's page.",
        (
            "error.message.html",
            "case.error-names-mistake",
        ),
        MESSAGES,
        _message(PAGE),
    ),
    Fault(
        "error-message-json",
        "responses",
        "The provider's whole error body is the message, as JSON inside of a string.",
        ("error.message.json",),
        RESPONSES,
        _message('{"error": {"message": "Not Found", "type": "invalid_request_error", "code": null}}'),
        "https://github.com/BerriAI/litellm/issues/13130",
    ),
    Fault(
        "error-message-embeds-error",
        "chat_completions",
        "The provider's error stands within the words of the message.",
        ("error.message.embedded-error",),
        CHAT,
        _message("upstream said: {'error': {'message': 'role is not known'}}"),
    ),
    Fault(
        "error-message-of-program",
        "responses",
        "An item of a kind that the gateway does not know gives the text of an exception, with status 500.",
        (
            "error.message.program-text",
            "case.status",
            "error.type.agrees",
        ),
        "responses/errors/unknown-item",
        refuse(500, "TypeError: 'NoneType' object is not subscriptable"),
        "https://github.com/vllm-project/vllm/pull/55974",
    ),
    Fault(
        "error-message-key-only",
        "responses",
        "An item without a role gives the name of the missing key alone, with status 500.",
        (
            "error.message.code-only",
            "case.status",
            "error.type.agrees",
        ),
        "responses/errors/unknown-item",
        refuse(500, "'role'"),
        "https://github.com/vllm-project/vllm/pull/55974",
    ),
    Fault(
        "error-message-a-code",
        "messages",
        "The message of errors is a code.",
        ("error.message.code-only",),
        MESSAGES,
        _message("invalid_role"),
    ),
)

FIELDS = (
    Fault(
        "error-code-none",
        "chat_completions",
        "Fields of errors that have no value are the string None.",
        ("error.fields.placeholder",),
        CHAT,
        _error(code="None", param="None"),
    ),
    Fault(
        "error-envelope-of-openai-with-none",
        "messages",
        "Errors of Messages have the envelope of OpenAI, and type and param are the string None.",
        (
            "error.fields.placeholder",
            "error.anthropic.foreign-envelope",
            "error.anthropic.known-type",
            "error.code.status",
        ),
        MESSAGES,
        reply_json(400, {"error": {"message": "role is not known", "type": "None", "param": "None", "code": "400"}}),
        "https://github.com/BerriAI/litellm/pull/39037",
    ),
    Fault(
        "error-type-of-a-class",
        "chat_completions",
        "The type of errors is the name of a class.",
        ("error.type.name",),
        CHAT,
        _error(type="BadRequestError"),
    ),
    Fault(
        "error-type-in-words",
        "responses",
        "The type of errors is a phrase.",
        ("error.type.name",),
        RESPONSES,
        _error(type="Bad Request"),
    ),
    Fault(
        "error-type-not-of-the-table",
        "messages",
        "Errors of Messages with status 400 have a type that Anthropic's table gives to another status.",
        ("error.type.documented", "error.type.agrees"),
        MESSAGES,
        _error(type="api_error"),
    ),
    Fault(
        "error-type-of-openai",
        "messages",
        "Errors of Messages for a missing model have the type of OpenAI.",
        ("error.type.documented",),
        "messages/errors/unknown-model*",
        _error(type="invalid_request_error"),
    ),
    Fault(
        "error-type-contradicts",
        "chat_completions",
        "A mistake of the client has the type of a failure of the server.",
        ("error.type.agrees",),
        CHAT,
        _error(type="server_error"),
    ),
    Fault(
        "error-code-contradicts",
        "chat_completions",
        "A mistake in the body is called a wrong key.",
        ("error.code.agrees",),
        CHAT,
        _error(code="invalid_api_key"),
    ),
    Fault(
        "error-code-in-digits",
        "chat_completions",
        "The code of errors is the number of the status, as text.",
        ("error.code.status",),
        CHAT,
        _error(code="400"),
    ),
    Fault(
        "error-code-a-number",
        "responses",
        "The code of errors is the number of the status.",
        ("error.openai.code-number",),
        RESPONSES,
        _error(code=400),
        "https://github.com/sgl-project/sglang/pull/32808",
    ),
    Fault(
        "error-unknown-model-500",
        "responses",
        "A model that nobody has gives status 500, and a code of its digits.",
        (
            "case.status",
            "case.error-names-mistake",
            "error.code.status",
            "error.type.agrees",
        ),
        "responses/errors/unknown-model*",
        refuse(500, "The model is not known.", code="500"),
        "https://github.com/opendatahub-io/odh-dashboard/issues/4851",
    ),
    Fault(
        "error-status-in-body-differs",
        "responses",
        "Errors repeat the status of the provider, which is not that of the answer.",
        ("error.status.agrees",),
        RESPONSES,
        on_error(put("/status", 502)),
    ),
    Fault(
        "error-status-422",
        "chat_completions",
        "Bodies that are not valid are refused with 422.",
        ("error.status.validation", "case.status-422"),
        CHAT,
        set_status(422, of=ERROR),
    ),
    Fault(
        "error-detail-422",
        "chat_completions",
        "A role that there is not is refused with 422 in the envelope of a framework.",
        (
            "error.status.validation",
            "case.status-422",
            "error.message.reason",
            "error.openai.object",
        ),
        CHAT,
        reply_json(422, DETAIL),
        "https://github.com/earendil-works/pi/issues/6238",
    ),
    Fault(
        "error-wait-unsaid",
        "chat_completions",
        "A provider's 429 is passed on without a word of how long to wait.",
        ("error.status.wait",),
        "chat_completions/text/system-and-user[stream=false]",
        LIMITED,
        "https://github.com/api7/aisix/issues/144",
    ),
    Fault(
        "error-wait-unsaid-when-streaming",
        "chat_completions",
        "A provider's 429 to a stream is passed on without the headers that the gateway's own has.",
        ("error.status.wait",),
        "chat_completions/text/system-and-user*",
        when(LIMITED, stream=True),
        "https://github.com/majiayu000/litellm-rs/issues/833",
    ),
)


def _noticed_by(family: str, status: int) -> tuple[str, ...]:
    """What notices a wrong status of an error whose type is `invalid_request_error`."""
    if status >= 500:
        return ("case.status", "error.type.agrees")
    if family == "messages" and status in (401, 404):
        return ("case.status", "error.type.documented")
    return ("case.status",)


STATUSES = tuple(
    Fault(
        f"error-status-{status}-{family.replace('_', '-')}",
        family,
        f"A body that is not valid is refused with {status}.",
        _noticed_by(family, status),
        f"{family}/errors/unknown-role",
        set_status(status, of=ERROR),
    )
    for family in ("chat_completions", "responses", "messages")
    for status in (401, 403, 404, 500, 502, 503)
)

FAULTS = (*MESSAGE, *FIELDS, *STATUSES)
