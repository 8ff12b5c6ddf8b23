"""Faults of Anthropic's error envelope and its members.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import on_error
from conformance.reference.faults.fault import Fault

ERRORS = "messages/errors/no-messages* messages/errors/unknown-role"


def _message(error: JSON) -> JSON:
    return error["error"]["message"]


FAULTS = (
    Fault(
        id="anthropic-error-with-none",
        family="messages",
        sentence="Errors use OpenAI's envelope, with the string None for type and param.",
        rules=(
            "error.anthropic.known-type",
            "error.fields.placeholder",
            "error.code.status",
            "error.anthropic.foreign-envelope",
        ),
        cases=ERRORS,
        apply=on_error(
            lambda error: {"error": {"message": _message(error), "type": "None", "param": "None", "code": "400"}}
        ),
        url="https://github.com/BerriAI/litellm/pull/39037",
    ),
    Fault(
        id="anthropic-error-as-detail",
        family="messages",
        sentence="Errors use a web framework's `detail`.",
        rules=("error.message.reason", "error.anthropic.foreign-envelope", "error.anthropic.envelope"),
        cases=ERRORS,
        apply=on_error(lambda error: {"detail": _message(error)}),
    ),
    Fault(
        id="anthropic-error-as-detail-list",
        family="messages",
        sentence="Errors use a web framework's list of details.",
        rules=("error.message.reason", "error.anthropic.foreign-envelope", "error.anthropic.envelope"),
        cases=ERRORS,
        apply=on_error(lambda error: {"detail": [{"loc": ["body"], "msg": _message(error), "type": "missing"}]}),
    ),
)
