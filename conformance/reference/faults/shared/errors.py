"""Faults of errors: what they say, and whether what they say agrees."""

from __future__ import annotations

from conformance.model import JSON
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


def _noticed_by(family: str, status: int) -> tuple[str, ...]:
    """What notices a wrong status of an error whose type is `invalid_request_error`."""
    if status >= 500:
        return ("case.status", "error.type.agrees")
    if family == "messages" and status in (401, 404):
        return ("case.status", "error.type.documented")
    return ("case.status",)


FAULTS = (
    Fault(
        id="error-message-missing",
        family="chat_completions",
        sentence="Errors have no message.",
        rules=("error.message.reason", "error.openai.message"),
        cases=CHAT,
        apply=on_error(drop("/error/message")),
    ),
    Fault(
        id="error-message-null",
        family="responses",
        sentence="The message of errors is null.",
        rules=("error.openai.message",),
        cases=RESPONSES,
        apply=_message(None),
    ),
    Fault(
        id="error-message-empty",
        family="chat_completions",
        sentence="A format without its schema is refused with status 500 and an empty message.",
        rules=("error.message.empty", "case.error-names-mistake", "case.status", "error.type.agrees"),
        cases="chat_completions/errors/schema-without-name",
        apply=refuse(500, ""),
        url="https://github.com/vllm-project/vllm/issues/35438",
    ),
    Fault(
        id="error-message-object-object",
        family="messages",
        sentence="The message of errors is `[object Object]`.",
        rules=("error.message.placeholder", "case.error-names-mistake"),
        cases=MESSAGES,
        apply=_message("[object Object]"),
    ),
    Fault(
        id="error-message-none",
        family="responses",
        sentence="The message of errors is `None`.",
        rules=("error.message.placeholder",),
        cases=RESPONSES,
        apply=_message("None"),
    ),
    Fault(
        id="error-message-html",
        family="messages",
        sentence="The message of errors is the source of a proxy's page.",
        rules=("error.message.html", "case.error-names-mistake"),
        cases=MESSAGES,
        apply=_message(PAGE),
    ),
    Fault(
        id="error-message-json",
        family="responses",
        sentence="The provider's whole error body is the message, as JSON inside of a string.",
        rules=("error.message.json",),
        cases=RESPONSES,
        apply=_message('{"error": {"message": "Not Found", "type": "invalid_request_error", "code": null}}'),
        url="https://github.com/BerriAI/litellm/issues/13130",
    ),
    Fault(
        id="error-message-embeds-error",
        family="chat_completions",
        sentence="The provider's error stands within the words of the message.",
        rules=("error.message.embedded-error",),
        cases=CHAT,
        apply=_message("upstream said: {'error': {'message': 'role is not known'}}"),
    ),
    Fault(
        id="error-message-of-program",
        family="responses",
        sentence="An item of a kind that the gateway does not know gives the text of an exception, with status 500.",
        rules=("error.message.program-text", "case.status", "error.type.agrees"),
        cases="responses/errors/unknown-item",
        apply=refuse(500, "TypeError: 'NoneType' object is not subscriptable"),
        url="https://github.com/vllm-project/vllm/pull/55974",
    ),
    Fault(
        id="error-message-key-only",
        family="responses",
        sentence="An item without a role gives the name of the missing key alone, with status 500.",
        rules=("error.message.code-only", "case.status", "error.type.agrees"),
        cases="responses/errors/unknown-item",
        apply=refuse(500, "'role'"),
        url="https://github.com/vllm-project/vllm/pull/55974",
    ),
    Fault(
        id="error-message-a-code",
        family="messages",
        sentence="The message of errors is a code.",
        rules=("error.message.code-only",),
        cases=MESSAGES,
        apply=_message("invalid_role"),
    ),
    Fault(
        id="error-code-none",
        family="chat_completions",
        sentence="Fields of errors that have no value are the string None.",
        rules=("error.fields.placeholder",),
        cases=CHAT,
        apply=_error(code="None", param="None"),
    ),
    Fault(
        id="error-envelope-of-openai-with-none",
        family="messages",
        sentence="Errors of Messages have the envelope of OpenAI, and type and param are the string None.",
        rules=(
            "error.fields.placeholder",
            "error.anthropic.foreign-envelope",
            "error.anthropic.known-type",
            "error.code.status",
        ),
        cases=MESSAGES,
        apply=reply_json(
            400, {"error": {"message": "role is not known", "type": "None", "param": "None", "code": "400"}}
        ),
        url="https://github.com/BerriAI/litellm/pull/39037",
    ),
    Fault(
        id="error-type-of-a-class",
        family="chat_completions",
        sentence="The type of errors is the name of a class.",
        rules=("error.type.name",),
        cases=CHAT,
        apply=_error(type="BadRequestError"),
    ),
    Fault(
        id="error-type-in-words",
        family="responses",
        sentence="The type of errors is a phrase.",
        rules=("error.type.name",),
        cases=RESPONSES,
        apply=_error(type="Bad Request"),
    ),
    Fault(
        id="error-type-not-of-the-table",
        family="messages",
        sentence="Errors of Messages with status 400 have a type that Anthropic's table gives to another status.",
        rules=("error.type.documented", "error.type.agrees"),
        cases=MESSAGES,
        apply=_error(type="api_error"),
    ),
    Fault(
        id="error-type-of-openai",
        family="messages",
        sentence="Errors of Messages for a missing model have the type of OpenAI.",
        rules=("error.type.documented",),
        cases="messages/errors/unknown-model*",
        apply=_error(type="invalid_request_error"),
    ),
    Fault(
        id="error-type-contradicts",
        family="chat_completions",
        sentence="A mistake of the client has the type of a failure of the server.",
        rules=("error.type.agrees",),
        cases=CHAT,
        apply=_error(type="server_error"),
    ),
    Fault(
        id="error-code-contradicts",
        family="chat_completions",
        sentence="A mistake in the body is called a wrong key.",
        rules=("error.code.agrees",),
        cases=CHAT,
        apply=_error(code="invalid_api_key"),
    ),
    Fault(
        id="error-code-in-digits",
        family="chat_completions",
        sentence="The code of errors is the number of the status, as text.",
        rules=("error.code.status",),
        cases=CHAT,
        apply=_error(code="400"),
    ),
    Fault(
        id="error-code-a-number",
        family="responses",
        sentence="The code of errors is the number of the status.",
        rules=("error.openai.code-number",),
        cases=RESPONSES,
        apply=_error(code=400),
        url="https://github.com/sgl-project/sglang/pull/32808",
    ),
    Fault(
        id="error-unknown-model-500",
        family="responses",
        sentence="A model that nobody has gives status 500, and a code of its digits.",
        rules=("case.status", "case.error-names-mistake", "error.code.status", "error.type.agrees"),
        cases="responses/errors/unknown-model*",
        apply=refuse(500, "The model is not known.", code="500"),
        url="https://github.com/opendatahub-io/odh-dashboard/issues/4851",
    ),
    Fault(
        id="error-status-in-body-differs",
        family="responses",
        sentence="Errors repeat the status of the provider, which is not that of the answer.",
        rules=("error.status.agrees",),
        cases=RESPONSES,
        apply=on_error(put("/status", 502)),
    ),
    Fault(
        id="error-status-422",
        family="chat_completions",
        sentence="Bodies that are not valid are refused with 422.",
        rules=("error.status.validation", "case.status-422"),
        cases=CHAT,
        apply=set_status(422, of=ERROR),
    ),
    Fault(
        id="error-detail-422",
        family="chat_completions",
        sentence="A role that there is not is refused with 422 in the envelope of a framework.",
        rules=("error.status.validation", "case.status-422", "error.message.reason", "error.openai.object"),
        cases=CHAT,
        apply=reply_json(422, DETAIL),
        url="https://github.com/earendil-works/pi/issues/6238",
    ),
    Fault(
        id="error-wait-unsaid",
        family="chat_completions",
        sentence="A provider's 429 is passed on without a word of how long to wait.",
        rules=("error.status.wait",),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=LIMITED,
        url="https://github.com/api7/aisix/issues/144",
    ),
    Fault(
        id="error-wait-unsaid-when-streaming",
        family="chat_completions",
        sentence="A provider's 429 to a stream is passed on without the headers that the gateway's own has.",
        rules=("error.status.wait",),
        cases="chat_completions/text/system-and-user*",
        apply=when(LIMITED, stream=True),
        url="https://github.com/majiayu000/litellm-rs/issues/833",
    ),
    *(
        Fault(
            id=f"error-status-{status}-{family.replace('_', '-')}",
            family=family,
            sentence=f"A body that is not valid is refused with {status}.",
            rules=_noticed_by(family, status),
            cases=f"{family}/errors/unknown-role",
            apply=set_status(status, of=ERROR),
        )
        for family in ("chat_completions", "responses", "messages")
        for status in (401, 403, 404, 500, 502, 503)
    ),
)
