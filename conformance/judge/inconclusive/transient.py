"""Detects transient failures: unreachable, rate-limited, overloaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.case_format import Expectation
from conformance.core.model import Attempt, Exchange, Finding
from conformance.core.pointer import get
from conformance.judge.checks.errors import BELONGS
from conformance.judge.control import Control
from conformance.protocol.outage import is_outage
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

BUSY = {408: "upstream timeout", 429: "rate-limited", 503: "overloaded", 504: "upstream timeout", 529: "overloaded"}
"""Statuses of transient failures, where a case expects an answer, and what they mean if the error does not say it."""

_SERVER_ERROR = 500
_NOT_FOUND = 404

BUSY_BEFORE_READING = frozenset({429, 529})
"""Statuses of transient failures where a case expects an error: these are sent before the body is read.

A 503 for an invalid body is not transient: the gateway took the client's error for an outage.
"""

MISTAKES = frozenset((
    "context_length_exceeded", "missing_required_parameter", "request_too_large", "unknown_parameter",
    "unsupported_parameter",
))  # fmt: skip
"""Types and codes of errors that say that the request is wrong: then waiting does not help, whatever the status is."""

BUSY_KINDS = frozenset({"overloaded_error", "rate_limit_error", "rate_limit_exceeded"})
"""Types and codes of transient errors inside a stream, by Anthropic and OpenAI."""


def failure(reading: Reading, expect: Expectation, control: Control) -> str:
    """Return the reason if an answer is a transient failure, else ""."""
    exchange = reading.exchange
    if exchange.ended == "unreachable":
        return f"the gateway could not be reached ({exchange.problem})"
    statuses = BUSY_BEFORE_READING if expect["outcome"] == "refusal" else frozenset(BUSY)
    status = exchange.status or 0
    if status in statuses and status not in expect.get("status", ()) and not _blames_request(reading):
        message = get(reading.json, "/error/message", str)
        return f"the gateway answered {status}: {show(message) if message else BUSY[status]}"
    if exchange.status is None and not control.answers:
        return f"the endpoint does not answer the control request either ({exchange.problem})"
    if kind := _interrupted(reading):
        return f"the stream was aborted with {kind}"
    return ""


def unconfirmed(reading: Reading, expect: Expectation, control: Control, attempts: Sequence[Attempt]) -> str:
    """Return the reason if nothing in an answer counts, because another try ended in another way; else "".

    `attempts` are the tries of the same request before. A connection that broke is only held against the gateway if it
    broke each time and a plain request is answered, and an error of a proxy instead of another error only if a plain
    request is answered. A try without a whole answer may have deleted what the next try does not find.
    """
    exchange = reading.exchange
    broke = any(attempt.ended == "cut" for attempt in attempts)
    if broke and exchange.request.method == "DELETE" and exchange.status == _NOT_FOUND:
        return "the connection broke at the first try, which may have deleted it all the same"
    if exchange.ended == "cut" and not control.up:
        return f"the connection broke ({exchange.problem}), and a plain request after it got no answer either"
    if exchange.ended == "cut" and any(attempt.ended != "cut" for attempt in attempts):
        return f"the connection broke, but not at each try of the request ({exchange.problem})"
    may_refuse = expect["outcome"] != "success" and exchange.status not in expect.get("status", ())
    if may_refuse and is_outage(exchange) and not control.up:
        return f"the gateway answered {exchange.status}, and a plain request after it got no answer either"
    return ""


def intermittent(exchanges: Sequence[Exchange], attempts: Sequence[Attempt]) -> Iterator[Finding]:
    """Yield a finding for each step in which a request failed at one try, and ended in another way at the next.

    Transient errors do not count: gateways announce them with a status of their own, and clients retry after them.
    """
    for step, exchange in enumerate(exchanges):
        failed = [attempt for attempt in attempts if attempt.step == step and _is_failure(attempt)]
        if failed and not _is_failure(Attempt(step, "", 0.0, exchange.status, exchange.ended)):
            got = f"{', '.join(attempt.got for attempt in failed)}, and then status {exchange.status}"
            yield Finding("case.intermittent", "may", "the same answer at each try", got, step=step)


def _is_failure(attempt: Attempt) -> bool:
    return attempt.ended == "cut" or (_is_server_error(attempt.status) and attempt.status not in BUSY)


def _is_server_error(status: int | None) -> bool:
    return status is not None and status >= _SERVER_ERROR


def _blames_request(reading: Reading) -> bool:
    """Whether an error says that the request is wrong, with a status that does not belong to that."""
    kinds = (get(reading.json, f"/error/{member}", str) or "" for member in ("type", "code"))
    return any(kind in MISTAKES and reading.exchange.status not in BELONGS[kind] for kind in kinds)


def _interrupted(reading: Reading) -> str:
    """Return the type or code of a transient error in a stream, unless its answer had ended before; else ""."""
    if reading.kind != "stream" or (reading.answer and reading.answer.stop):
        return ""
    places = ("/error/type", "/error/code", "/response/error/code")
    kinds = (get(event, at, str) or "" for event in reading.documents for at in places)
    return next((kind for kind in kinds if kind in BUSY_KINDS), "")
