"""The words in which Messages refuses a field: clients find the field by them, and send the request without it.

The API says `context_management: Extra inputs are not permitted`. Claude Code 2.1 was run against a server that refused
one field in other words: it does not recover from a refused `context_management`, and the turn fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core import data_files
from conformance.core.model import Breach
from conformance.core.pointer import get
from conformance.core.redaction import redact
from conformance.judge.checks import breach, check
from conformance.judge.checks.messages import FAMILY
from conformance.protocol import body_family
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

WORDS = "Extra inputs are not permitted"
_REFUSES = re.compile(
    r"(?i)\b(?:unknown|unrecogni[sz]ed|unexpected|unsupported|extra"
    r"|not (?:supported|permitted|allowed|recogni[sz]ed|known))\b"
)
_REJECTED = (400, 422)
_RECOVERED = ("context_management",)
"""The fields that a client leaves out when it is told so in these words, and in no others."""


@check("messages.refusal.field", "messages.refusal.unknown-field", families=FAMILY, on="error", needs=("request",))
def refused_fields(reading: Reading) -> Iterator[Breach]:
    """The error about a field as a whole has the vendor's words. Errors about its content have others."""
    message = get(reading.json, "/error/message", str) or ""
    if (
        _is_of_another_api(reading)
        or reading.exchange.status not in _REJECTED
        or WORDS.lower() in message.lower()
        or not _REFUSES.search(message)
    ):
        return
    for name in reading.sent if isinstance(reading.sent, dict) else ():
        if name in _RECOVERED and "compaction" not in reading.sent:
            rule = "messages.refusal.field"
        elif name not in _known():
            rule = "messages.refusal.unknown-field"
        else:
            continue
        if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w\[]|\.\w)", message):
            yield breach(rule, f"{name}: {WORDS}", redact(show(message)), "/error/message")


def _is_of_another_api(reading: Reading) -> bool:
    """Whether the body is written for another endpoint; the error should then say so, in any words."""
    written_for = body_family.families(reading.sent)
    return bool(written_for) and "messages" not in written_for


def _known() -> frozenset[str]:
    return frozenset(data_files.schema("messages/request.schema.json")["properties"])
