"""Defects that gateways really had in the chunks and the bytes of a stream, each as its report tells it."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

from conformance.reference.changes import STREAM, at, drop, event, on_events, on_stream_body, on_writes, put
from conformance.reference.changes.chat import ROLE, TEXT, second_choice, words
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
    named,
    precede,
    stop_after,
)
from conformance.reference.changes.frames import Frame
from conformance.reference.changes.writes import blocks_of
from conformance.reference.faults.chat.streams import FINISH, TOLD
from conformance.reference.faults.fault import Fault

CHOICE = "/choices/*"
REASON = "/choices/*/finish_reason"
BLOCKED = event({"error": {"message": "The answer was blocked.", "type": "None", "param": "None", "code": "500"}})
NOTHING = event({"id": "", "object": "", "created": 0, "model": "", "choices": []})
FILTERED = event({"id": "", "object": "", "created": 0, "model": "", "choices": [{"index": 0, "finish_reason": None}]})
BARE = Frame(b'{"error": {"message": "engine failure", "type": "server_error"}}\n\n')


async def lossy(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece decoded for itself: what is cut within a character is lost."""
    async for piece in body:
        yield piece.decode("utf-8", "replace").encode()


FAULTS = (
    Fault(
        id="chat-report-usage-without-choices",
        family="chat_completions",
        sentence="The chunk with the usage has no `choices`.",
        rules=("chat.chunk.choices", "case.present", "chat.stream.usage-asked"),
        cases="chat_completions/usage/in-stream-when-asked",
        apply=on_events(edit(TOLD, drop("/choices"))),
        url="https://github.com/ROCm/ATOM/pull/1711",
    ),
    Fault(
        id="chat-report-usage-breaks-stream",
        family="chat_completions",
        sentence="The chunk with the usage breaks the stream off.",
        rules=("chat.stream.done-missing", "case.present", "chat.stream.usage-asked"),
        cases="chat_completions/usage/in-stream-when-asked",
        apply=on_events(exchange(TOLD), lose(DONE)),
        url="https://github.com/Portkey-AI/gateway/pull/1629",
    ),
    Fault(
        id="chat-report-cut-after-finish",
        family="chat_completions",
        sentence="A stream ends with the finish reason: usage and end marker are lost.",
        rules=("chat.stream.usage-asked", "chat.stream.done-missing", "case.present"),
        cases="chat_completions/usage/in-stream-when-asked",
        apply=on_events(stop_after(FINISH)),
        url="https://github.com/MorpheusAIs/Morpheus-Lumerin-Node/pull/570",
    ),
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
        id="chat-report-id-of-choice",
        family="chat_completions",
        sentence="Each choice has an id of its own.",
        rules=("chat.stream.same-id",),
        cases="chat_completions/options/two-choices[stream=true]",
        apply=on_events(edit(second_choice, put("/id", "chatcmpl-second"))),
        url="https://github.com/sgl-project/sglang/issues/39864",
    ),
    Fault(
        id="chat-report-role-lost",
        family="chat_completions",
        sentence="No chunk tells the role.",
        rules=("chat.stream.role-first",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(JSON_DATA, drop(ROLE))),
        url="https://github.com/tensorzero/tensorzero/issues/1265",
    ),
    Fault(
        id="chat-report-role-lost-with-tools",
        family="chat_completions",
        sentence="No chunk of a call tells the role.",
        rules=("chat.stream.role-first",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(JSON_DATA, drop(ROLE))),
        url="https://github.com/agentgateway/agentgateway/pull/3005",
    ),
    Fault(
        id="chat-report-role-repeated",
        family="chat_completions",
        sentence="Each delta tells the role.",
        rules=("chat.stream.role-once",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{CHOICE}/delta/role", "assistant"))),
        url="https://github.com/ollama/ollama/pull/17166",
    ),
    Fault(
        id="chat-report-markers-leak",
        family="chat_completions",
        sentence="The model's end marker is part of the text.",
        rules=("chat.content.markup", "case.answer-stop", "chat.stream.finish-missing"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(FINISH, put(REASON, None), put(f"{CHOICE}/delta", {"content": "<|im_end|>"}))),
        url="https://github.com/ModelTC/LightLLM/issues/130",
    ),
    Fault(
        id="chat-report-markers-leak-in-parts",
        family="chat_completions",
        sentence="The model's end marker is part of the text, over two chunks.",
        rules=("chat.content.markup",),
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
        id="chat-report-text-repeated",
        family="chat_completions",
        sentence="The last delta holds the whole text once more.",
        rules=("chat.stream.incremental", "case.answer-json", "chat.fit.json-schema"),
        cases="chat_completions/structured-output/json-schema[stream=true]",
        apply=on_events(repeated),
        url="https://github.com/infiniflow/ragflow/pull/15443",
    ),
    Fault(
        id="chat-report-done-twice",
        family="chat_completions",
        sentence="Two end markers.",
        rules=("chat.stream.done-once",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(double(DONE)),
        url="https://github.com/ray-project/ray/pull/62246",
    ),
    Fault(
        id="chat-report-localai-frames",
        family="chat_completions",
        sentence="Events are called `data`; chunks have no id and no `created`; there is no end marker.",
        rules=("chat.id", "chat.created", "chat.stream.done-missing", "sse.event.named-chat"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(
            lose(DONE),
            edit(JSON_DATA, drop("/id"), drop("/created")),
            named(JSON_DATA, "data"),
        ),
        url="https://github.com/mudler/LocalAI/issues/340",
    ),
    Fault(
        id="chat-report-filter-chunk",
        family="chat_completions",
        sentence="A chunk of a content filter has empty members and no delta.",
        rules=(
            "chat.chunk.delta",
            "chat.chunk.object",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.stream.same-created",
            "chat.stream.same-id",
            "chat.stream.same-model",
        ),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(precede(words, FILTERED, number=2)),
        url="https://github.com/microsoft/autogen/issues/6465",
    ),
    Fault(
        id="chat-report-first-chunk-empty",
        family="chat_completions",
        sentence="The first chunk has no choices, and empty members.",
        rules=(
            "chat.chunk.choices-empty",
            "chat.chunk.object",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.stream.same-created",
            "chat.stream.same-id",
            "chat.stream.same-model",
        ),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(begin(NOTHING)),
        url="https://github.com/AbanteAI/archive-old-cli-mentat/issues/429",
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
        id="chat-report-keepalive-as-data",
        family="chat_completions",
        sentence="A keepalive is the data of an event.",
        rules=("sse.data.json",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(precede(words, event(": keepalive"), number=1)),
        url="https://github.com/anomalyco/opencode/issues/50871",
    ),
    Fault(
        id="chat-report-lossy-decoding",
        family="chat_completions",
        sentence="Text is decoded piece by piece, and characters are lost.",
        rules=("case.answer-text", "http.text.replacement-character"),
        cases="chat_completions/unicode/emoji[stream=true]",
        apply=on_writes(blocks_of(1), lossy, of=STREAM),
        url="https://github.com/wecode-ai/Wegent/pull/2271",
    ),
    Fault(
        id="chat-report-gzip-unsaid",
        family="chat_completions",
        sentence="A stream is compressed, and no header says so.",
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
    Fault(
        id="chat-report-error-bare",
        family="chat_completions",
        sentence="An error within a stream comes without `data:`, and ends it.",
        rules=(
            "chat.stream.done-missing",
            "case.answer-stop",
            "case.answer-text",
            "chat.stream.finish-missing",
            "sse.framing.stray-line",
        ),
        cases="chat_completions/text/recall[stream=true]",
        apply=on_events(stop_after(words), end(BARE)),
        url="https://github.com/Atomic-Germ/OpenFlowLM-Next/issues/64",
    ),
    Fault(
        id="chat-report-error-unsaid",
        family="chat_completions",
        sentence="A failure within a stream only closes the connection.",
        rules=("chat.stream.finish-missing", "chat.stream.done-missing", "case.answered", "http.connection.cut"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(stop_after(having(TEXT), 2, cut=True)),
        url="https://github.com/mozilla-ai/any-llm/pull/847",
    ),
    Fault(
        id="chat-report-error-after-finish",
        family="chat_completions",
        sentence="A guardrail's error follows the finish reason, with `None` for type and param.",
        rules=("chat.stream.error-after-finish", "error.code.status", "error.fields.placeholder"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(follow(FINISH, BLOCKED)),
        url="https://github.com/BerriAI/litellm/pull/39036",
    ),
    Fault(
        id="chat-report-failure-as-empty-success",
        family="chat_completions",
        sentence="A failure is a stream with role and `stop`, and nothing between.",
        rules=("chat.answer.empty", "case.answer-text"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(lose(words)),
        url="https://github.com/askalf/dario/pull/1205",
    ),
)
