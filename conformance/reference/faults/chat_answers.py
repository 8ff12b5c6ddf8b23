"""Faults of a chat completion that is one document: each member missing, null, or of another type."""

from __future__ import annotations

from conformance.reference.changes import at, drop, put, rename
from conformance.reference.faults.chat_entries import CALL, CHOICES, answer

CHOICE = "/choices/*"
MESSAGE = "/choices/*/message"
AUDIO = {"id": "audio_1", "data": "AAAA", "transcript": "Hello"}

_COMPLETION = (
    answer(
        "answer-in-list",
        "A completion stands in a list.",
        ("chat.response.shape", "case.answer-text"),
        lambda document: [document],
    ),
    answer("id-null", "The id of a completion is null.", ("chat.id",), put("/id", None)),
    answer("id-number", "The id of a completion is a number.", ("chat.id",), put("/id", 17)),
    answer("id-empty", "The id of a completion is empty.", ("chat.id",), put("/id", "")),
    answer("object-lost", "A completion has no `object`.", ("chat.object",), drop("/object")),
    answer("object-null", "The `object` of a completion is null.", ("chat.object",), put("/object", None)),
    answer(
        "object-legacy",
        "The `object` is that of the old Completions API.",
        ("chat.object",),
        put("/object", "text_completion"),
    ),
    answer(
        "object-of-chunk",
        "The `object` of a completion is that of a chunk.",
        ("chat.object",),
        put("/object", "chat.completion.chunk"),
    ),
    answer("created-lost", "A completion has no `created`.", ("chat.created",), drop("/created")),
    answer("created-null", "`created` is null.", ("chat.created",), put("/created", None)),
    answer(
        "created-fraction", "`created` has a fraction of a second.", ("chat.created",), put("/created", 1764000000.25)
    ),
    answer("created-text", "`created` is a date in words.", ("chat.created",), put("/created", "2025-11-24T16:00:00Z")),
    answer("created-milliseconds", "`created` is in milliseconds.", ("chat.created",), put("/created", 1764000000000)),
    answer("model-lost", "A completion names no model.", ("chat.model",), drop("/model")),
    answer("model-null", "The model of a completion is null.", ("chat.model",), put("/model", None)),
    answer("model-empty", "The name of the model is empty.", ("chat.model",), put("/model", "")),
    answer(
        "choices-lost",
        "A completion has no choices.",
        ("chat.choices.list", "case.answer-stop", "case.answer-text"),
        drop("/choices"),
    ),
    answer(
        "choices-null",
        "The choices are null.",
        ("chat.choices.list", "case.answer-stop", "case.answer-text"),
        put("/choices", None),
    ),
    answer(
        "choices-empty",
        "The list of choices is empty.",
        ("chat.choices.list", "case.answer-stop", "case.answer-text"),
        put("/choices", []),
    ),
    answer(
        "choices-object",
        "The choices are one object.",
        ("chat.choices.list", "case.answer-stop", "case.answer-text"),
        at("/choices", lambda choices: choices[0]),
    ),
    answer(
        "fingerprint-number",
        "`system_fingerprint` is a number.",
        ("chat.optional-types",),
        put("/system_fingerprint", 3),
    ),
    answer("metadata-list", "`metadata` is a list.", ("chat.optional-types",), put("/metadata", [])),
    answer(
        "service-tier-unknown",
        "`service_tier` is a word of the gateway's own.",
        ("chat.service-tier.known",),
        put("/service_tier", "gold"),
    ),
    answer("service-tier-number", "`service_tier` is a number.", ("chat.optional-types",), put("/service_tier", 1)),
)

_CHOICES = (
    answer(
        "choice-text",
        "A choice is a text.",
        ("chat.choice.shape", "case.answer-stop", "case.answer-text"),
        at(CHOICE, lambda choice: choice["message"]["content"]),
    ),
    answer("choice-index-null", "The index of a choice is null.", ("chat.choice.index",), put(f"{CHOICE}/index", None)),
    answer(
        "choice-index-text", "The index of a choice is a text.", ("chat.choice.index",), put(f"{CHOICE}/index", "0")
    ),
    answer(
        "choice-index-from-one", "Choices are numbered from 1.", ("chat.choices.indexes",), put(f"{CHOICE}/index", 1)
    ),
    answer(
        "choices-all-first",
        "All choices have the index 0.",
        ("chat.choices.indexes",),
        put(f"{CHOICE}/index", 0),
        cases=CHOICES,
    ),
    answer("message-lost", "A choice has no message.", ("chat.choice.message", "case.answer-text"), drop(MESSAGE)),
    answer(
        "message-null",
        "The message of a choice is null.",
        ("chat.choice.message", "case.answer-text"),
        put(MESSAGE, None),
    ),
    answer(
        "message-as-delta",
        "A choice of a completion has a delta.",
        ("chat.choice.message", "case.answer-text"),
        rename(MESSAGE, "delta"),
    ),
    answer(
        "message-as-text",
        "A choice has a text, as in the old Completions API.",
        ("chat.choice.message", "case.answer-text"),
        at(
            CHOICE,
            lambda choice: {
                **{k: v for k, v in choice.items() if k != "message"},
                "text": choice["message"]["content"],
            },
        ),
    ),
    answer(
        "finish-reason-lost",
        "A completion's choice has no finish_reason.",
        ("chat.choice.finish-reason", "case.answer-stop"),
        drop(f"{CHOICE}/finish_reason"),
    ),
    answer(
        "finish-reason-null",
        "The finish_reason of a completion is null.",
        ("chat.choice.finish-reason", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", None),
    ),
    answer(
        "finish-reason-empty",
        "The finish_reason of a completion is empty.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", ""),
    ),
    answer(
        "finish-reason-anthropic",
        "The finish_reason is Anthropic's.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", "end_turn"),
    ),
    answer(
        "finish-reason-gemini",
        "The finish_reason is Gemini's.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", "STOP"),
    ),
    answer(
        "finish-reason-unknown",
        "The finish_reason is a word of nobody's.",
        ("chat.choice.finish-reason-known", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", "finished"),
    ),
    answer(
        "finish-claims-calls",
        "The finish_reason tells of tool calls that are not there.",
        ("chat.finish.calls", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", "tool_calls"),
    ),
    answer(
        "finish-stop-despite-calls",
        "A choice that calls tools ends with `stop`.",
        ("chat.finish.stop-with-calls", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", "stop"),
        cases=CALL,
    ),
    answer(
        "finish-stop-at-limit",
        "An answer that was cut off ends with `stop`.",
        ("chat.finish.limit", "case.answer-stop"),
        put(f"{CHOICE}/finish_reason", "stop"),
        cases="chat_completions/limits/max-*[stream=false]",
    ),
    answer(
        "logprobs-key-lost", "A choice has no `logprobs`.", ("chat.choice.logprobs-key",), drop(f"{CHOICE}/logprobs")
    ),
)

_MESSAGES = (
    answer("role-lost", "A message has no role.", ("chat.message.role",), drop(f"{MESSAGE}/role")),
    answer("role-null", "The role of a message is null.", ("chat.message.role",), put(f"{MESSAGE}/role", None)),
    answer(
        "role-foreign", "The role of an answer is `model`.", ("chat.message.role",), put(f"{MESSAGE}/role", "model")
    ),
    answer(
        "content-key-lost",
        "A message has no content.",
        ("chat.message.content", "chat.answer.empty", "case.answer-text"),
        drop(f"{MESSAGE}/content"),
    ),
    answer(
        "content-parts",
        "The content of an answer is a list of parts.",
        ("chat.message.content", "case.answer-text"),
        at(f"{MESSAGE}/content", lambda text: [{"type": "text", "text": text}]),
    ),
    answer(
        "content-null",
        "The text of an answer is lost: its content is null.",
        ("chat.answer.empty", "case.answer-text"),
        put(f"{MESSAGE}/content", None),
    ),
    answer(
        "content-empty",
        "The text of an answer is lost: its content is empty.",
        ("chat.answer.empty", "case.answer-text"),
        put(f"{MESSAGE}/content", ""),
    ),
    answer(
        "content-thinks",
        "The reasoning stands in the text, in tags.",
        ("chat.content.markup",),
        at(f"{MESSAGE}/content", lambda text: f"<think>The user wants a word.</think>{text}"),
    ),
    answer("refusal-key-lost", "A message has no refusal.", ("chat.message.refusal",), drop(f"{MESSAGE}/refusal")),
    answer(
        "refusal-false",
        "The refusal of a message is false.",
        ("chat.message.refusal",),
        put(f"{MESSAGE}/refusal", False),
    ),
    answer(
        "refusal-beside-content",
        "A message refuses and answers.",
        ("chat.message.refusal-alone",),
        put(f"{MESSAGE}/refusal", "I cannot say that."),
    ),
    answer(
        "calls-empty",
        "A message without tool calls has an empty list of them.",
        ("chat.message.tool-calls-empty",),
        put(f"{MESSAGE}/tool_calls", []),
    ),
    answer(
        "calls-object",
        "The tool calls are one object.",
        ("chat.message.tool-calls", "case.tool-chosen"),
        at(f"{MESSAGE}/tool_calls", lambda calls: calls[0]),
        cases=CALL,
    ),
    answer(
        "function-call-half",
        "The deprecated function_call has no arguments.",
        ("chat.message.function-call", "chat.tool-call.declared"),
        put(f"{MESSAGE}/function_call", {"name": "get_weather"}),
    ),
    answer(
        "annotations-text",
        "Annotations are texts.",
        ("chat.message.annotations",),
        put(f"{MESSAGE}/annotations", ["https://example.org"]),
    ),
    answer(
        "audio-half", "Audio has no time at which it expires.", ("chat.message.audio",), put(f"{MESSAGE}/audio", AUDIO)
    ),
)

FAULTS = (*_COMPLETION, *_CHOICES, *_MESSAGES)
