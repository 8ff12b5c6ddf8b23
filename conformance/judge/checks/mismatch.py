"""Errors for a body that is written for another API: whether they blame the model.

A client that posts to the wrong endpoint has to learn this from the error. Users of a gateway that says "model
unavailable" wait for the model, and SDKs send the request again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.core.redaction import redact
from conformance.judge.checks import breach, check
from conformance.protocol import body_family
from conformance.protocol.error_envelope import ErrorObject
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

FAMILIES = ("chat_completions", "messages", "responses")

_BLAMES = re.compile(
    r"(?i)model_not_found|\bmodel\b.{0,120}?\b(?:not found|not exist|unavailable|not available|overloaded|unknown)\b"
    r"|\b(?:unknown|no such|invalid|unsupported) model\b|\bnot have access\b|\boverloaded\b"
    r"|\bno (?:available|healthy|active) (?:channels?|deployments?|providers?|upstreams?|backends?|accounts?|models?)\b"
    r"|\bno deployments?\b|\bmodel:"
)
"""Words that blame the model, or the upstream that serves it."""

_BEFORE_READING = (429, 529)
"""Statuses of a server that is busy. It may not have read the body."""

_NAMES_THE_MISTAKE = ("messages", "input", "max_tokens", "/v1/", "endpoint", "parameter")
"""Words of errors that lead to the mistake."""


@check("error.message.blames-model", families=FAMILIES, on="error", needs=("request",))
def blame(reading: Reading) -> Iterator[Breach]:
    """The error for a body of another API does not say that the model is the problem."""
    written_for = body_family.families(reading.sent)
    if not written_for or reading.family.name in written_for or reading.exchange.status in _BEFORE_READING:
        return
    names = (*_NAMES_THE_MISTAKE, *body_family.foreign_members(reading.sent, reading.family.name))
    for error in reading.errors:
        said = _said(error)
        if _BLAMES.search(said) and not any(name in said for name in names):
            expected = f"an error that says that the body is one of {' or '.join(sorted(written_for))}"
            yield breach("error.message.blames-model", expected, redact(show(said)), error.pointer)


def _said(error: ErrorObject) -> str:
    values = [error.error, *(error.fields.get(name) for name in ("message", "code", "type", "param"))]
    return ", ".join(value for value in values if isinstance(value, str))
