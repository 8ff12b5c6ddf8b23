"""Faults of the way of a request: what reaches the provider is not what was sent, or nothing does."""

from __future__ import annotations

from conformance.reference.changes import drop, on_request, put
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        "routing-stop-dropped",
        "chat_completions",
        "Stop sequences do not reach the provider.",
        ("chat.fit.stop", "case.answer-text"),
        "chat_completions/limits/stop-*",
        on_request(drop("/stop")),
    ),
    Fault(
        "routing-never-streams",
        "messages",
        "A request for a stream is answered by one JSON document.",
        ("http.stream.expected",),
        "messages/text/*stream=true]",
        on_request(put("/stream", False)),
    ),
    Fault(
        "routing-count-tokens-without-channel",
        "count_tokens",
        "Counting tokens is answered as if there were no model.",
        ("case.accepted",),
        "count_tokens/counting/*",
        refuse(404, "There is no available channel for this model."),
    ),
)
