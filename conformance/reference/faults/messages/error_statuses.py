"""Faults of the statuses and bodies of Anthropic's errors, and of refused keys and models.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes import ERROR, on_answer
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole, without

ERRORS = "messages/errors/no-messages* messages/errors/unknown-role"


async def _page(_call: Call, answer: Answer) -> Answer:
    """A proxy's own page in the place of an error."""
    if not ERROR(answer):
        return answer
    body = b"<html><body><h1>Bad Request</h1></body></html>"
    headers = (*without(answer.headers, frozenset({"content-type", "content-length"})), ("content-type", "text/html"))
    return replace(answer, headers=headers, body=whole(body))


FAULTS = (
    Fault(
        id="anthropic-error-html",
        family="messages",
        sentence="Errors are HTML pages.",
        rules=("http.body.html", "case.error-names-mistake"),
        cases=ERRORS,
        apply=on_answer(_page),
    ),
)
