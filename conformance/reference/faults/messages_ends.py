"""Faults of the end of a message, of what its stream begins and ends with, and of thinking."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, drop, on_events, on_json, put, rename, when
from conformance.reference.changes.flows import edit, everywhere, having, hold, lose, of
from conformance.reference.faults.fault import Fault

TEXT = "messages/text/system-and-user*"
STREAM_TEXT = "messages/text/system-and-user[stream=true]"
STREAM_THINKING = "messages/reasoning/thinking[stream=true]"
THINKING = "messages/reasoning/thinking[*"

_DETAILS: JSON = {"type": "refusal", "category": None, "explanation": "This may do harm."}
_FOREIGN_REASONS = {"end_turn": "stop", "tool_use": "tool_calls", "max_tokens": "length"}


def _foreign_reason(reason: JSON) -> JSON:
    return _FOREIGN_REASONS.get(reason, reason)


def _end_turn(reason: JSON) -> JSON:
    return reason and "end_turn"


FAULTS = (
    Fault(
        "messages-stop-reason-lost",
        "messages",
        "Messages have no stop_reason.",
        (
            "messages.stop-reason.present",
            "messages.stream.delta-fields",
            "case.answer-stop",
        ),
        TEXT,
        everywhere(drop("/stop_reason"), drop("/delta/stop_reason")),
    ),
    Fault(
        "messages-stop-reason-null",
        "messages",
        "The stop_reason is null.",
        (
            "messages.stop-reason.present",
            "case.answer-stop",
        ),
        TEXT,
        everywhere(put("/stop_reason", None, new=False), put("/delta/stop_reason", None, new=False)),
    ),
    Fault(
        "messages-stop-reason-foreign",
        "messages",
        "The stop_reason is that of Chat Completions.",
        (
            "messages.stop-reason.foreign",
            "case.answer-stop",
        ),
        "messages/text/system-and-user* messages/tools/forced*",
        everywhere(at("/stop_reason", _foreign_reason), at("/delta/stop_reason", _foreign_reason)),
    ),
    Fault(
        "messages-stop-reason-unknown",
        "messages",
        "The stop_reason is an unknown word.",
        (
            "messages.stop-reason.known",
            "case.answer-stop",
        ),
        TEXT,
        everywhere(put("/stop_reason", "finished", new=False), put("/delta/stop_reason", "finished", new=False)),
    ),
    Fault(
        "messages-stop-reason-number",
        "messages",
        "The stop_reason is a number.",
        (
            "messages.stop-reason.present",
            "messages.stream.message-delta",
            "case.answer-stop",
        ),
        TEXT,
        everywhere(put("/stop_reason", 1, new=False), put("/delta/stop_reason", 1, new=False)),
    ),
    Fault(
        "messages-stop-reason-at-start",
        "messages",
        "message_start tells the reason of an end that has not come.",
        ("messages.stream.start-empty",),
        STREAM_TEXT,
        on_events(edit(of("message_start"), put("/message/stop_reason", "end_turn"))),
    ),
    Fault(
        "messages-stop-sequence-lost",
        "messages",
        "Messages have no stop_sequence.",
        (
            "messages.stop-sequence.present",
            "messages.stream.delta-fields",
        ),
        TEXT,
        everywhere(drop("/stop_sequence"), drop("/delta/stop_sequence")),
    ),
    Fault(
        "messages-stop-sequence-empty",
        "messages",
        "The stop_sequence is empty where none was met.",
        ("messages.stop-sequence.agrees",),
        TEXT,
        everywhere(put("/stop_sequence", "", new=False), put("/delta/stop_sequence", "", new=False)),
    ),
    Fault(
        "messages-stop-sequence-number",
        "messages",
        "The stop_sequence is a number.",
        ("messages.stop-sequence.agrees",),
        TEXT,
        everywhere(put("/stop_sequence", 0, new=False), put("/delta/stop_sequence", 0, new=False)),
    ),
    Fault(
        "messages-stop-details-invented",
        "messages",
        "stop_details explain an end that was no refusal.",
        ("messages.stop-details.agrees",),
        TEXT,
        everywhere(put("/stop_details", _DETAILS, new=False), put("/delta/stop_details", _DETAILS, new=False)),
    ),
    Fault(
        "messages-start-fields-lost",
        "messages",
        "The message of message_start has no stop_reason and no stop_sequence.",
        ("messages.stream.start-fields",),
        STREAM_TEXT,
        on_events(edit(of("message_start"), drop("/message/stop_reason"), drop("/message/stop_sequence"))),
    ),
    Fault(
        "messages-start-content-null",
        "messages",
        "The content of message_start is null.",
        ("messages.content.list",),
        STREAM_TEXT,
        on_events(edit(of("message_start"), put("/message/content", None))),
    ),
    Fault(
        "messages-start-with-block",
        "messages",
        "message_start has a block already.",
        ("messages.stream.start-empty",),
        STREAM_TEXT,
        on_events(edit(of("message_start"), put("/message/content", [{"type": "text", "text": ""}]))),
    ),
    Fault(
        "messages-start-without-message",
        "messages",
        "message_start has no message.",
        (
            "messages.stream.start-empty",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("message_start"), drop("/message"))),
    ),
    Fault(
        "messages-message-delta-without-delta",
        "messages",
        "message_delta has no delta.",
        (
            "messages.stop-reason.present",
            "messages.stream.message-delta",
            "case.answer-stop",
        ),
        STREAM_TEXT,
        on_events(edit(of("message_delta"), drop("/delta"))),
    ),
    Fault(
        "messages-stop-sequence-unreported",
        "messages",
        "A stop sequence ends an answer as if it had ended its turn.",
        (
            "case.answer-stop",
            "case.value",
        ),
        "messages/limits/stop-sequence[*",
        everywhere(
            *(
                edit_
                for root in ("", "/delta")
                for edit_ in (at(f"{root}/stop_reason", _end_turn), put(f"{root}/stop_sequence", None, new=False))
            )
        ),
        "https://github.com/vllm-project/vllm/pull/45807",
    ),
    Fault(
        "messages-stop-sequence-untold",
        "messages",
        "stop_reason is stop_sequence, but the sequence is not told.",
        (
            "messages.stop-sequence.agrees",
            "case.value",
        ),
        "messages/limits/stop-sequence[*",
        everywhere(put("/stop_sequence", None, new=False), put("/delta/stop_sequence", None, new=False)),
    ),
    Fault(
        "messages-stop-sequence-other",
        "messages",
        "Another stop sequence is told than those that were asked for.",
        (
            "messages.stop-sequence.agrees",
            "case.value",
        ),
        "messages/limits/stop-sequence[*",
        everywhere(put("/stop_sequence", "END", new=False), put("/delta/stop_sequence", "END", new=False)),
    ),
    Fault(
        "messages-cut-as-end-turn",
        "messages",
        "An answer that max_tokens cut off ends with end_turn.",
        ("case.answer-stop",),
        "messages/limits/max-tokens[*",
        everywhere(at("/stop_reason", _end_turn), at("/delta/stop_reason", _end_turn)),
    ),
    Fault(
        "messages-thinking-unsigned",
        "messages",
        "Streamed thinking has no signature, neither at its start nor in a delta.",
        ("messages.thinking.signature",),
        STREAM_THINKING,
        on_events(lose(having("/delta/signature")), edit(of("content_block_start"), drop("/content_block/signature"))),
        "https://github.com/sgl-project/sglang/issues/39752",
    ),
    Fault(
        "messages-thinking-signature-missing",
        "messages",
        "Thinking blocks have no signature.",
        ("messages.thinking.signature",),
        "messages/reasoning/thinking[stream=false]",
        on_json(drop("/content/*/signature")),
    ),
    Fault(
        "messages-thinking-signature-empty",
        "messages",
        "The signature of thinking is empty.",
        ("messages.thinking.signed",),
        THINKING,
        chain(on_json(put("/content/0/signature", "")), on_events(lose(having("/delta/signature")))),
    ),
    Fault(
        "messages-thinking-signature-null",
        "messages",
        "The signature of thinking is null.",
        ("messages.thinking.signature",),
        "messages/reasoning/thinking[stream=false]",
        on_json(put("/content/0/signature", None)),
    ),
    Fault(
        "messages-thinking-last",
        "messages",
        "Thinking comes after the text that it led to.",
        ("messages.thinking.first",),
        "messages/reasoning/thinking[stream=false]",
        on_json(at("/content", lambda blocks: blocks[::-1])),
    ),
    Fault(
        "messages-thinking-as-text",
        "messages",
        "Thinking comes as a block of text.",
        ("case.reasoning",),
        "messages/reasoning/thinking[stream=false]",
        on_json(put("/content/0", {"type": "text", "text": "Well."})),
    ),
    Fault(
        "messages-thinking-at-start",
        "messages",
        "A thinking block starts with all of its words.",
        ("messages.stream.block-start-empty",),
        STREAM_THINKING,
        on_events(edit(having("/content_block/thinking"), put("/content_block/thinking", "Well, well."))),
    ),
    Fault(
        "messages-second-stop-wrong",
        "messages",
        "The stop of the block after the thinking names the first block.",
        ("messages.stream.block-not-open",),
        STREAM_THINKING,
        on_events(edit(of("content_block_stop"), put("/index", 0), number=2)),
    ),
    Fault(
        "messages-signature-late",
        "messages",
        "The signature of thinking comes in the block of text after it.",
        (
            "messages.thinking.signed",
            "messages.stream.delta-fits-block",
        ),
        STREAM_THINKING,
        on_events(
            hold(having("/delta/signature"), of("content_block_start")),
            edit(having("/delta/signature"), put("/index", 1)),
        ),
    ),
    Fault(
        "messages-thinking-and-text-alike",
        "messages",
        "Thinking and text are streamed as one block.",
        ("messages.stream.block-index",),
        STREAM_THINKING,
        on_events(edit(having("/index"), put("/index", 0))),
    ),
    Fault(
        "messages-thinking-left-open",
        "messages",
        "The block of thinking is not stopped before the text starts.",
        ("messages.stream.blocks-overlap",),
        STREAM_THINKING,
        on_events(lose(of("content_block_stop"), number=1)),
    ),
    Fault(
        "messages-thinking-in-reasoning-content",
        "messages",
        "Thinking comes as reasoning_content, as some chat backends name it.",
        (
            "messages.stream.delta-payload",
            "case.reasoning",
        ),
        STREAM_THINKING,
        on_events(edit(having("/delta/thinking"), rename("/delta/thinking", "reasoning_content"))),
    ),
    Fault(
        "messages-end-lost-with-thinking",
        "messages",
        "Streams with thinking end without message_stop.",
        ("messages.stream.unfinished",),
        STREAM_THINKING,
        when(on_events(lose(of("message_stop"))), reasoning=True),
    ),
    Fault(
        "messages-usage-lost-with-tools",
        "messages",
        "message_delta has no usage when a tool was offered.",
        ("messages.stream.message-delta",),
        "messages/tools/forced[stream=true]",
        when(on_events(edit(of("message_delta"), drop("/usage"))), tools=True),
    ),
    Fault(
        "messages-stop-sequence-end-turn-streamed",
        "messages",
        "A stop sequence is reported, but not in streams.",
        (
            "case.answer-stop",
            "case.value",
        ),
        "messages/limits/stop-sequence[stream=true]",
        on_events(edit(of("message_delta"), put("/delta/stop_reason", "end_turn"), put("/delta/stop_sequence", None))),
        "https://github.com/vllm-project/vllm/pull/45807",
    ),
)
