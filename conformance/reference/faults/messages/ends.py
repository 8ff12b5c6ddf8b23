"""Faults of stop reasons, stop sequences, the start and end of a stream, and thinking.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, put
from conformance.reference.changes.flows import everywhere
from conformance.reference.faults.fault import Fault

_FOREIGN_REASONS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


def _foreign_reason(reason: JSON) -> JSON:
    return _FOREIGN_REASONS.get(reason, reason)


def _end_turn(reason: JSON) -> JSON:
    return reason and "end_turn"


FAULTS = (
    Fault(
        id="messages-stop-reason-foreign",
        family="messages",
        sentence="The stop_reason is that of Chat Completions.",
        rules=("messages.stop-reason.foreign", "case.answer-stop"),
        cases="messages/text/system-and-user* messages/tools/forced*",
        apply=everywhere(at("/stop_reason", _foreign_reason), at("/delta/stop_reason", _foreign_reason)),
    ),
    Fault(
        id="messages-stop-sequence-unreported",
        family="messages",
        sentence="An answer that ended at a stop sequence reports end_turn.",
        rules=("case.answer-stop", "case.value"),
        cases="messages/limits/stop-sequence[*",
        apply=everywhere(
            *(
                edit_
                for root in ("", "/delta")
                for edit_ in (at(f"{root}/stop_reason", _end_turn), put(f"{root}/stop_sequence", None, new=False))
            )
        ),
        url="https://github.com/vllm-project/vllm/pull/45807",
    ),
    Fault(
        id="messages-cut-as-end-turn",
        family="messages",
        sentence="An answer truncated by max_tokens ends with end_turn.",
        rules=("case.answer-stop",),
        cases="messages/limits/max-tokens[*",
        apply=everywhere(at("/stop_reason", _end_turn), at("/delta/stop_reason", _end_turn)),
    ),
)
