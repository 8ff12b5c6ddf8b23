"""Reported defects of real gateways: chunks and bytes of Chat Completions streams.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

from conformance.reference.changes import STREAM, at, event, on_events, on_stream_body, on_writes, put
from conformance.reference.changes.chat_flows import fresh_ids
from conformance.reference.changes.flows import JSON_DATA, each, edit, everywhere
from conformance.reference.changes.writes import blocks_of
from conformance.reference.faults.chat.streams import FINISH
from conformance.reference.faults.fault import Fault

CHOICE = "/choices/*"
REASON = "/choices/*/finish_reason"


async def lossy(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece decoded for itself: what is cut within a character is lost."""
    async for piece in body:
        yield piece.decode("utf-8", "replace").encode()


FAULTS = (
    Fault(
        id="chat-report-fresh-ids",
        family="chat_completions",
        sentence="Each chunk has an id of its own.",
        rules=("chat.stream.same-id",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(JSON_DATA, fresh_ids())),
        url="https://github.com/ggml-org/llama.cpp/issues/5876",
    ),
    Fault(
        id="chat-report-markers-leak-in-parts",
        family="chat_completions",
        sentence="The model's end marker is part of the text, over two chunks.",
        rules=("chat.content.markup", "case.answer-exact"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(
            each(
                FINISH,
                lambda frame: [
                    frame.edited(put(f"{CHOICE}/delta", {"content": "<|"}), put(REASON, None)),
                    frame.edited(put(f"{CHOICE}/delta", {"content": "im_end|>"}), put(REASON, None)),
                    frame,
                ],
            )
        ),
        url="https://github.com/huggingface/text-generation-inference/issues/1254",
    ),
    Fault(
        id="chat-report-no-prompt-tokens",
        family="chat_completions",
        sentence="`prompt_tokens` is always 0.",
        rules=("chat.usage.prompt",),
        cases="chat_completions/usage/in-*",
        apply=everywhere(
            put("/usage/prompt_tokens", 0),
            at("/usage", lambda usage: usage and {**usage, "total_tokens": usage["completion_tokens"]}),
        ),
        url="https://github.com/sawfwair/mere-run/pull/134",
    ),
    Fault(
        id="chat-report-lossy-decoding",
        family="chat_completions",
        sentence="Text is decoded piece by piece, so characters are lost.",
        rules=("case.answer-text", "http.text.replacement-character"),
        cases="chat_completions/unicode/emoji[stream=true]",
        apply=on_writes(blocks_of(1), lossy, of=STREAM),
        url="https://github.com/wecode-ai/Wegent/pull/2271",
    ),
    Fault(
        id="chat-report-gzip-unsaid",
        family="chat_completions",
        sentence="A stream is compressed without a content-encoding header.",
        rules=("sse.stream.no-event", "case.answer-text", "http.stream.expected", "sse.framing.stray-line"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_stream_body(gzip.compress),
        url="https://github.com/agentgateway/agentgateway/pull/873",
    ),
    Fault(
        id="chat-report-data-data",
        family="chat_completions",
        sentence="Events begin with `data: data:`.",
        rules=("sse.data.json", "case.answer-text", "chat.stream.empty"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(each(JSON_DATA, lambda frame: [event(f"data: {frame.data}")])),
        url="https://github.com/paiml/aprender/pull/2015",
    ),
)
