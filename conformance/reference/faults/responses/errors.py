"""Faults of Responses errors: the status, the envelope, and streams that fail.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import on_error
from conformance.reference.faults.fault import Fault

REFUSED = "responses/errors/no-model* responses/errors/unknown-role"


FAULTS = (
    Fault(
        id="responses-error-of-messages",
        family="responses",
        sentence="Errors have the envelope of Messages.",
        rules=("error.openai.foreign-envelope", "error.openai.code", "error.openai.param"),
        cases=REFUSED,
        apply=on_error(
            lambda body: {
                "type": "error",
                "error": {"type": "invalid_request_error", "message": body["error"]["message"]},
            }
        ),
    ),
    Fault(
        id="responses-error-in-detail",
        family="responses",
        sentence="Errors are a `detail`.",
        rules=("error.message.reason", "error.openai.object"),
        cases=REFUSED,
        apply=on_error(lambda body: {"detail": body["error"]["message"]}),
    ),
    Fault(
        id="responses-error-as-text",
        family="responses",
        sentence="The error is a string.",
        rules=("error.openai.object",),
        cases=REFUSED,
        apply=on_error(lambda body: {"error": body["error"]["message"]}),
    ),
)
