"""What holds within a message, streamed or not: its calls, its thinking and its end.

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
"""Reasons that end a message in the middle of a block."""


def whole(reading: Reading) -> JSON:
    """The message if it came to its end, else {}: what was cut off is judged as a stream, not as a message."""
    if reading.kind == "stream" and not _finished(reading):
        return {}
    return reading.final


def located(message: JSON, *types: str) -> Iterator[tuple[str, Block]]:
    """The blocks of these types (none: of all types), each with its pointer."""
    for index, block in enumerate(get(message, "/content", list) or ()):
        if isinstance(block, dict) and (not types or block.get("type") in types):
            yield f"/content/{index}", block


def stop_reason(message: JSON) -> str | None:
    """Why the message ended; None where it does not say so."""
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
    """Who stops for a tool calls one."""
    message = whole(reading)
    if stop_reason(message) == "tool_use" and not any(located(message, "tool_use")):
        got = ", ".join(str(block.get("type")) for _, block in located(message)) or "no block"
        yield breach("messages.tool-use.stop-reason", "a tool_use block", got, "/content")


@check("messages.tool-use.ends-turn", families=FAMILY, on="final")
def tool_end(reading: Reading) -> Iterator[Breach]:
    """Who calls a tool stops for it, if nothing cut the message off."""
    message = whole(reading)
    reason = stop_reason(message)
    if reason in ("end_turn", "pause_turn") and any(located(message, "tool_use")):
        yield breach("messages.tool-use.ends-turn", show("tool_use"), show(reason), "/stop_reason")


@check("messages.stop-reason.present", families=FAMILY, on="stream")
def ended(reading: Reading) -> Iterator[Breach]:
    """The events of a finished stream bring a stop_reason (the schema asks for it where nothing is streamed)."""
    message = whole(reading)
    if message and stop_reason(message) is None:
        yield breach("messages.stop-reason.present", "a stop_reason", show(get(message, "/stop_reason", object)))


@check("messages.stop-sequence.agrees", families=FAMILY, on="final")
def stop_sequence(reading: Reading) -> Iterator[Breach]:
    """The stop_sequence is told when it was the reason, and only then; it is one of those that were asked for."""
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
    """Text blocks have text."""
    for at, block in located(whole(reading), "text"):
        if block.get("text") == "":
            yield breach("messages.content.empty-text", "text that is not empty", '""', f"{at}/text")


@check("messages.content.says-something", families=FAMILY, on="final")
def silent(reading: Reading) -> Iterator[Breach]:
    """A model whose turn ended said something, if it had a question to answer and tokens to do so."""
    message = whole(reading)
    excused = token_limit(reading.sent, reading.family.name) == 0 or _has_no_more_to_say(reading.sent)
    if stop_reason(message) == "end_turn" and get(message, "/content", list) == [] and not excused:
        yield breach("messages.content.says-something", "at least one content block", "content []", "/content")


def _has_no_more_to_say(sent: JSON) -> bool:
    """Whether the model may fall silent: after a tool's result, or where the call that it wants is forbidden."""
    messages = get(sent, "/messages", list) or [None]
    parts = get(messages[-1], "/content", list) or ()
    after_result = any(str(get(part, "/type", str)).endswith("tool_result") for part in parts)
    return after_result or get(sent, "/tool_choice/type", str) == "none"


@check("messages.thinking.signature", "messages.thinking.signed", families=FAMILY, on="final")
def signed(reading: Reading) -> Iterator[Breach]:
    """Thinking that was finished is signed; the schema asks for the member where nothing is streamed."""
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
    """With thinking enabled the API takes a message with thinking back only if that leads its words and calls."""
    types = [get(block, "/type", str) or "" for block in get(whole(reading), "/content", list) or ()]
    thinks = any(kind in THINKING for kind in types)
    if get(reading.sent, "/thinking/type", str) == "enabled" and thinks and types[0] in ("text", "tool_use"):
        yield breach("messages.thinking.first", "a thinking block first", types[0], "/content/0/type")


@check("messages.thinking.disabled", families=FAMILY, on="final")
def unwanted_thinking(reading: Reading) -> Iterator[Breach]:
    """No thinking is shown where it was disabled."""
    if get(reading.sent, "/thinking/type", str) == "disabled":
        for at, block in located(reading.final, *THINKING):
            yield breach("messages.thinking.disabled", "no thinking block", str(block["type"]), at)
