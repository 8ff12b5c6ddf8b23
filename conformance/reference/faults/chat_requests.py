"""Faults of what a chat completion was asked for: a parameter that does not reach the provider."""

from __future__ import annotations

from conformance.reference.changes import at, drop, put
from conformance.reference.faults.chat_entries import request

_OPTIONS = (
    request(
        "n-ignored",
        "`n` is ignored.",
        ("chat.fit.count", "case.choices"),
        drop("/n"),
        cases="chat_completions/options/two-choices*",
        url="https://github.com/abetlen/llama-cpp-python/issues/1906",
    ),
    request(
        "logprobs-ignored",
        "`logprobs` is ignored.",
        ("chat.logprobs.asked", "case.present"),
        drop("/logprobs"),
        drop("/top_logprobs"),
        cases="chat_completions/options/logprobs*",
    ),
    request(
        "max-tokens-ignored",
        "`max_tokens` is ignored.",
        ("chat.fit.max-tokens", "case.answer-stop", "case.tokens-cap"),
        drop("/max_tokens"),
        cases="chat_completions/limits/max-tokens*",
    ),
    request(
        "max-completion-tokens-ignored",
        "`max_completion_tokens` is ignored.",
        ("chat.fit.max-tokens", "case.answer-stop", "case.tokens-cap"),
        drop("/max_completion_tokens"),
        cases="chat_completions/limits/max-completion-tokens*",
        url="https://github.com/ScalingIntelligence/tokasaurus/issues/7",
    ),
    request(
        "stop-ignored",
        "`stop` is ignored.",
        ("chat.fit.stop", "case.answer-text"),
        drop("/stop"),
        cases="chat_completions/limits/stop-list*",
        url="https://github.com/Blaizzy/mlx-vlm/issues/1044",
    ),
    request(
        "include-usage-ignored",
        "`stream_options` is ignored.",
        ("chat.stream.usage-asked", "case.present", "chat.stream.usage-null"),
        drop("/stream_options"),
        cases="chat_completions/usage/in-stream-when-asked",
    ),
    request(
        "include-usage-always",
        "The usage is always asked for.",
        ("chat.stream.usage-unasked",),
        put("/stream_options", {"include_usage": True}),
        cases="chat_completions/text/system-and-user[stream=true]",
        url="https://github.com/entrius/gittensor/issues/1749",
    ),
    request(
        "json-object-ignored",
        "`response_format` `json_object` is ignored.",
        ("chat.fit.json-object", "case.answer-json"),
        drop("/response_format"),
        cases="chat_completions/structured-output/json-object*",
        url="https://github.com/ROCm/FastFlowLM/issues/554",
    ),
    request(
        "json-schema-ignored",
        "`response_format` `json_schema` is ignored.",
        ("chat.fit.json-schema", "case.answer-json"),
        drop("/response_format"),
        cases="chat_completions/structured-output/json-schema*",
    ),
    request(
        "json-schema-loose-ignored",
        "A `json_schema` that is not strict is ignored.",
        ("chat.fit.json-schema-loose", "case.answer-json"),
        drop("/response_format"),
        cases="chat_completions/structured-output/not-strict*",
    ),
    request(
        "history-dropped",
        "Only the last message reaches the provider.",
        ("case.answer-text",),
        at("/messages", lambda messages: messages[-1:]),
        cases="chat_completions/text/recall*",
    ),
)

_TOOLS = (
    request(
        "tools-ignored",
        "The tools are lost.",
        ("case.tool-chosen",),
        drop("/tools"),
        drop("/tool_choice"),
        cases="chat_completions/tools/auto[*",
    ),
    request(
        "tool-choice-none-ignored",
        "`tool_choice` `none` is taken for `auto`.",
        ("chat.fit.tool-none", "case.answer-stop", "case.answer-text", "case.tool-called"),
        drop("/tool_choice"),
        cases="chat_completions/tools/none*",
        url="https://github.com/google-ai-edge/LiteRT-LM/issues/2471",
    ),
    request(
        "tool-choice-named-ignored",
        "A tool_choice that names a tool is taken for `none`.",
        ("chat.fit.tool-forced", "case.tool-called"),
        put("/tool_choice", "none"),
        cases="chat_completions/tools/forced*",
    ),
    request(
        "tool-choice-required-ignored",
        "`tool_choice` `required` is taken for `none`.",
        ("chat.fit.tool-required", "case.tool-called"),
        put("/tool_choice", "none"),
        cases="chat_completions/tools/required*",
    ),
    request(
        "parallel-calls-always",
        "`parallel_tool_calls` false is ignored.",
        ("chat.fit.tool-parallel", "case.tool-called"),
        drop("/parallel_tool_calls"),
        cases="chat_completions/tools/parallel-forbidden*",
        url="https://github.com/vllm-project/vllm/pull/22218",
    ),
)

FAULTS = (*_OPTIONS, *_TOOLS)
