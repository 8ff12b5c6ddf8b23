"""Faults of what a Messages request asks for: options that do not reach the provider, models and histories."""

from __future__ import annotations

import json

from conformance.core.model import JSON
from conformance.reference.changes import ERROR, at, chain, drop, on_json, on_request, put, set_status
from conformance.reference.changes.asked import if_
from conformance.reference.changes.flows import everywhere
from conformance.reference.changes.messages import on_message
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import first

THINKING = "messages/reasoning/thinking[*"


def _any_model(answering: Answering) -> Answering:
    """Answers any model by one of its own, under the name that was asked for."""

    async def answer(call: Call) -> Answer:
        asked = json.loads(call.body).get("model")
        renamed = on_message(lambda root: put(f"{root}/model", asked))
        return await chain(on_request(put("/model", "reference-mini")), renamed)(answering)(call)

    return answer


def _without(content: JSON, kind: str) -> JSON:
    """Content without its blocks of one type."""
    return [block for block in content if block["type"] != kind] if isinstance(content, list) else content


_masked = if_(refuse(502, "All target providers failed.", dialect="openai"), lambda call: len(call.body) > 100_000)
_beta_refused = if_(
    refuse(400, "context_management: Extra inputs are not permitted"),
    lambda call: first(call.headers, "anthropic-beta") is not None,
)
_newer_refused = if_(
    refuse(400, "anthropic-version: this version is not supported"),
    lambda call: first(call.headers, "anthropic-version") != "2023-06-01",
)
_thinking_refused = if_(
    refuse(400, "messages.1.content.0: Input tag 'thinking' is not one of the expected tags"),
    lambda call: b'"signature"' in call.body,
)
_bare_calls_refused = if_(
    refuse(400, "messages.1.content.0.type: Expected 'thinking' or 'redacted_thinking', but found 'tool_use'."),
    lambda call: b'"tool_result"' in call.body and b'"thinking": {' in call.body,
)
_system_blocks_refused = if_(
    refuse(400, "system: Input should be a valid string"),
    lambda call: b'"system": [' in call.body or b'"system":[' in call.body,
)
_blocks_refused = if_(
    refuse(400, "messages.0.content: Input should be a valid string"),
    lambda call: b'"content": [' in call.body or b'"content":[' in call.body,
)


FAULTS = (
    Fault(
        "messages-max-tokens-ignored",
        "messages",
        "max_tokens does not reach the provider.",
        (
            "messages.max-tokens.kept",
            "case.answer-stop",
            "case.tokens-cap",
        ),
        "messages/limits/max-tokens[*",
        on_request(put("/max_tokens", 900)),
    ),
    Fault(
        "messages-stop-sequences-dropped",
        "messages",
        "stop_sequences do not reach the provider.",
        (
            "messages.stop-sequence.left-out",
            "case.answer-text",
            "case.answer-stop",
            "case.value",
        ),
        "messages/limits/stop-sequence[*",
        on_request(drop("/stop_sequences")),
    ),
    Fault(
        "messages-format-dropped",
        "messages",
        "The output format does not reach the provider.",
        (
            "messages.output-format.json",
            "case.answer-json",
        ),
        "messages/structured-output/json-schema*",
        on_request(drop("/output_config")),
    ),
    Fault(
        "messages-format-fenced",
        "messages",
        "A document in an output format stands in a fence.",
        (
            "messages.output-format.json",
            "case.answer-json",
        ),
        "messages/structured-output/json-schema[stream=false]",
        on_json(at("/content/*/text", lambda text: f"```json\n{text}\n```")),
    ),
    Fault(
        "messages-format-misfit",
        "messages",
        "A document in an output format does not fit its schema.",
        (
            "messages.output-format.schema",
            "case.answer-json",
        ),
        "messages/structured-output/json-schema[stream=false]",
        on_json(at("/content/*/text", lambda text: text.replace('"word"', '"term"'))),
    ),
    Fault(
        "messages-thinking-undisabled",
        "messages",
        "Thinking is shown although it was disabled.",
        (
            "messages.thinking.disabled",
            "case.reasoning",
        ),
        "messages/options/thinking-disabled*",
        on_request(put("/thinking", {"type": "enabled", "budget_tokens": 1024}), put("/max_tokens", 2000)),
    ),
    Fault(
        "messages-thinking-dropped",
        "messages",
        "thinking does not reach the provider.",
        ("case.reasoning",),
        THINKING,
        on_request(drop("/thinking")),
    ),
    Fault(
        "messages-system-dropped",
        "messages",
        "The system prompt does not reach the provider.",
        ("case.answer-text",),
        "messages/text/system-prompt-counts*",
        on_request(drop("/system")),
    ),
    Fault(
        "messages-system-first-block-only",
        "messages",
        "Of a system prompt in blocks only the first reaches the provider.",
        ("case.answer-text",),
        "messages/text/system-blocks*",
        on_request(drop("/system/1")),
    ),
    Fault(
        "messages-history-dropped",
        "messages",
        "Only the last turn reaches the provider.",
        ("case.answer-text",),
        "messages/text/recall*",
        on_request(at("/messages", lambda turns: turns[-1:])),
    ),
    Fault(
        "messages-model-ignored",
        "messages",
        "Unknown models are answered by the default model, under the unknown name.",
        ("case.refused",),
        "messages/errors/unknown-model*",
        _any_model,
        "https://github.com/ddalcu/mlx-serve/issues/257",
    ),
    Fault(
        "messages-model-substituted",
        "messages",
        "Unknown models are answered by the default model, under its own name.",
        ("case.refused",),
        "messages/errors/unknown-model*",
        on_request(put("/model", "reference-mini")),
        "https://github.com/mnfst/llm-gateway/issues/2620",
    ),
    Fault(
        "messages-empty-list-500",
        "messages",
        "An empty list of messages is answered with 500.",
        (
            "error.type.agrees",
            "case.status",
        ),
        "messages/errors/empty-messages*",
        set_status(500, of=ERROR),
        "https://github.com/raullenchai/Rapid-MLX/pull/811",
    ),
    Fault(
        "messages-empty-text-accepted",
        "messages",
        "A block with empty text is accepted.",
        ("case.refused",),
        "messages/errors/empty-text-block",
        on_request(put("/messages/*/content", "Hello")),
        "https://github.com/raullenchai/Rapid-MLX/pull/811",
    ),
    Fault(
        "messages-wrong-role-block-accepted",
        "messages",
        "A result that answers no call is accepted.",
        ("case.refused",),
        "messages/errors/orphan-tool-result",
        on_request(put("/messages/*/content", "Hello")),
        "https://github.com/raullenchai/Rapid-MLX/pull/811",
    ),
    Fault(
        "messages-context-error-masked",
        "messages",
        "A prompt that is too long is answered with 502 and an error that hides why.",
        (
            "error.anthropic.known-type",
            "error.anthropic.foreign-envelope",
            "case.status",
            "case.error-names-mistake",
        ),
        "messages/errors/context-too-long*",
        _masked,
        "https://github.com/musistudio/claude-code-router/issues/1799",
    ),
    Fault(
        "messages-beta-dropped",
        "messages",
        "Fields of a beta are refused, for anthropic-beta does not reach the provider.",
        ("case.error-names-mistake",),
        "auth/anthropic/beta-header*",
        _beta_refused,
        "https://github.com/mnfst/llm-gateway/pull/2910",
    ),
    Fault(
        "messages-version-doubled",
        "messages",
        "anthropic-version reaches the provider twice, which refuses it.",
        ("case.accepted",),
        "messages/text/api-versions*",
        refuse(400, 'anthropic-version: "2023-06-01, 2023-06-01" is not a valid version'),
        "https://github.com/decolua/9router/issues/2357",
    ),
    Fault(
        "messages-version-refused",
        "messages",
        "A newer anthropic-version is refused.",
        ("case.accepted",),
        "auth/anthropic/newest-version messages/text/api-versions[version=2026-10-21,stream=false]",
        _newer_refused,
    ),
    Fault(
        "messages-thinking-history-refused",
        "messages",
        "A history with thinking is refused.",
        ("case.accepted",),
        "messages/reasoning/thinking-replayed[*",
        _thinking_refused,
    ),
    Fault(
        "messages-signature-altered",
        "messages",
        "The signature of thinking is altered, so that it is refused when it comes back.",
        ("case.accepted",),
        "messages/reasoning/thinking-replayed[*",
        everywhere(*(at(place, lambda text: text[::-1]) for place in ("/content/*/signature", "/delta/signature"))),
    ),
    Fault(
        "messages-thinking-history-dropped-call",
        "messages",
        "Thinking is dropped from histories, so that the call after it is refused.",
        ("case.accepted",),
        "messages/reasoning/thinking-replayed-with-a-call*",
        _bare_calls_refused,
    ),
    Fault(
        "messages-system-moved-away",
        "messages",
        "A system prompt in blocks is refused.",
        ("case.accepted",),
        "messages/text/system-blocks*",
        _system_blocks_refused,
    ),
    Fault(
        "messages-pictures-dropped",
        "messages",
        "Pictures are taken out of the prompt.",
        ("case.value",),
        "messages/vision/counted",
        on_request(at("/messages/*/content", lambda content: _without(content, "image"))),
    ),
    Fault(
        "messages-documents-dropped",
        "messages",
        "Documents are taken out of the prompt.",
        ("case.answer-text",),
        "messages/documents/text*",
        on_request(at("/messages/*/content", lambda content: _without(content, "document"))),
    ),
    Fault(
        "messages-last-block-only",
        "messages",
        "Of the blocks of a turn only the last reaches the provider.",
        ("case.answer-text",),
        "messages/text/content-blocks* messages/documents/text[*",
        on_request(at("/messages/*/content", lambda content: content[-1:] if isinstance(content, list) else content)),
    ),
    Fault(
        "messages-first-block-only",
        "messages",
        "Of the blocks of a turn only the first reaches the provider.",
        ("case.answer-text",),
        "messages/text/content-blocks*",
        on_request(at("/messages/*/content", lambda content: content[:1] if isinstance(content, list) else content)),
    ),
    Fault(
        "messages-content-blocks-refused",
        "messages",
        "Content in blocks is refused.",
        ("case.accepted",),
        "messages/text/content-blocks*",
        _blocks_refused,
    ),
    Fault(
        "messages-tool-result-emptied",
        "messages",
        "The results of tools reach the provider empty.",
        ("case.answer-text",),
        "messages/tools/result-in-history* messages/tools/result-in-json",
        on_request(put("/messages/*/content/*/content", "", new=False)),
    ),
    Fault(
        "messages-second-result-lost",
        "messages",
        "Of two results of tools only the first reaches the provider.",
        ("case.accepted",),
        "messages/tools/two-results",
        on_request(at("/messages/2/content", lambda content: content[:1])),
    ),
    Fault(
        "messages-large-request-refused",
        "messages",
        "Long prompts are refused as too large.",
        ("case.accepted",),
        "messages/text/long-input*",
        if_(refuse(413, "Request body is too large."), lambda call: len(call.body) > 3_000),
    ),
    Fault(
        "messages-prompt-cut",
        "messages",
        "Of a long prompt only the end reaches the provider.",
        ("case.answer-text",),
        "messages/text/long-history messages/text/long-input*",
        on_request(
            at("/messages", lambda turns: turns[-2:]), at("/messages/*/content", lambda content: content[-2000:])
        ),
    ),
)
