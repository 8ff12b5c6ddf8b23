"""Parameters of a chat completion that do not reach the provider.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_request
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="chat-history-dropped",
        family="chat_completions",
        sentence="Only the last message reaches the provider.",
        rules=("case.answer-text",),
        cases="chat_completions/text/recall*",
        apply=on_request(at("/messages", lambda messages: messages[-1:])),
    ),
)
