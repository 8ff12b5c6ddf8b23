"""Builds a message from the model's `Reply`: as a JSON object, or as a stream of events.

Shapes: `anthropic/types/message.py` and `raw_message_stream_event.py` of the Python SDK; grammar:
https://docs.anthropic.com/en/docs/build-with-claude/streaming.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

from .. import tokens
from ..cache import Share
from ..identity import Seal, fresh
from ..prompt import JSON, Reply
from ..wire import frame
from .citations import citations
from .course import Course
from .parse import thinks

_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "stop_sequence": "stop_sequence",
            "content_filter": "refusal"}  # fmt: skip
_EMPTY: dict[str, dict[str, JSON]] = {
    "text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}},
    "server_tool_use": {"input": {}}, "compaction": {"content": None},
}  # fmt: skip
"""The members that a block does not have yet when it starts. Blocks of other types start as they are."""
_PING = b'event: ping\ndata: {"type": "ping"}\n\n'


class MessageBuilder:
    """One answer; the JSON object and the stream have the same id and blocks."""

    def __init__(
        self, body: JSON, reply: Reply, input_tokens: int, seal: Seal, cached: Share, course: Course | None = None
    ) -> None:
        self._asked = body
        self._reply = reply
        self.input_tokens = input_tokens
        self._cached = cached
        self._course = course or Course()
        self._id = fresh("msg_01", 22)
        self._blocks = list(_blocks(body, reply, seal, self._course))

    def body(self) -> JSON:
        """The message."""
        return {**self._message(self._blocks), **self._ending(), "usage": self._usage(), **self._context()}

    def frames(self) -> list[bytes]:
        """The stream. Events are padded with spaces as Anthropic does; a ping follows the first block's start."""
        written = [frame(event, event["type"], inner_padding=secrets.randbelow(16)) for event in self._events()]
        at = 2 if self._blocks else 1
        return [*written[:at], _PING, *written[at:]]

    def _events(self) -> Iterator[JSON]:
        nothing = {"stop_reason": None, "stop_sequence": None, "stop_details": None}
        start = {**self._message([]), **nothing, "usage": self._usage(output=1)}
        yield {"type": "message_start", "message": start}
        for index, block in enumerate(self._blocks):
            yield {"type": "content_block_start", "index": index, "content_block": _opened(block)}
            for delta in _deltas(block):
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        yield {"type": "message_delta", "delta": self._ending(), "usage": self._final_usage(), **self._context()}
        yield {"type": "message_stop"}

    def _message(self, blocks: list[JSON]) -> dict[str, JSON]:
        return {
            "model": self._asked["model"],
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "content": blocks,
        }

    def _ending(self) -> dict[str, JSON]:
        reason = self._course.stop or ("refusal" if self._reply.refusal else _REASONS[self._reply.end])
        why = {"type": "refusal", "category": None, "explanation": self._reply.refusal or None}
        details = why if reason == "refusal" else None
        met = None if self._course.stop else self._reply.stop_sequence
        return {"stop_reason": reason, "stop_sequence": met, "stop_details": details}

    def _context(self) -> dict[str, JSON]:
        return {"context_management": {"applied_edits": []}} if self._asked.get("context_management") else {}

    def _usage(self, output: int | None = None) -> dict[str, JSON]:
        """At the start of a stream, with what has been written so far; the cached tokens are in both."""
        written = self._final_usage() if output is None else {**self._inputs(), "output_tokens": output}
        hours = self._cached.for_an_hour
        cache = {
            "ephemeral_5m_input_tokens": self._cached.written - hours,
            "ephemeral_1h_input_tokens": hours,
        }
        return {**written, "cache_creation": cache, "service_tier": "standard", "inference_geo": "not_available"}

    def _final_usage(self) -> dict[str, JSON]:
        details = {"thinking_tokens": self._reply.reasoning_tokens}
        total = self._reply.output_tokens + self._course.tokens
        served = {"server_tool_use": self._course.usage} if self._course.usage else {}
        return {**self._inputs(), "output_tokens": total, "output_tokens_details": details, **served}

    def _inputs(self) -> dict[str, JSON]:
        """The tokens of the prompt; `input_tokens` are those that the cache neither got nor had."""
        share = self._cached
        return {
            "input_tokens": self.input_tokens - share.read - share.written,
            "cache_creation_input_tokens": share.written,
            "cache_read_input_tokens": share.read,
        }


def _blocks(body: JSON, reply: Reply, seal: Seal, course: Course) -> Iterator[JSON]:
    if thinks(body) and reply.reasoning and not course.is_silent:
        yield (
            {"type": "redacted_thinking", "data": seal.sign(reply.reasoning)}
            if course.redacted
            else _thinking(body, reply, seal)
        )
    yield from course.blocks
    if course.is_silent:
        return
    for text in reply.texts:
        cited = citations(body, text, course.blocks)
        yield {"type": "text", "text": text, **({"citations": cited} if cited else {})}
    for call in reply.calls:
        arguments, direct = json.loads(call.arguments), {"type": "direct"}
        id_ = call.id or fresh("toolu_01", 22)
        yield {"type": "tool_use", "id": id_, "name": call.name, "input": arguments, "caller": direct}


def _thinking(body: JSON, reply: Reply, seal: Seal) -> JSON:
    shown = "" if body["thinking"].get("display") == "omitted" else reply.reasoning
    return {"type": "thinking", "thinking": shown, "signature": reply.signature or seal.sign(shown)}


def _opened(block: JSON) -> JSON:
    """The block at its start, without content."""
    cited: dict[str, JSON] = {"citations": []} if "citations" in block else {}
    return {**block, **_EMPTY.get(block["type"], {}), **cited}


def _deltas(block: JSON) -> Iterator[JSON]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": piece} for piece in tokens.split(block["text"]))
        yield from ({"type": "citations_delta", "citation": each} for each in block.get("citations") or ())
    elif block["type"] == "thinking":
        yield from ({"type": "thinking_delta", "thinking": piece} for piece in tokens.split(block["thinking"]))
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif block["type"] == "compaction":
        yield {"type": "compaction_delta", "content": block["content"], "encrypted_content": None}
    elif block["type"] in ("tool_use", "server_tool_use"):
        text = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in ["", *tokens.split(text)])
