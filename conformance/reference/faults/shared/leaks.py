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
        id="http-own-key-in-error",
        family="chat_completions",
        sentence="Errors repeat the key of the client.",
        rules=("http.secret.own-credential",),
        cases=ERRORS,
        apply=on_answer(_key_in_message),
    ),
    Fault(
        id="http-own-key-in-header",
        family="messages",
        sentence="A header repeats the key of the client.",
        rules=("http.secret.own-credential",),
        cases=MESSAGES_JSON,
        apply=on_answer(_key_in_header),
    ),
    Fault(
        id="http-provider-key-in-error",
        family="chat_completions",
        sentence="The provider refuses the gateway's key, and its error, which repeats that key, is passed on.",
        rules=("http.secret.foreign-credential", "case.accepted"),
        cases=CHAT_JSON,
        apply=refuse(401, "Incorrect API key provided: sk-proj-abcd1234efgh5678ijkl9012mnop.", code="invalid_api_key"),
        url="https://github.com/nyroway/nyro/issues/67",
    ),
    Fault(
        id="http-models-dumped-in-error",
        family="chat_completions",
        sentence="A request that cannot be routed is told the gateway's models with their keys and addresses.",
        rules=("http.secret.foreign-credential", "case.error-names-mistake", "case.status-usual", "http.leak.address"),
        cases="chat_completions/errors/unknown-model*",
        apply=refuse(
            400,
            "No deployments available. Models: [{'model': 'gpt', 'api_key': 'abcd1234efgh5678ijkl9012', 'api_base': 'http://10.0.0.12:8000/v1'}]",
        ),
        url="https://github.com/BerriAI/litellm/issues/5762",
    ),
    Fault(
        id="http-key-in-header",
        family="responses",
        sentence="A header holds the key of the provider.",
        rules=("http.secret.foreign-credential",),
        cases=RESPONSES_JSON,
        apply=add_header("x-upstream-authorization", "Bearer abcd1234efgh5678ijkl9012mnop"),
    ),
    Fault(
        id="http-key-hash-in-error",
        family="models",
        sentence="A wrong key is told the name of a table, the key in part, and its hash.",
        rules=("http.secret.foreign-credential",),
        cases="auth/openai/models-wrong-key",
        apply=refuse(
            401,
            "Invalid proxy server token passed. Received API Key = sk-...wrong, "
            "Key Hash (Token) = 2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90. "
            "Unable to find token in LiteLLM_VerificationTokenTable",
        ),
        url="https://github.com/BerriAI/litellm/issues/39757",
    ),
    Fault(
        id="http-trace-in-error",
        family="chat_completions",
        sentence="Errors hold the stack trace of the program.",
        rules=("http.leak.trace",),
        cases=ERRORS,
        apply=_said(TRACE),
    ),
    Fault(
        id="http-trace-of-javascript",
        family="messages",
        sentence="Errors hold a stack trace of JavaScript.",
        rules=("http.leak.trace",),
        cases="messages/errors/unknown-role",
        apply=_said("Invalid role\n    at parse (/srv/relay/dist/index.js:12:7)"),
    ),
    Fault(
        id="http-address-in-error",
        family="responses",
        sentence="Errors name an address of the inner network.",
        rules=("http.leak.address",),
        cases="responses/errors/unknown-role",
        apply=_said("Connection refused: http://10.1.2.3:8000/v1/responses"),
    ),
    Fault(
        id="http-address-in-header",
        family="messages",
        sentence="A header names the service inside of the cluster.",
        rules=("http.leak.address",),
        cases=MESSAGES_JSON,
        apply=add_header("x-served-by", "vllm.models.svc.cluster.local"),
    ),
)
