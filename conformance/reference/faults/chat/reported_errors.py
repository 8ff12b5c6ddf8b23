"""Reported defects of real gateways: errors of Chat Completions, and valid requests that are refused.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_request
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="chat-report-any-model",
        family="chat_completions",
        sentence="Any model name is accepted.",
        rules=("case.refused", "run.model"),
        cases="chat_completions/errors/unknown-model*",
        apply=on_request(at("/model", lambda model: model if "reference" in model else "reference-large")),
        url="https://github.com/sgl-project/sglang/issues/31404",
    ),
    Fault(
        id="chat-report-limit-of-zero",
        family="chat_completions",
        sentence="A limit of 0 or below is raised to 1 and accepted.",
        rules=("case.refused",),
        cases="chat_completions/errors/negative-max-tokens*",
        apply=on_request(at("/max_tokens", lambda limit: max(limit, 1))),
        url="https://github.com/entrius/gittensor/issues/1749",
    ),
)
