"""Messages, streamed or not: rules about calls, thinking and the stop reason that a schema cannot express.

Sources: https://docs.anthropic.com/en/api/messages and
https://docs.anthropic.com/en/docs/build-with-claude/handling-stop-reasons
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.protocol.answers.messages import Block
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show
from conformance.protocol.token_limit import token_limit

FAMILY = ("messages",)
THINKING = ("thinking", "redacted_thinking")
CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
CUT_OFF = ("max_tokens", "model_context_window_exceeded", "refusal", "stop_sequence", "compaction")
"""Stop reasons that can end a message inside a block."""


def whole(reading: Reading) -> JSON:
    """Return the message if it is complete, else {}: truncated streams are judged as streams only."""
    if reading.kind == "stream" and not _finished(reading):
        return {}
    return reading.final


def located(message: JSON, *types: str) -> Iterator[tuple[str, Block]]:
    """Yield (pointer, block) for the blocks of these types, or of all types."""
    for index, block in enumerate(get(message, "/content", list) or ()):
        if isinstance(block, dict) and (not types or block.get("type") in types):
            yield f"/content/{index}", block


def stop_reason(message: JSON) -> str | None:
    """Return the stop_reason; None if it is missing."""
    return get(message, "/stop_reason", str)


def _finished(reading: Reading) -> bool:
    kinds = (document.get("type") for document in reversed(reading.documents))
    return next((kind == "message_stop" for kind in kinds if kind in ("message_stop", "error")), False)


@check("messages.tool-use.unique-ids", families=FAMILY, on="final")
def call_ids(reading: Reading) -> Iterator[Breach]:
    """The ids of a message's calls are unique."""
    seen: set[str] = set()
    for at, block in located(reading.final, *CALLS):
        call = get(block, "/id", str)
        if call and call in seen:
            yield breach("messages.tool-use.unique-ids", "a unique id", show(call), f"{at}/id")
        seen.add(call or "")


@check("messages.tool-use.stop-reason", families=FAMILY, on="final")
def tool_stop(reading: Reading) -> Iterator[Breach]:
    """A message with stop_reason tool_use has a call."""
    message = whole(reading)
    if stop_reason(message) == "tool_use" and not any(located(message, "tool_use")):
        got = ", ".join(str(block.get("type")) for _, block in located(message)) or "no block"
        yield breach("messages.tool-use.stop-reason", "a tool_use block", got, "/content")


@check("messages.tool-use.ends-turn", families=FAMILY, on="final")
def tool_end(reading: Reading) -> Iterator[Breach]:
    """A complete message with a call has stop_reason tool_use."""
    message = whole(reading)
    reason = stop_reason(message)
    if reason in ("end_turn", "pause_turn") and any(located(message, "tool_use")):
        yield breach("messages.tool-use.ends-turn", show("tool_use"), show(reason), "/stop_reason")


@check("messages.stop-reason.present", families=FAMILY, on="stream")
def ended(reading: Reading) -> Iterator[Breach]:
    """A complete stream has a stop_reason. (For answers without a stream, the schema requires it.)"""
    message = whole(reading)
    if message and stop_reason(message) is None:
        yield breach("messages.stop-reason.present", "a stop_reason", show(get(message, "/stop_reason", object)))


@check("messages.stop-sequence.agrees", families=FAMILY, on="final")
def stop_sequence(reading: Reading) -> Iterator[Breach]:
    """stop_sequence is set only if it is the stop reason, and is one of those in the request."""
    message = whole(reading)
    reason, met = stop_reason(message), get(message, "/stop_sequence", str)
    asked = get(reading.sent, "/stop_sequences", list)
    if reason == "stop_sequence" and not met:
        yield breach("messages.stop-sequence.agrees", "the stop sequence that was reached", show(met), "/stop_sequence")
    elif reason is not None and reason != "stop_sequence" and met is not None:
        yield breach(
            "messages.stop-sequence.agrees", f"null, because stop_reason is {reason}", show(met), "/stop_sequence"
        )
    elif met and asked and met not in asked:
        yield breach("messages.stop-sequence.agrees", f"one of {show(asked)}", show(met), "/stop_sequence")


@check("messages.content.empty-text", families=FAMILY, on="final")
def empty_text(reading: Reading) -> Iterator[Breach]:
    """Text blocks are not empty."""
    for at, block in located(whole(reading), "text"):
        if block.get("text") == "":
            yield breach("messages.content.empty-text", "text that is not empty", '""', f"{at}/text")


@check("messages.content.says-something", families=FAMILY, on="final")
def silent(reading: Reading) -> Iterator[Breach]:
    """A message that ended its turn is not empty, unless the model had nothing more to say."""
    message = whole(reading)
    excused = token_limit(reading.sent, reading.family.name) == 0 or _has_no_more_to_say(reading.sent)
    if stop_reason(message) == "end_turn" and get(message, "/content", list) == [] and not excused:
        yield breach("messages.content.says-something", "at least one content block", "content []", "/content")


def _has_no_more_to_say(sent: JSON) -> bool:
    """Whether an empty answer is allowed: after a tool result or the model's own words, or without a needed call."""
    said = [each for each in get(sent, "/messages", list) or () if get(each, "/role", str) != "system"]
    last = said[-1] if said else None
    parts = get(last, "/content", list) or ()
    after_result = any(str(get(part, "/type", str)).endswith("tool_result") for part in parts)
    continued = get(last, "/role", str) == "assistant"
    return after_result or continued or get(sent, "/tool_choice/type", str) == "none"


@check("messages.thinking.signature", "messages.thinking.signed", families=FAMILY, on="final")
def signed(reading: Reading) -> Iterator[Breach]:
    """Complete thinking has a signature. (For answers without a stream, the schema requires it.)"""
    message = whole(reading)
    for at, block in located(message, "thinking"):
        signature = block.get("signature")
        if signature is None and "signature" not in block and reading.kind == "stream":
            yield breach(
                "messages.thinking.signature", "a signature", "no signature at the start of the block or in a delta", at
            )
        elif signature == "" and stop_reason(message) not in CUT_OFF:
            yield breach("messages.thinking.signed", "a signature", '""', f"{at}/signature")


@check("messages.thinking.first", families=FAMILY, on="final")
def led_by_thinking(reading: Reading) -> Iterator[Breach]:
    """Thinking comes first: with thinking enabled, the API accepts a message back only in this order."""
    types = [get(block, "/type", str) or "" for block in get(whole(reading), "/content", list) or ()]
    thinks = any(kind in THINKING for kind in types)
    if get(reading.sent, "/thinking/type", str) == "enabled" and thinks and types[0] in ("text", "tool_use"):
        yield breach("messages.thinking.first", "a thinking block first", types[0], "/content/0/type")


@check("messages.thinking.disabled", families=FAMILY, on="final")
def unwanted_thinking(reading: Reading) -> Iterator[Breach]:
    """There is no thinking if the request disables it."""
    if get(reading.sent, "/thinking/type", str) == "disabled":
        for at, block in located(reading.final, *THINKING):
            yield breach("messages.thinking.disabled", "no thinking block", str(block["type"]), at)
