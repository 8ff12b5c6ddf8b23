"""Faults of what a chat completion holds besides its text: tool calls, log probabilities, usage."""

from __future__ import annotations

import json

from conformance.reference.changes import at, drop, put, rename
from conformance.reference.faults.chat_entries import CALL, LOGPROBS, PARALLEL, answer

CHOICE = "/choices/*"
TOOL = "/choices/*/message/tool_calls/*"
ARGUMENTS = f"{TOOL}/function/arguments"
STRICT = "chat_completions/tools/strict[stream=false]"
LEGACY_LOGPROBS = {"tokens": ["a"], "token_logprobs": [-0.1], "top_logprobs": [{"a": -0.1}], "text_offset": [0]}
TOKENS = f"{CHOICE}/logprobs/content"

_CALLS = (
    answer(
        "call-function-lost",
        "A tool call has no function.",
        ("chat.tool-call.shape", "case.tool-called"),
        drop(f"{TOOL}/function"),
        cases=CALL,
    ),
    answer(
        "call-flat",
        "A tool call has name and arguments of its own, as in Responses.",
        ("chat.tool-call.shape", "case.tool-called"),
        at(TOOL, lambda call: {"id": call["id"], "type": "function", **call["function"]}),
        cases=CALL,
    ),
    answer("call-id-lost", "A tool call has no id.", ("chat.tool-call.id",), drop(f"{TOOL}/id"), cases=CALL),
    answer(
        "call-id-null", "The id of a tool call is null.", ("chat.tool-call.id",), put(f"{TOOL}/id", None), cases=CALL
    ),
    answer(
        "call-id-empty", "The id of a tool call is empty.", ("chat.tool-call.id",), put(f"{TOOL}/id", ""), cases=CALL
    ),
    answer(
        "call-ids-same",
        "All tool calls have the same id.",
        ("chat.tool-call.ids-unique",),
        put(f"{TOOL}/id", "call_1"),
        cases=PARALLEL,
    ),
    answer("call-type-lost", "A tool call has no type.", ("chat.tool-call.type",), drop(f"{TOOL}/type"), cases=CALL),
    answer(
        "call-type-null",
        "The type of a tool call is null.",
        ("chat.tool-call.type",),
        put(f"{TOOL}/type", None),
        cases=CALL,
    ),
    answer(
        "call-type-foreign",
        "The type of a tool call is Anthropic's.",
        ("chat.tool-call.type-known",),
        put(f"{TOOL}/type", "tool_use"),
        cases=CALL,
    ),
    answer(
        "call-name-lost",
        "A tool call names no tool.",
        ("chat.tool-call.name", "case.tool-called"),
        drop(f"{TOOL}/function/name"),
        cases=CALL,
    ),
    answer(
        "call-name-null",
        "The name of the tool is null.",
        ("chat.tool-call.name", "case.tool-called"),
        put(f"{TOOL}/function/name", None),
        cases=CALL,
    ),
    answer(
        "call-name-empty",
        "The name of the tool is empty.",
        ("chat.tool-call.name", "case.tool-called"),
        put(f"{TOOL}/function/name", ""),
        cases=CALL,
    ),
    answer(
        "call-name-prefixed",
        "The name of the tool has got a prefix.",
        ("chat.tool-call.declared", "case.tool-called"),
        at(f"{TOOL}/function/name", lambda name: f"functions.{name}"),
        cases=CALL,
    ),
    answer(
        "arguments-lost",
        "A tool call has no arguments.",
        ("chat.tool-call.arguments", "case.tool-arguments"),
        drop(ARGUMENTS),
        cases=CALL,
    ),
    answer(
        "arguments-null",
        "The arguments are null.",
        ("chat.tool-call.arguments", "case.tool-arguments"),
        put(ARGUMENTS, None),
        cases=CALL,
    ),
    answer(
        "arguments-as-object",
        "The arguments are an object.",
        ("chat.tool-call.arguments",),
        at(ARGUMENTS, json.loads),
        cases=CALL,
    ),
    answer(
        "arguments-cut",
        "The arguments lack their end.",
        ("chat.tool-call.arguments-json", "case.tool-arguments"),
        at(ARGUMENTS, lambda text: text[:-1]),
        cases=CALL,
    ),
    answer(
        "arguments-empty",
        "The arguments of a call without any are empty, and no object.",
        ("chat.tool-call.arguments-json",),
        put(ARGUMENTS, ""),
        cases="chat_completions/tools/no-arguments[stream=false]",
    ),
    answer(
        "arguments-single-quotes",
        "The arguments are written as Python does.",
        ("chat.tool-call.arguments-json", "case.tool-arguments"),
        at(ARGUMENTS, lambda text: str(json.loads(text))),
        cases=CALL,
    ),
    answer(
        "arguments-twice",
        "The arguments stand twice in a row.",
        ("chat.tool-call.arguments-once", "case.tool-arguments"),
        at(ARGUMENTS, lambda text: text * 2),
        cases=CALL,
    ),
    answer(
        "arguments-encoded-twice",
        "The arguments are encoded as JSON twice.",
        ("chat.tool-call.arguments-object", "case.tool-arguments", "chat.tool-call.arguments-fit"),
        at(ARGUMENTS, json.dumps),
        cases=CALL,
    ),
    answer(
        "arguments-misnamed",
        "A parameter has another name.",
        ("chat.tool-call.arguments-fit", "case.tool-arguments"),
        at(ARGUMENTS, lambda text: text.replace('"city"', '"town"')),
        cases=CALL,
    ),
    answer(
        "arguments-wrapped",
        "The arguments stand in an object `input`.",
        ("chat.tool-call.arguments-strict", "case.tool-arguments"),
        at(ARGUMENTS, lambda text: json.dumps({"input": json.loads(text)})),
        cases=STRICT,
    ),
)

_LOGPROBS = (
    answer(
        "logprobs-legacy",
        "Log probabilities have the shape of the old Completions API.",
        ("chat.logprobs.shape", "case.present", "chat.logprobs.asked"),
        put(f"{CHOICE}/logprobs", LEGACY_LOGPROBS),
        cases=LOGPROBS,
        url="https://github.com/vllm-project/vllm/issues/3179",
    ),
    answer(
        "logprobs-as-list",
        "`logprobs` is a list.",
        ("chat.logprobs.shape", "case.present", "chat.logprobs.asked"),
        at(f"{CHOICE}/logprobs", lambda value: value and value["content"]),
        cases=LOGPROBS,
    ),
    answer(
        "logprobs-token-lost",
        "A log probability does not name its token.",
        ("chat.logprobs.shape", "case.present", "chat.logprobs.top"),
        drop(f"{TOKENS}/*/token"),
        cases=LOGPROBS,
    ),
    answer(
        "logprobs-as-chances",
        "Probabilities stand for their logarithms.",
        ("chat.logprobs.value",),
        put(f"{TOKENS}/*/logprob", 0.9),
        cases=LOGPROBS,
    ),
    answer(
        "logprobs-lost",
        "Log probabilities that were asked for are null.",
        ("chat.logprobs.asked", "case.present"),
        put(f"{CHOICE}/logprobs", None),
        cases=LOGPROBS,
    ),
    answer(
        "logprobs-many",
        "A token has more alternatives than were asked for.",
        ("chat.logprobs.top-count",),
        at(
            f"{TOKENS}/*/top_logprobs",
            lambda top: top + [{"token": f"t{n}", "logprob": -9.0 - n, "bytes": None} for n in range(20)],
        ),
        cases=LOGPROBS,
    ),
    answer(
        "logprobs-end-lost",
        "The last token has no log probability.",
        ("chat.logprobs.text",),
        at(TOKENS, lambda tokens: tokens[:-1]),
        cases=LOGPROBS,
    ),
    answer(
        "logprobs-of-other-token",
        "The alternatives of a token are those of another one.",
        ("chat.logprobs.top",),
        put(f"{TOKENS}/*/top_logprobs", [{"token": "Q", "logprob": -14.5, "bytes": [81]}]),
        cases=LOGPROBS,
    ),
)

_USAGE = (
    answer("usage-lost", "A completion has no usage.", ("chat.usage.present",), drop("/usage")),
    answer("usage-null", "The usage of a completion is null.", ("chat.usage.present",), put("/usage", None)),
    answer(
        "usage-renamed",
        "The usage has the names of Responses.",
        ("chat.usage.counts",),
        rename("/usage/prompt_tokens", "input_tokens"),
        rename("/usage/completion_tokens", "output_tokens"),
    ),
    answer("usage-prompt-lost", "`prompt_tokens` is missing.", ("chat.usage.counts",), drop("/usage/prompt_tokens")),
    answer(
        "usage-completion-null",
        "`completion_tokens` is null.",
        ("chat.usage.counts",),
        put("/usage/completion_tokens", None),
    ),
    answer("usage-total-text", "`total_tokens` is a text.", ("chat.usage.counts",), at("/usage/total_tokens", str)),
    answer(
        "usage-negative",
        "`completion_tokens` is below 0.",
        ("chat.usage.counts", "chat.usage.parts", "chat.usage.total"),
        put("/usage/completion_tokens", -1),
    ),
    answer(
        "usage-total-wrong",
        "The total leaves the prompt out.",
        ("chat.usage.total",),
        at("/usage", lambda usage: {**usage, "total_tokens": usage["completion_tokens"]}),
    ),
    answer(
        "usage-details-number",
        "The details of the prompt are a number.",
        ("chat.usage.details",),
        put("/usage/prompt_tokens_details", 0),
    ),
    answer(
        "usage-details-text",
        "A count among the details is a text.",
        ("chat.usage.details",),
        put("/usage/completion_tokens_details/reasoning_tokens", "0"),
    ),
    answer(
        "usage-cached-beyond-prompt",
        "More tokens are cached than the prompt has.",
        ("chat.usage.cached",),
        put("/usage/prompt_tokens_details/cached_tokens", 99999),
    ),
    answer(
        "usage-reasoning-beyond-completion",
        "More tokens are reasoning than the completion has.",
        ("chat.usage.parts",),
        put("/usage/completion_tokens_details/reasoning_tokens", 99999),
    ),
    answer(
        "usage-completion-one",
        "`completion_tokens` is always 1.",
        ("chat.fit.limit-counted",),
        at("/usage", lambda usage: {**usage, "completion_tokens": 1, "total_tokens": usage["prompt_tokens"] + 1}),
        cases="chat_completions/limits/max-tokens[stream=false]",
    ),
    answer(
        "usage-completion-zero",
        "`completion_tokens` is always 0.",
        ("chat.usage.completion",),
        at("/usage", lambda usage: {**usage, "completion_tokens": 0, "total_tokens": usage["prompt_tokens"]}),
    ),
)

FAULTS = (*_CALLS, *_LOGPROBS, *_USAGE)
