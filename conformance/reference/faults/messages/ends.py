"""Faults of the end of a message, of what its stream begins and ends with, and of thinking."""

from __future__ import annotations

from conformance.model import JSON
from conformance.reference.changes import at, chain, drop, on_events, on_json, put, rename, when
from conformance.reference.changes.flows import edit, everywhere, having, hold, lose, of
from conformance.reference.changes.values import backwards
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
        id="messages-stop-reason-lost",
        family="messages",
        sentence="Messages have no stop_reason.",
        rules=("messages.stop-reason.present", "messages.stream.delta-fields", "case.answer-stop"),
        cases=TEXT,
        apply=everywhere(drop("/stop_reason"), drop("/delta/stop_reason")),
    ),
    Fault(
        id="messages-stop-reason-null",
        family="messages",
        sentence="The stop_reason is null.",
        rules=("messages.stop-reason.present", "case.answer-stop"),
        cases=TEXT,
        apply=everywhere(put("/stop_reason", None, new=False), put("/delta/stop_reason", None, new=False)),
    ),
    Fault(
        id="messages-stop-reason-foreign",
        family="messages",
        sentence="The stop_reason is that of Chat Completions.",
        rules=("messages.stop-reason.foreign", "case.answer-stop"),
        cases="messages/text/system-and-user* messages/tools/forced*",
        apply=everywhere(at("/stop_reason", _foreign_reason), at("/delta/stop_reason", _foreign_reason)),
    ),
    Fault(
        id="messages-stop-reason-unknown",
        family="messages",
        sentence="The stop_reason is an unknown word.",
        rules=("messages.stop-reason.known", "case.answer-stop"),
        cases=TEXT,
        apply=everywhere(put("/stop_reason", "finished", new=False), put("/delta/stop_reason", "finished", new=False)),
    ),
    Fault(
        id="messages-stop-reason-number",
        family="messages",
        sentence="The stop_reason is a number.",
        rules=("messages.stop-reason.present", "messages.stream.message-delta", "case.answer-stop"),
        cases=TEXT,
        apply=everywhere(put("/stop_reason", 1, new=False), put("/delta/stop_reason", 1, new=False)),
    ),
    Fault(
        id="messages-stop-reason-at-start",
        family="messages",
        sentence="message_start tells the reason of an end that has not come.",
        rules=("messages.stream.start-empty",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_start"), put("/message/stop_reason", "end_turn"))),
    ),
    Fault(
        id="messages-stop-sequence-lost",
        family="messages",
        sentence="Messages have no stop_sequence.",
        rules=("messages.stop-sequence.present", "messages.stream.delta-fields"),
        cases=TEXT,
        apply=everywhere(drop("/stop_sequence"), drop("/delta/stop_sequence")),
    ),
    Fault(
        id="messages-stop-sequence-empty",
        family="messages",
        sentence="The stop_sequence is empty where none was met.",
        rules=("messages.stop-sequence.agrees",),
        cases=TEXT,
        apply=everywhere(put("/stop_sequence", "", new=False), put("/delta/stop_sequence", "", new=False)),
    ),
    Fault(
        id="messages-stop-sequence-number",
        family="messages",
        sentence="The stop_sequence is a number.",
        rules=("messages.stop-sequence.agrees",),
        cases=TEXT,
        apply=everywhere(put("/stop_sequence", 0, new=False), put("/delta/stop_sequence", 0, new=False)),
    ),
    Fault(
        id="messages-stop-details-invented",
        family="messages",
        sentence="stop_details explain an end that was no refusal.",
        rules=("messages.stop-details.agrees",),
        cases=TEXT,
        apply=everywhere(put("/stop_details", _DETAILS, new=False), put("/delta/stop_details", _DETAILS, new=False)),
    ),
    Fault(
        id="messages-start-fields-lost",
        family="messages",
        sentence="The message of message_start has no stop_reason and no stop_sequence.",
        rules=("messages.stream.start-fields",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_start"), drop("/message/stop_reason"), drop("/message/stop_sequence"))),
    ),
    Fault(
        id="messages-start-content-null",
        family="messages",
        sentence="The content of message_start is null.",
        rules=("messages.content.list",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_start"), put("/message/content", None))),
    ),
    Fault(
        id="messages-start-with-block",
        family="messages",
        sentence="message_start has a block already.",
        rules=("messages.stream.start-empty",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_start"), put("/message/content", [{"type": "text", "text": ""}]))),
    ),
    Fault(
        id="messages-start-without-message",
        family="messages",
        sentence="message_start has no message.",
        rules=("messages.stream.start-empty", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_start"), drop("/message"))),
    ),
    Fault(
        id="messages-message-delta-without-delta",
        family="messages",
        sentence="message_delta has no delta.",
        rules=("messages.stop-reason.present", "messages.stream.message-delta", "case.answer-stop"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("message_delta"), drop("/delta"))),
    ),
    Fault(
        id="messages-stop-sequence-unreported",
        family="messages",
        sentence="A stop sequence ends an answer as if it had ended its turn.",
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
        id="messages-stop-sequence-untold",
        family="messages",
        sentence="stop_reason is stop_sequence, but the sequence is not told.",
        rules=("messages.stop-sequence.agrees", "case.value"),
        cases="messages/limits/stop-sequence[*",
        apply=everywhere(put("/stop_sequence", None, new=False), put("/delta/stop_sequence", None, new=False)),
    ),
    Fault(
        id="messages-stop-sequence-other",
        family="messages",
        sentence="Another stop sequence is told than those that were asked for.",
        rules=("messages.stop-sequence.agrees", "case.value"),
        cases="messages/limits/stop-sequence[*",
        apply=everywhere(put("/stop_sequence", "END", new=False), put("/delta/stop_sequence", "END", new=False)),
    ),
    Fault(
        id="messages-cut-as-end-turn",
        family="messages",
        sentence="An answer that max_tokens cut off ends with end_turn.",
        rules=("case.answer-stop",),
        cases="messages/limits/max-tokens[*",
        apply=everywhere(at("/stop_reason", _end_turn), at("/delta/stop_reason", _end_turn)),
    ),
    Fault(
        id="messages-thinking-unsigned",
        family="messages",
        sentence="Streamed thinking has no signature, neither at its start nor in a delta.",
        rules=("messages.thinking.signature",),
        cases=STREAM_THINKING,
        apply=on_events(
            lose(having("/delta/signature")), edit(of("content_block_start"), drop("/content_block/signature"))
        ),
        url="https://github.com/sgl-project/sglang/issues/39752",
    ),
    Fault(
        id="messages-thinking-signature-missing",
        family="messages",
        sentence="Thinking blocks have no signature.",
        rules=("messages.thinking.signature",),
        cases="messages/reasoning/thinking[stream=false]",
        apply=on_json(drop("/content/*/signature")),
    ),
    Fault(
        id="messages-thinking-signature-empty",
        family="messages",
        sentence="The signature of thinking is empty.",
        rules=("messages.thinking.signed",),
        cases=THINKING,
        apply=chain(on_json(put("/content/0/signature", "")), on_events(lose(having("/delta/signature")))),
    ),
    Fault(
        id="messages-thinking-signature-null",
        family="messages",
        sentence="The signature of thinking is null.",
        rules=("messages.thinking.signature",),
        cases="messages/reasoning/thinking[stream=false]",
        apply=on_json(put("/content/0/signature", None)),
    ),
    Fault(
        id="messages-thinking-last",
        family="messages",
        sentence="Thinking comes after the text that it led to.",
        rules=("messages.thinking.first",),
        cases="messages/reasoning/thinking[stream=false]",
        apply=on_json(at("/content", backwards)),
    ),
    Fault(
        id="messages-thinking-as-text",
        family="messages",
        sentence="Thinking comes as a block of text.",
        rules=("case.reasoning",),
        cases="messages/reasoning/thinking[stream=false]",
        apply=on_json(put("/content/0", {"type": "text", "text": "Well."})),
    ),
    Fault(
        id="messages-thinking-at-start",
        family="messages",
        sentence="A thinking block starts with all of its words.",
        rules=("messages.stream.block-start-empty",),
        cases=STREAM_THINKING,
        apply=on_events(edit(having("/content_block/thinking"), put("/content_block/thinking", "Well, well."))),
    ),
    Fault(
        id="messages-second-stop-wrong",
        family="messages",
        sentence="The stop of the block after the thinking names the first block.",
        rules=("messages.stream.block-not-open",),
        cases=STREAM_THINKING,
        apply=on_events(edit(of("content_block_stop"), put("/index", 0), number=2)),
    ),
    Fault(
        id="messages-signature-late",
        family="messages",
        sentence="The signature of thinking comes in the block of text after it.",
        rules=("messages.thinking.signed", "messages.stream.delta-fits-block"),
        cases=STREAM_THINKING,
        apply=on_events(
            hold(having("/delta/signature"), of("content_block_start")),
            edit(having("/delta/signature"), put("/index", 1)),
        ),
    ),
    Fault(
        id="messages-thinking-and-text-alike",
        family="messages",
        sentence="Thinking and text are streamed as one block.",
        rules=("messages.stream.block-index",),
        cases=STREAM_THINKING,
        apply=on_events(edit(having("/index"), put("/index", 0))),
    ),
    Fault(
        id="messages-thinking-left-open",
        family="messages",
        sentence="The block of thinking is not stopped before the text starts.",
        rules=("messages.stream.blocks-overlap",),
        cases=STREAM_THINKING,
        apply=on_events(lose(of("content_block_stop"), number=1)),
    ),
    Fault(
        id="messages-thinking-in-reasoning-content",
        family="messages",
        sentence="Thinking comes as reasoning_content, as some chat backends name it.",
        rules=("messages.stream.delta-payload", "case.reasoning"),
        cases=STREAM_THINKING,
        apply=on_events(edit(having("/delta/thinking"), rename("/delta/thinking", "reasoning_content"))),
    ),
    Fault(
        id="messages-end-lost-with-thinking",
        family="messages",
        sentence="Streams with thinking end without message_stop.",
        rules=("messages.stream.unfinished",),
        cases=STREAM_THINKING,
        apply=when(on_events(lose(of("message_stop"))), reasoning=True),
    ),
    Fault(
        id="messages-usage-lost-with-tools",
        family="messages",
        sentence="message_delta has no usage when a tool was offered.",
        rules=("messages.stream.message-delta",),
        cases="messages/tools/forced[stream=true]",
        apply=when(on_events(edit(of("message_delta"), drop("/usage"))), tools=True),
    ),
    Fault(
        id="messages-stop-sequence-end-turn-streamed",
        family="messages",
        sentence="A stop sequence is reported, but not in streams.",
        rules=("case.answer-stop", "case.value"),
        cases="messages/limits/stop-sequence[stream=true]",
        apply=on_events(
            edit(of("message_delta"), put("/delta/stop_reason", "end_turn"), put("/delta/stop_sequence", None))
        ),
        url="https://github.com/vllm-project/vllm/pull/45807",
    ),
)
