"""Faults of a whole Chat Completions stream: chunks that are lost, repeated, moved or changed.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import at, on_events
from conformance.reference.changes.chat import ARGUMENTS, like
from conformance.reference.changes.chat import CALL as TOOL
from conformance.reference.changes.flows import each, edit, having, lose
from conformance.reference.changes.frames import Frame
from conformance.reference.faults.fault import Fault

FINISH = having("/choices/*/finish_reason")
TOLD = having("/usage")
FRAGMENT = having(ARGUMENTS)
USAGE_OBJECT = {"prompt_tokens": 21, "completion_tokens": 9, "total_tokens": 30}


def told_at_finish(frame: Frame) -> list[Frame]:
    """The usage beside a choice, as some gateways tell it."""
    return [like(frame, usage=USAGE_OBJECT)]


FAULTS = (
    Fault(
        id="chat-stream-second-first",
        family="chat_completions",
        sentence="The second choice begins before the first.",
        rules=("chat.stream.choice-order",),
        cases="chat_completions/options/two-choices[stream=true]",
        apply=on_events(edit(having("/choices/0"), at("/choices/*/index", lambda index: 1 - index))),
    ),
    Fault(
        id="chat-usage-on-finish",
        family="chat_completions",
        sentence="The chunk with the finish reason has the usage.",
        rules=("chat.stream.usage-on-choices",),
        cases="chat_completions/usage/in-stream-when-asked",
        apply=on_events(lose(TOLD), each(FINISH, told_at_finish)),
    ),
    Fault(
        id="chat-usage-unasked-on-finish",
        family="chat_completions",
        sentence="The chunk with the finish reason has the usage although it was not requested.",
        rules=("chat.stream.usage-volunteered",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(each(FINISH, told_at_finish)),
    ),
    Fault(
        id="chat-fragments-second-first",
        family="chat_completions",
        sentence="The second call begins before the first.",
        rules=("chat.stream.tool-order",),
        cases="chat_completions/tools/parallel[stream=true]",
        apply=on_events(edit(FRAGMENT, at(f"{TOOL}/index", lambda index: 1 - index))),
    ),
)
