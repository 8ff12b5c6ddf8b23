"""Valid requests that a gateway does not accept: header spellings, versions, methods and lengths.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from conformance.reference.changes import Change, instead
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import refuse, reply_bytes
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.app import MAX_BYTES, dialect_of, named
from conformance.reference.gateway.wire import first, whole


def _header(name: str, wanted: Callable[[str], bool]) -> Callable[[Call], bool]:
    """Whether a call has such a value in a header."""
    return lambda call: wanted(first(call.headers, name) or "")


def _too_large(call: Call) -> bool:
    return len(call.body) > MAX_BYTES


def _asks_for_headers_alone(call: Call) -> bool:
    return call.method == "HEAD"


def _sent_elsewhere(call: Call) -> Answer:
    moved = Answer(307, (("location", "/elsewhere"), ("content-length", "0")), whole(b""))
    return named(moved, call, dialect_of(call))


def _every_second_try() -> Callable[[Call], bool]:
    """Whether this body has come an even number of times before."""
    tries: Counter[bytes] = Counter()

    def odd(call: Call) -> bool:
        tries[call.body] += 1
        return tries[call.body] % 2 == 1

    return odd


_UNKNOWN_KEY: Change = refuse(401, "The API key is not valid.", code="invalid_api_key")
_PAGE = b"<html><head><title>413 Request Entity Too Large</title></head><body>nginx</body></html>"


FAULTS = (
    Fault(
        id="asking-scheme-by-the-letter",
        family="responses",
        sentence="The scheme of a credential is case-sensitive: only Bearer is accepted.",
        rules=("case.accepted",),
        cases="auth/spelling/responses-scheme*",
        apply=if_(_UNKNOWN_KEY, _header("authorization", lambda value: not value.startswith("Bearer "))),
    ),
    Fault(
        id="asking-old-version-only",
        family="messages",
        sentence="Only the 2023 version of Anthropic's API is accepted.",
        rules=("case.accepted",),
        cases="auth/versions/messages[*",
        apply=if_(
            refuse(400, "anthropic-version: '2026-10-21' is not a valid version"),
            _header("anthropic-version", lambda value: value == "2026-10-21"),
        ),
    ),
    Fault(
        id="asking-organization-fails",
        family="chat_completions",
        sentence="An organization header makes the gateway fail.",
        rules=("case.status", "case.error-names-mistake"),
        cases="auth/organizations/chat-organization*",
        apply=if_(refuse(502, "The upstream refused the request."), _header("openai-organization", bool)),
    ),
    Fault(
        id="asking-betas-refused",
        family="messages",
        sentence="Every `anthropic-beta` is refused.",
        rules=("case.accepted",),
        cases="auth/anthropic/betas-of-claude-code*",
        apply=if_(refuse(400, "Unexpected value(s) for the `anthropic-beta` header"), _header("anthropic-beta", bool)),
    ),
    Fault(
        id="asking-twice",
        family="messages",
        sentence="A request gets a 500, and its answer only when it is sent again.",
        rules=("case.intermittent",),
        cases="messages/errors/no-messages* messages/text/system-and*",
        apply=if_(refuse(500, "Something went wrong.", dialect="anthropic"), _every_second_try()),
    ),
    Fault(
        id="asking-head-fails",
        family="all",
        sentence="A HEAD request makes the gateway fail.",
        rules=("case.status",),
        cases="routing/methods/head[endpoint=models]",
        apply=if_(refuse(500, "The method is not known."), _asks_for_headers_alone),
    ),
    Fault(
        id="asking-models-redirected",
        family="models",
        sentence="The list of models is redirected.",
        rules=("case.answered",),
        cases="models/anthropic/discovered[anthropic_version=2023-06-01]",
        apply=instead(_sent_elsewhere),
    ),
    Fault(
        id="asking-too-large-fails",
        family="messages",
        sentence="A body beyond the limit makes the gateway fail.",
        rules=("case.status",),
        cases="http/too-large/messages",
        apply=if_(refuse(502, "The body could not be read."), _too_large),
    ),
    Fault(
        id="asking-too-large-page",
        family="chat_completions",
        sentence="A body beyond the limit is refused with an HTML page by the proxy in front.",
        rules=("http.error.json-in-front", "http.header.request-id"),
        cases="http/too-large/chat",
        apply=if_(reply_bytes(413, _PAGE, "text/html"), _too_large),
    ),
)
