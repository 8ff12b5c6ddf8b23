"""Answers instead of the gateway's."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes.change import Change, instead
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.app import dialect_of, named
from conformance.reference.gateway.errors import Dialect, json_answer, refusal
from conformance.reference.gateway.wire import whole


def refuse(
    status: int, message: str, *, param: str | None = None, code: str | None = None, dialect: Dialect | None = None
) -> Change:
    """An error with its request ids, in the endpoint's envelope unless `dialect` names another."""

    def reply(call: Call) -> Answer:
        family = dialect_of(call)
        answer = refusal(call, dialect or family, status, message, param=param, code=code)
        return named(answer, call, family)

    return instead(reply)


def reply_json(status: int, document: JSON) -> Change:
    """This document, with request ids."""
    return instead(lambda call: named(json_answer(status, document), call, dialect_of(call)))


def reply_bytes(status: int, body: bytes, content_type: str = "text/plain") -> Change:
    """These bytes without a request id, like the answer of a proxy in front of the gateway."""
    headers = (("content-type", content_type), ("content-length", str(len(body))))
    return instead(lambda _call: Answer(status, headers, whole(body)))
