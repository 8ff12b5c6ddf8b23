"""Faults of the chunks of a chat completion, one by one: each member missing, null, or of another type."""

from __future__ import annotations

from conformance.reference.changes import at, drop, put
from conformance.reference.changes.chat import ROLE, TEXT
from conformance.reference.changes.flows import having
from conformance.reference.faults.chat_entries import LOGPROBS_STREAMED, TWO, USAGE, chunk

CHOICE = "/choices/*"
DELTA = "/choices/*/delta"
FINISH = f"{CHOICE}/finish_reason"
TOKENS = f"{CHOICE}/logprobs/content"


_MEMBERS = (
    chunk("chunk-id-lost", "Chunks have no id.", ("chat.id",), drop("/id")),
    chunk("chunk-id-null", "The id of chunks is null.", ("chat.id",), put("/id", None)),
    chunk("chunk-id-empty", "The id of chunks is empty.", ("chat.id",), put("/id", "")),
    chunk("chunk-object-lost", "Chunks have no `object`.", ("chat.chunk.object",), drop("/object")),
    chunk(
        "chunk-object-of-answer",
        "The `object` of chunks is that of a completion.",
        ("chat.chunk.object",),
        put("/object", "chat.completion"),
    ),
    chunk("chunk-created-lost", "Chunks have no `created`.", ("chat.created",), drop("/created")),
    chunk("chunk-created-text", "`created` of chunks is a text.", ("chat.created",), at("/created", str)),
    chunk(
        "chunk-created-fraction",
        "`created` of chunks has a fraction of a second.",
        ("chat.created",),
        at("/created", lambda value: value + 0.5),
    ),
    chunk("chunk-model-lost", "Chunks name no model.", ("chat.model",), drop("/model")),
    chunk("chunk-model-null", "The model of chunks is null.", ("chat.model",), put("/model", None)),
    chunk(
        "chunk-choices-lost",
        "A chunk has no choices.",
        ("chat.chunk.choices", "case.answer-text"),
        drop("/choices"),
        number=2,
    ),
    chunk(
        "chunk-choices-null",
        "The choices of a chunk are null.",
        ("chat.chunk.choices", "case.answer-text"),
        put("/choices", None),
        number=2,
    ),
    chunk(
        "chunk-choices-object",
        "The choices of a chunk are one object.",
        ("chat.chunk.choices", "case.answer-text", "chat.stream.finish-missing", "chat.stream.role-first"),
        at("/choices", lambda choices: choices[0]),
        number=2,
    ),
    chunk(
        "chunk-choices-empty",
        "A chunk in the middle has no choices and tells nothing.",
        ("chat.chunk.choices-empty", "case.answer-text"),
        put("/choices", []),
        number=2,
    ),
    chunk(
        "chunk-fingerprint-number",
        "`system_fingerprint` of chunks is a number.",
        ("chat.optional-types",),
        put("/system_fingerprint", 3),
    ),
    chunk(
        "chunk-choice-null",
        "A choice of a chunk is null.",
        ("chat.choice.shape", "case.answer-text", "chat.stream.finish-missing", "chat.stream.role-first"),
        put(CHOICE, None),
        number=2,
    ),
    chunk(
        "chunk-index-lost",
        "Choices of chunks have no index.",
        ("chat.choice.index", "case.answer-stop", "case.answer-text"),
        drop(f"{CHOICE}/index"),
    ),
    chunk(
        "chunk-index-null",
        "The index of a chunk's choice is null.",
        ("chat.choice.index", "case.answer-stop", "case.answer-text"),
        put(f"{CHOICE}/index", None),
    ),
    chunk(
        "chunk-index-from-one",
        "Choices of chunks are numbered from 1.",
        ("chat.stream.choice-order", "chat.choices.indexes"),
        put(f"{CHOICE}/index", 1),
    ),
    chunk(
        "chunk-index-same",
        "The chunks of all choices have the index 0.",
        (
            "chat.fit.count",
            "case.choices",
            "case.answer-text",
            "chat.stream.after-finish",
            "chat.stream.finish-once",
            "chat.stream.role-once",
        ),
        put(f"{CHOICE}/index", 0),
        cases=TWO,
    ),
    chunk(
        "chunk-logprobs-key-lost",
        "Choices of chunks have no `logprobs`.",
        ("chat.choice.logprobs-key",),
        drop(f"{CHOICE}/logprobs"),
        url="https://github.com/simonw/llm/issues/424",
    ),
    chunk(
        "chunk-logprobs-as-list",
        "`logprobs` of chunks is a list.",
        ("chat.logprobs.shape", "case.present", "chat.logprobs.asked"),
        at(f"{CHOICE}/logprobs", lambda value: value["content"]),
        where=having(TOKENS),
        cases=LOGPROBS_STREAMED,
    ),
    chunk(
        "chunk-logprobs-lost",
        "Log probabilities that were asked for do not come in streams.",
        ("chat.logprobs.asked", "case.present"),
        put(f"{CHOICE}/logprobs", None),
        cases=LOGPROBS_STREAMED,
    ),
    chunk(
        "chunk-logprobs-token-lost",
        "The log probabilities of one chunk are lost.",
        ("chat.logprobs.text",),
        put(f"{CHOICE}/logprobs", None),
        where=having(TOKENS),
        number=2,
        cases=LOGPROBS_STREAMED,
    ),
    chunk(
        "chunk-finish-anthropic",
        "The finish_reason of a stream is Anthropic's.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        put(FINISH, "end_turn"),
        where=having(FINISH),
    ),
    chunk(
        "chunk-finish-unknown",
        "The finish_reason of a stream is a word of nobody's.",
        ("chat.choice.finish-reason-known", "case.answer-stop"),
        put(FINISH, "finished"),
        where=having(FINISH),
    ),
    chunk(
        "chunk-finish-number",
        "The finish_reason of a stream is a number.",
        ("chat.choice.finish-reason", "case.answer-stop"),
        put(FINISH, 1),
        where=having(FINISH),
    ),
    chunk(
        "chunk-finish-reason-lost",
        "Chunks within the text have no finish_reason.",
        ("chat.choice.finish-reason",),
        drop(FINISH),
        where=having(TEXT),
    ),
    chunk(
        "chunk-usage-renamed",
        "The usage of a stream has the names of Responses.",
        ("chat.usage.counts", "case.present"),
        put("/usage", {"input_tokens": 9, "output_tokens": 9, "total_tokens": 18}),
        where=having("/usage"),
        cases=USAGE,
    ),
    chunk(
        "chunk-usage-total-wrong",
        "The total of a stream's usage leaves the prompt out.",
        ("chat.usage.total",),
        at("/usage", lambda usage: {**usage, "total_tokens": usage["completion_tokens"]}),
        where=having("/usage"),
        cases=USAGE,
    ),
)

_DELTAS = (
    chunk(
        "delta-lost",
        "A choice of a chunk has no delta.",
        ("chat.chunk.delta", "case.answer-text", "chat.answer.empty", "chat.stream.role-first"),
        drop(DELTA),
        where=having(TEXT),
    ),
    chunk(
        "delta-null",
        "The delta of the last chunk is null.",
        ("chat.chunk.delta",),
        put(DELTA, None),
        where=having(FINISH),
    ),
    chunk(
        "delta-text",
        "A delta is a text.",
        ("chat.chunk.delta", "case.answer-text"),
        at(DELTA, lambda delta: delta["content"]),
        where=having(TEXT),
        number=2,
    ),
    chunk("delta-role-foreign", "The role of a delta is `model`.", ("chat.delta.role",), put(ROLE, "model", new=False)),
    chunk(
        "delta-role-null",
        "Later deltas have a role that is null.",
        ("chat.delta.role-null",),
        put(f"{DELTA}/role", None),
        where=having(FINISH),
    ),
    chunk(
        "delta-content-parts",
        "The content of deltas is a list of parts.",
        ("chat.delta.content", "case.answer-text", "chat.answer.empty"),
        at(TEXT, lambda text: [{"type": "text", "text": text}]),
    ),
    chunk(
        "delta-content-number",
        "Content that looks like a number is one.",
        ("chat.delta.content", "case.answer-text"),
        put(TEXT, 7, new=False),
        where=having(TEXT),
        number=2,
    ),
    chunk(
        "delta-refusal-false",
        "The refusal of deltas is false.",
        ("chat.delta.content",),
        put(f"{DELTA}/refusal", False),
    ),
    chunk(
        "delta-function-call-number",
        "The deprecated function_call of a delta holds a number.",
        ("chat.delta.function-call",),
        put(f"{DELTA}/function_call", {"name": 1}),
        where=having(FINISH),
    ),
    chunk(
        "delta-annotations-object",
        "Annotations of a delta are one object.",
        ("chat.message.annotations",),
        put(f"{DELTA}/annotations", {"type": "url_citation"}),
        where=having(FINISH),
    ),
    chunk(
        "delta-audio-text",
        "Audio of a delta is a text.",
        ("chat.message.audio",),
        put(f"{DELTA}/audio", "AAAA"),
        where=having(FINISH),
    ),
    chunk(
        "delta-citations",
        "Deltas have a list of texts of the gateway's own.",
        ("chat.delta.extension-lists",),
        put(f"{DELTA}/citations", ["https://example.org"]),
    ),
    chunk(
        "delta-counter",
        "Deltas have a number of the gateway's own, each.",
        ("chat.delta.extension-numbers",),
        put(f"{DELTA}/token_count", 1),
    ),
)

FAULTS = (*_MEMBERS, *_DELTAS)
