"""Defects that gateways really had in the chunks and the bytes of a stream, each as its report tells it."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

from conformance.reference.changes import STREAM, at, drop, event, on_stream_body, on_writes, put
from conformance.reference.changes.chat import ROLE, TEXT
from conformance.reference.changes.chat_flows import fresh_ids, repeated
from conformance.reference.changes.flows import (
    DONE,
    JSON_DATA,
    begin,
    double,
    each,
    edit,
    end,
    everywhere,
    exchange,
    follow,
    having,
    lose,
    precede,
    stop_after,
)
from conformance.reference.changes.frames import Frame
from conformance.reference.changes.writes import blocks_of
from conformance.reference.faults.chat_entries import CALLED, TEXTS, TWO, USAGE, chunk, fault, stream
from conformance.reference.faults.chat_streams import FINISH, SECOND, TOLD, WORDS

CHOICE = "/choices/*"
REASON = "/choices/*/finish_reason"
GITHUB = "https://github.com/"
BLOCKED = event({"error": {"message": "The answer was blocked.", "type": "None", "param": "None", "code": "500"}})
NOTHING = event({"id": "", "object": "", "created": 0, "model": "", "choices": []})
FILTERED = event({"id": "", "object": "", "created": 0, "model": "", "choices": [{"index": 0, "finish_reason": None}]})
BARE = Frame(b'{"error": {"message": "engine failure", "type": "server_error"}}\n\n')


async def lossy(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece decoded for itself: what is cut within a character is lost."""
    async for piece in body:
        yield piece.decode("utf-8", "replace").encode()


_CHUNKS = (
    chunk(
        "report-usage-without-choices",
        "The chunk with the usage has no `choices`.",
        ("chat.chunk.choices", "case.present", "chat.stream.usage-asked"),
        drop("/choices"),
        where=TOLD,
        cases=USAGE,
        url=GITHUB + "ROCm/ATOM/pull/1711",
    ),
    stream(
        "report-usage-breaks-stream",
        "The chunk with the usage breaks the stream off.",
        ("chat.stream.done-missing", "case.present", "chat.stream.usage-asked"),
        exchange(TOLD),
        lose(DONE),
        cases=USAGE,
        url=GITHUB + "Portkey-AI/gateway/pull/1629",
    ),
    stream(
        "report-cut-after-finish",
        "A stream ends with the finish reason: usage and end marker are lost.",
        ("chat.stream.usage-asked", "chat.stream.done-missing", "case.present"),
        stop_after(FINISH),
        cases=USAGE,
        url=GITHUB + "MorpheusAIs/Morpheus-Lumerin-Node/pull/570",
    ),
    chunk(
        "report-fresh-ids",
        "Each chunk has an id of its own.",
        ("chat.stream.same-id",),
        fresh_ids(),
        url=GITHUB + "ggml-org/llama.cpp/issues/5876",
    ),
    chunk(
        "report-id-of-choice",
        "Each choice has an id of its own.",
        ("chat.stream.same-id",),
        put("/id", "chatcmpl-second"),
        where=SECOND,
        cases=TWO,
        url=GITHUB + "sgl-project/sglang/issues/39864",
    ),
    chunk(
        "report-role-lost",
        "No chunk tells the role.",
        ("chat.stream.role-first",),
        drop(ROLE),
        url=GITHUB + "tensorzero/tensorzero/issues/1265",
    ),
    chunk(
        "report-role-lost-with-tools",
        "No chunk of a call tells the role.",
        ("chat.stream.role-first",),
        drop(ROLE),
        cases=CALLED,
        url=GITHUB + "agentgateway/agentgateway/pull/3005",
    ),
    chunk(
        "report-role-repeated",
        "Each delta tells the role.",
        ("chat.stream.role-once",),
        put(f"{CHOICE}/delta/role", "assistant"),
        url=GITHUB + "ollama/ollama/pull/17166",
    ),
    stream(
        "report-markers-leak",
        "The model's end marker is part of the text.",
        ("chat.content.markup", "case.answer-stop", "chat.stream.finish-missing"),
        edit(FINISH, put(REASON, None), put(f"{CHOICE}/delta", {"content": "<|im_end|>"})),
        url=GITHUB + "ModelTC/LightLLM/issues/130",
    ),
    stream(
        "report-markers-leak-in-parts",
        "The model's end marker is part of the text, over two chunks.",
        ("chat.content.markup",),
        each(
            FINISH,
            lambda frame: [
                frame.edited(put(f"{CHOICE}/delta", {"content": "<|"}), put(REASON, None)),
                frame.edited(put(f"{CHOICE}/delta", {"content": "im_end|>"}), put(REASON, None)),
                frame,
            ],
        ),
        url=GITHUB + "huggingface/text-generation-inference/issues/1254",
    ),
    stream(
        "report-text-repeated",
        "The last delta holds the whole text once more.",
        ("chat.stream.incremental", "case.answer-json", "chat.fit.json-schema"),
        repeated,
        cases="chat_completions/structured-output/json-schema[stream=true]",
        url=GITHUB + "infiniflow/ragflow/pull/15443",
    ),
    stream(
        "report-done-twice",
        "Two end markers.",
        ("chat.stream.done-once",),
        double(DONE),
        url=GITHUB + "ray-project/ray/pull/62246",
    ),
    stream(
        "report-localai-frames",
        "Events are called `data`; chunks have no id and no `created`; there is no end marker.",
        ("chat.id", "chat.created", "chat.stream.done-missing", "sse.event.named-chat"),
        lose(DONE),
        edit(JSON_DATA, drop("/id"), drop("/created")),
        each(JSON_DATA, lambda frame: [frame.named("data")]),
        url=GITHUB + "mudler/LocalAI/issues/340",
    ),
    stream(
        "report-filter-chunk",
        "A chunk of a content filter has empty members and no delta.",
        (
            "chat.chunk.delta",
            "chat.chunk.object",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.stream.same-created",
            "chat.stream.same-id",
            "chat.stream.same-model",
        ),
        precede(WORDS, FILTERED, number=2),
        url=GITHUB + "microsoft/autogen/issues/6465",
    ),
    stream(
        "report-first-chunk-empty",
        "The first chunk has no choices, and empty members.",
        (
            "chat.chunk.choices-empty",
            "chat.chunk.object",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.stream.same-created",
            "chat.stream.same-id",
            "chat.stream.same-model",
        ),
        begin(NOTHING),
        url=GITHUB + "AbanteAI/archive-old-cli-mentat/issues/429",
    ),
    fault(
        "report-no-prompt-tokens",
        "`prompt_tokens` is always 0.",
        ("chat.usage.prompt",),
        "chat_completions/usage/in-*",
        everywhere(
            put("/usage/prompt_tokens", 0),
            at("/usage", lambda usage: usage and {**usage, "total_tokens": usage["completion_tokens"]}),
        ),
        GITHUB + "sawfwair/mere-run/pull/134",
    ),
)


_BYTES = (
    stream(
        "report-keepalive-as-data",
        "A keepalive is the data of an event.",
        ("sse.data.json",),
        precede(WORDS, event(": keepalive"), number=1),
        url=GITHUB + "anomalyco/opencode/issues/50871",
    ),
    fault(
        "report-lossy-decoding",
        "Text is decoded piece by piece, and characters are lost.",
        ("case.answer-text", "http.text.replacement-character"),
        "chat_completions/unicode/emoji[stream=true]",
        on_writes(blocks_of(1), lossy, of=STREAM),
        GITHUB + "wecode-ai/Wegent/pull/2271",
    ),
    fault(
        "report-gzip-unsaid",
        "A stream is compressed, and no header says so.",
        ("sse.stream.no-event", "case.answer-text", "http.stream.expected", "sse.framing.stray-line"),
        TEXTS,
        on_stream_body(gzip.compress),
        GITHUB + "agentgateway/agentgateway/pull/873",
    ),
    stream(
        "report-data-data",
        "Events begin with `data: data:`.",
        ("sse.data.json", "case.answer-text", "chat.stream.empty"),
        each(JSON_DATA, lambda frame: [event(f"data: {frame.data}")]),
        url=GITHUB + "paiml/aprender/pull/2015",
    ),
    stream(
        "report-error-bare",
        "An error within a stream comes without `data:`, and ends it.",
        (
            "chat.stream.done-missing",
            "case.answer-stop",
            "case.answer-text",
            "chat.stream.finish-missing",
            "sse.framing.stray-line",
        ),
        stop_after(WORDS),
        end(BARE),
        cases="chat_completions/text/recall[stream=true]",
        url=GITHUB + "Atomic-Germ/OpenFlowLM-Next/issues/64",
    ),
    stream(
        "report-error-unsaid",
        "A failure within a stream only closes the connection.",
        ("chat.stream.finish-missing", "chat.stream.done-missing", "case.answered", "http.connection.cut"),
        stop_after(having(TEXT), 2, cut=True),
        url=GITHUB + "mozilla-ai/any-llm/pull/847",
    ),
    stream(
        "report-error-after-finish",
        "A guardrail's error follows the finish reason, with `None` for type and param.",
        ("chat.stream.error-after-finish", "error.code.status", "error.fields.placeholder"),
        follow(FINISH, BLOCKED),
        url=GITHUB + "BerriAI/litellm/pull/39036",
    ),
    stream(
        "report-failure-as-empty-success",
        "A failure is a stream with role and `stop`, and nothing between.",
        ("chat.answer.empty", "case.answer-text"),
        lose(WORDS),
        url=GITHUB + "askalf/dario/pull/1205",
    ),
)

FAULTS = (*_CHUNKS, *_BYTES)
