"""Faults of what a Messages request asks for: options that do not reach the provider, models and histories."""

from __future__ import annotations

import json

from conformance.model import JSON
from conformance.reference.changes import ERROR, at, chain, drop, on_json, on_request, put, set_status
from conformance.reference.changes.asked import if_
from conformance.reference.changes.flows import everywhere
from conformance.reference.changes.messages import on_message
from conformance.reference.changes.replies import refuse
from conformance.reference.changes.values import backwards, substitute
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
        id="messages-max-tokens-ignored",
        family="messages",
        sentence="max_tokens does not reach the provider.",
        rules=("messages.max-tokens.kept", "case.answer-stop", "case.tokens-cap"),
        cases="messages/limits/max-tokens[*",
        apply=on_request(put("/max_tokens", 900)),
    ),
    Fault(
        id="messages-stop-sequences-dropped",
        family="messages",
        sentence="stop_sequences do not reach the provider.",
        rules=("messages.stop-sequence.left-out", "case.answer-text", "case.answer-stop", "case.value"),
        cases="messages/limits/stop-sequence[*",
        apply=on_request(drop("/stop_sequences")),
    ),
    Fault(
        id="messages-format-dropped",
        family="messages",
        sentence="The output format does not reach the provider.",
        rules=("messages.output-format.json", "case.answer-json"),
        cases="messages/structured-output/json-schema*",
        apply=on_request(drop("/output_config")),
    ),
    Fault(
        id="messages-format-fenced",
        family="messages",
        sentence="A document in an output format stands in a fence.",
        rules=("messages.output-format.json", "case.answer-json"),
        cases="messages/structured-output/json-schema[stream=false]",
        apply=on_json(at("/content/*/text", lambda text: f"```json\n{text}\n```")),
    ),
    Fault(
        id="messages-format-misfit",
        family="messages",
        sentence="A document in an output format does not fit its schema.",
        rules=("messages.output-format.schema", "case.answer-json"),
        cases="messages/structured-output/json-schema[stream=false]",
        apply=on_json(substitute("/content/*/text", '"word"', '"term"')),
    ),
    Fault(
        id="messages-thinking-undisabled",
        family="messages",
        sentence="Thinking is shown although it was disabled.",
        rules=("messages.thinking.disabled", "case.reasoning"),
        cases="messages/options/thinking-disabled*",
        apply=on_request(put("/thinking", {"type": "enabled", "budget_tokens": 1024}), put("/max_tokens", 2000)),
    ),
    Fault(
        id="messages-thinking-dropped",
        family="messages",
        sentence="thinking does not reach the provider.",
        rules=("case.reasoning",),
        cases=THINKING,
        apply=on_request(drop("/thinking")),
    ),
    Fault(
        id="messages-system-dropped",
        family="messages",
        sentence="The system prompt does not reach the provider.",
        rules=("case.answer-text",),
        cases="messages/text/system-prompt-counts*",
        apply=on_request(drop("/system")),
    ),
    Fault(
        id="messages-system-first-block-only",
        family="messages",
        sentence="Of a system prompt in blocks only the first reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/system-blocks*",
        apply=on_request(drop("/system/1")),
    ),
    Fault(
        id="messages-history-dropped",
        family="messages",
        sentence="Only the last turn reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/recall*",
        apply=on_request(at("/messages", lambda turns: turns[-1:])),
    ),
    Fault(
        id="messages-model-ignored",
        family="messages",
        sentence="Unknown models are answered by the default model, under the unknown name.",
        rules=("case.refused",),
        cases="messages/errors/unknown-model*",
        apply=_any_model,
        url="https://github.com/ddalcu/mlx-serve/issues/257",
    ),
    Fault(
        id="messages-model-substituted",
        family="messages",
        sentence="Unknown models are answered by the default model, under its own name.",
        rules=("case.refused",),
        cases="messages/errors/unknown-model*",
        apply=on_request(put("/model", "reference-mini")),
        url="https://github.com/mnfst/llm-gateway/issues/2620",
    ),
    Fault(
        id="messages-empty-list-500",
        family="messages",
        sentence="An empty list of messages is answered with 500.",
        rules=("error.type.agrees", "case.status"),
        cases="messages/errors/empty-messages*",
        apply=set_status(500, of=ERROR),
        url="https://github.com/raullenchai/Rapid-MLX/pull/811",
    ),
    Fault(
        id="messages-empty-text-accepted",
        family="messages",
        sentence="A block with empty text is accepted.",
        rules=("case.refused",),
        cases="messages/errors/empty-text-block",
        apply=on_request(put("/messages/*/content", "Hello")),
        url="https://github.com/raullenchai/Rapid-MLX/pull/811",
    ),
    Fault(
        id="messages-wrong-role-block-accepted",
        family="messages",
        sentence="A result that answers no call is accepted.",
        rules=("case.refused",),
        cases="messages/errors/orphan-tool-result",
        apply=on_request(put("/messages/*/content", "Hello")),
        url="https://github.com/raullenchai/Rapid-MLX/pull/811",
    ),
    Fault(
        id="messages-context-error-masked",
        family="messages",
        sentence="A prompt that is too long is answered with 502 and an error that hides why.",
        rules=(
            "error.anthropic.known-type",
            "error.anthropic.foreign-envelope",
            "case.status",
            "case.error-names-mistake",
        ),
        cases="messages/errors/context-too-long*",
        apply=_masked,
        url="https://github.com/musistudio/claude-code-router/issues/1799",
    ),
    Fault(
        id="messages-beta-dropped",
        family="messages",
        sentence="Fields of a beta are refused, for anthropic-beta does not reach the provider.",
        rules=("case.error-names-mistake",),
        cases="auth/anthropic/beta-header*",
        apply=_beta_refused,
        url="https://github.com/mnfst/llm-gateway/pull/2910",
    ),
    Fault(
        id="messages-version-doubled",
        family="messages",
        sentence="anthropic-version reaches the provider twice, which refuses it.",
        rules=("case.accepted",),
        cases="messages/text/api-versions*",
        apply=refuse(400, 'anthropic-version: "2023-06-01, 2023-06-01" is not a valid version'),
        url="https://github.com/decolua/9router/issues/2357",
    ),
    Fault(
        id="messages-version-refused",
        family="messages",
        sentence="A newer anthropic-version is refused.",
        rules=("case.accepted",),
        cases="auth/anthropic/newest-version messages/text/api-versions[version=2026-10-21,stream=false]",
        apply=_newer_refused,
    ),
    Fault(
        id="messages-thinking-history-refused",
        family="messages",
        sentence="A history with thinking is refused.",
        rules=("case.accepted",),
        cases="messages/reasoning/thinking-replayed[*",
        apply=_thinking_refused,
    ),
    Fault(
        id="messages-signature-altered",
        family="messages",
        sentence="The signature of thinking is altered, so that it is refused when it comes back.",
        rules=("case.accepted",),
        cases="messages/reasoning/thinking-replayed[*",
        apply=everywhere(*(at(place, backwards) for place in ("/content/*/signature", "/delta/signature"))),
    ),
    Fault(
        id="messages-thinking-history-dropped-call",
        family="messages",
        sentence="Thinking is dropped from histories, so that the call after it is refused.",
        rules=("case.accepted",),
        cases="messages/reasoning/thinking-replayed-with-a-call*",
        apply=_bare_calls_refused,
    ),
    Fault(
        id="messages-system-moved-away",
        family="messages",
        sentence="A system prompt in blocks is refused.",
        rules=("case.accepted",),
        cases="messages/text/system-blocks*",
        apply=_system_blocks_refused,
    ),
    Fault(
        id="messages-pictures-dropped",
        family="messages",
        sentence="Pictures are taken out of the prompt.",
        rules=("case.value",),
        cases="messages/vision/counted",
        apply=on_request(at("/messages/*/content", lambda content: _without(content, "image"))),
    ),
    Fault(
        id="messages-documents-dropped",
        family="messages",
        sentence="Documents are taken out of the prompt.",
        rules=("case.answer-text",),
        cases="messages/documents/text*",
        apply=on_request(at("/messages/*/content", lambda content: _without(content, "document"))),
    ),
    Fault(
        id="messages-last-block-only",
        family="messages",
        sentence="Of the blocks of a turn only the last reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/content-blocks* messages/documents/text[*",
        apply=on_request(
            at("/messages/*/content", lambda content: content[-1:] if isinstance(content, list) else content)
        ),
    ),
    Fault(
        id="messages-first-block-only",
        family="messages",
        sentence="Of the blocks of a turn only the first reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/content-blocks*",
        apply=on_request(
            at("/messages/*/content", lambda content: content[:1] if isinstance(content, list) else content)
        ),
    ),
    Fault(
        id="messages-content-blocks-refused",
        family="messages",
        sentence="Content in blocks is refused.",
        rules=("case.accepted",),
        cases="messages/text/content-blocks*",
        apply=_blocks_refused,
    ),
    Fault(
        id="messages-tool-result-emptied",
        family="messages",
        sentence="The results of tools reach the provider empty.",
        rules=("case.answer-text",),
        cases="messages/tools/result-in-history* messages/tools/result-in-json",
        apply=on_request(put("/messages/*/content/*/content", "", new=False)),
    ),
    Fault(
        id="messages-second-result-lost",
        family="messages",
        sentence="Of two results of tools only the first reaches the provider.",
        rules=("case.accepted",),
        cases="messages/tools/two-results",
        apply=on_request(at("/messages/2/content", lambda content: content[:1])),
    ),
    Fault(
        id="messages-large-request-refused",
        family="messages",
        sentence="Long prompts are refused as too large.",
        rules=("case.accepted",),
        cases="messages/text/long-input*",
        apply=if_(refuse(413, "Request body is too large."), lambda call: len(call.body) > 3000),
    ),
    Fault(
        id="messages-prompt-cut",
        family="messages",
        sentence="Of a long prompt only the end reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/long-history messages/text/long-input*",
        apply=on_request(
            at("/messages", lambda turns: turns[-2:]), at("/messages/*/content", lambda content: content[-2000:])
        ),
    ),
)
