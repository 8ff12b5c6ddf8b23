"""Faults of secrecy: keys, stack traces and inner addresses that an answer gives away."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import add_header, on_answer, on_error, put
from conformance.reference.changes.change import Change
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import first

CHAT_JSON = "chat_completions/text/system-and-user[stream=false]"
MESSAGES_JSON = "messages/text/system-and-user[stream=false]"
RESPONSES_JSON = "responses/text/input-text[stream=false]"
ERRORS = "chat_completions/errors/unknown-role"
TRACE = 'Traceback (most recent call last):\n  File "/app/gateway/proxy.py", line 88, in relay'


def _said(message: str) -> Change:
    """The message of errors, in all families."""
    return on_error(put("/error/message", message))


def _key(call: Call) -> str:
    """The client's own key."""
    return (first(call.headers, "authorization") or first(call.headers, "x-api-key") or "").rpartition(" ")[2]


async def _key_in_message(call: Call, answer: Answer) -> Answer:
    """Errors whose message repeats the key."""
    return await _said(f"The key {_key(call)} may not do this.")(lambda _call: _ready(answer))(call)


async def _key_in_header(call: Call, answer: Answer) -> Answer:
    return replace(answer, headers=(*answer.headers, ("x-forwarded-authorization", _key(call))))


async def _ready(answer: Answer) -> Answer:
    return answer


FAULTS = (
    Fault(
        "http-own-key-in-error",
        "chat_completions",
        "Errors repeat the key of the client.",
        ("http.secret.own-credential",),
        ERRORS,
        on_answer(_key_in_message),
    ),
    Fault(
        "http-own-key-in-header",
        "messages",
        "A header repeats the key of the client.",
        ("http.secret.own-credential",),
        MESSAGES_JSON,
        on_answer(_key_in_header),
    ),
    Fault(
        "http-provider-key-in-error",
        "chat_completions",
        "The provider refuses the gateway's key, and its error, which repeats that key, is passed on.",
        (
            "http.secret.foreign-credential",
            "case.accepted",
        ),
        CHAT_JSON,
        refuse(401, "Incorrect API key provided: sk-proj-abcd1234efgh5678ijkl9012mnop.", code="invalid_api_key"),
        "https://github.com/nyroway/nyro/issues/67",
    ),
    Fault(
        "http-models-dumped-in-error",
        "chat_completions",
        "A request that cannot be routed is told the gateway's models with their keys and addresses.",
        (
            "http.secret.foreign-credential",
            "case.error-names-mistake",
            "case.status-usual",
            "http.leak.address",
        ),
        "chat_completions/errors/unknown-model*",
        refuse(
            400,
            "No deployments available. Models: [{'model': 'gpt', 'api_key': 'abcd1234efgh5678ijkl9012', "
            "'api_base': 'http://10.0.0.12:8000/v1'}]",
        ),
        "https://github.com/BerriAI/litellm/issues/5762",
    ),
    Fault(
        "http-key-in-header",
        "responses",
        "A header holds the key of the provider.",
        ("http.secret.foreign-credential",),
        RESPONSES_JSON,
        add_header("x-upstream-authorization", "Bearer abcd1234efgh5678ijkl9012mnop"),
    ),
    Fault(
        "http-key-hash-in-error",
        "models",
        "A wrong key is told the name of a table, the key in part, and its hash.",
        ("http.secret.foreign-credential",),
        "auth/openai/models-wrong-key",
        refuse(
            401,
            "Invalid proxy server token passed. Received API Key = sk-...wrong, Key Hash (Token) = "
            "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90. "
            "Unable to find token in LiteLLM_VerificationTokenTable",
        ),
        "https://github.com/BerriAI/litellm/issues/39757",
    ),
    Fault(
        "http-trace-in-error",
        "chat_completions",
        "Errors hold the stack trace of the program.",
        ("http.leak.trace",),
        ERRORS,
        _said(TRACE),
    ),
    Fault(
        "http-trace-of-javascript",
        "messages",
        "Errors hold a stack trace of JavaScript.",
        ("http.leak.trace",),
        "messages/errors/unknown-role",
        _said("Invalid role\n    at parse (/srv/relay/dist/index.js:12:7)"),
    ),
    Fault(
        "http-address-in-error",
        "responses",
        "Errors name an address of the inner network.",
        ("http.leak.address",),
        "responses/errors/unknown-role",
        _said("Connection refused: http://10.1.2.3:8000/v1/responses"),
    ),
    Fault(
        "http-address-in-header",
        "messages",
        "A header names the service inside of the cluster.",
        ("http.leak.address",),
        MESSAGES_JSON,
        add_header("x-served-by", "vllm.models.svc.cluster.local"),
    ),
)
