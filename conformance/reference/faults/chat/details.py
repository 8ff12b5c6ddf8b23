"""Faults of tool calls, log probabilities and usage in a chat completion.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.reference.changes import at, on_json
from conformance.reference.faults.fault import Fault

CHOICE = "/choices/*"
TOOL = "/choices/*/message/tool_calls/*"
ARGUMENTS = f"{TOOL}/function/arguments"
STRICT = "chat_completions/tools/strict[stream=false]"
TOKENS = f"{CHOICE}/logprobs/content"


FAULTS = (
    Fault(
        id="chat-call-flat",
        family="chat_completions",
        sentence="A tool call has its name and arguments at the top level, as in Responses.",
        rules=("chat.tool-call.shape", "case.tool-called"),
        cases="chat_completions/tools/auto[stream=false]",
        apply=on_json(at(TOOL, lambda call: {"id": call["id"], "type": "function", **call["function"]})),
    ),
    Fault(
        id="chat-arguments-as-object",
        family="chat_completions",
        sentence="The arguments are an object.",
        rules=("chat.tool-call.arguments",),
        cases="chat_completions/tools/auto[stream=false]",
        apply=on_json(at(ARGUMENTS, json.loads)),
    ),
    Fault(
        id="chat-arguments-single-quotes",
        family="chat_completions",
        sentence="The arguments are written as a Python dictionary, with single quotes.",
        rules=("chat.tool-call.arguments-json", "case.tool-arguments"),
        cases="chat_completions/tools/auto[stream=false]",
        apply=on_json(at(ARGUMENTS, lambda text: str(json.loads(text)))),
    ),
    Fault(
        id="chat-arguments-wrapped",
        family="chat_completions",
        sentence="The arguments are wrapped in an object `input`.",
        rules=("chat.tool-call.arguments-strict", "case.tool-arguments"),
        cases=STRICT,
        apply=on_json(at(ARGUMENTS, lambda text: json.dumps({"input": json.loads(text)}))),
    ),
    Fault(
        id="chat-logprobs-as-list",
        family="chat_completions",
        sentence="`logprobs` is a list.",
        rules=("chat.logprobs.shape", "case.present", "chat.logprobs.asked"),
        cases="chat_completions/options/logprobs[stream=false]",
        apply=on_json(at(f"{CHOICE}/logprobs", lambda value: value and value["content"])),
    ),
    Fault(
        id="chat-logprobs-many",
        family="chat_completions",
        sentence="A token has more alternatives than requested.",
        rules=("chat.logprobs.top-count",),
        cases="chat_completions/options/logprobs[stream=false]",
        apply=on_json(
            at(
                f"{TOKENS}/*/top_logprobs",
                lambda top: top + [{"token": f"t{n}", "logprob": -9.0 - n, "bytes": None} for n in range(20)],
            )
        ),
    ),
    Fault(
        id="chat-usage-total-wrong",
        family="chat_completions",
        sentence="The total does not include the prompt.",
        rules=("chat.usage.total",),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(at("/usage", lambda usage: {**usage, "total_tokens": usage["completion_tokens"]})),
    ),
    Fault(
        id="chat-usage-completion-one",
        family="chat_completions",
        sentence="`completion_tokens` is always 1.",
        rules=("chat.fit.limit-counted",),
        cases="chat_completions/limits/max-tokens[stream=false]",
        apply=on_json(
            at("/usage", lambda usage: {**usage, "completion_tokens": 1, "total_tokens": usage["prompt_tokens"] + 1})
        ),
    ),
    Fault(
        id="chat-usage-completion-zero",
        family="chat_completions",
        sentence="`completion_tokens` is always 0.",
        rules=("chat.usage.completion",),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(
            at("/usage", lambda usage: {**usage, "completion_tokens": 0, "total_tokens": usage["prompt_tokens"]})
        ),
    ),
)
