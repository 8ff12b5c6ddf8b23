"""Parameters, models and histories of a Messages request that do not reach the provider as they were sent.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, on_json, on_request, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.messages import on_message
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import first


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
        id="messages-format-fenced",
        family="messages",
        sentence="A structured output is wrapped in a Markdown code fence.",
        rules=("messages.output-format.json", "case.answer-json"),
        cases="messages/structured-output/json-schema[stream=false]",
        apply=on_json(at("/content/*/text", lambda text: f"```json\n{text}\n```")),
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
        sentence="Unknown models are answered by the default model, under the requested name.",
        rules=("case.refused",),
        cases="messages/errors/unknown-model*",
        apply=_any_model,
        url="https://github.com/ddalcu/mlx-serve/issues/257",
    ),
    Fault(
        id="messages-context-error-masked",
        family="messages",
        sentence="A prompt that is too long is answered with 502 and an error that does not say why.",
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
        sentence="Beta fields are refused because anthropic-beta does not reach the provider.",
        rules=("case.error-names-mistake",),
        cases="auth/anthropic/beta-header*",
        apply=_beta_refused,
        url="https://github.com/mnfst/llm-gateway/pull/2910",
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
        id="messages-thinking-history-dropped-call",
        family="messages",
        sentence="Thinking is removed from histories, so the call after it is refused.",
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
        sentence="Images are removed from the prompt.",
        rules=("case.value",),
        cases="messages/vision/counted",
        apply=on_request(at("/messages/*/content", lambda content: _without(content, "image"))),
    ),
    Fault(
        id="messages-documents-dropped",
        family="messages",
        sentence="Documents are removed from the prompt.",
        rules=("case.answer-text",),
        cases="messages/documents/text*",
        apply=on_request(at("/messages/*/content", lambda content: _without(content, "document"))),
    ),
    Fault(
        id="messages-last-block-only",
        family="messages",
        sentence="Only the last block of a turn reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/content-blocks* messages/documents/text[*",
        apply=on_request(
            at("/messages/*/content", lambda content: content[-1:] if isinstance(content, list) else content)
        ),
    ),
    Fault(
        id="messages-first-block-only",
        family="messages",
        sentence="Only the first block of a turn reaches the provider.",
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
        id="messages-second-result-lost",
        family="messages",
        sentence="Only the first of two tool results reaches the provider.",
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
        sentence="Only the end of a long prompt reaches the provider.",
        rules=("case.answer-text",),
        cases="messages/text/long-history messages/text/long-input*",
        apply=on_request(
            at("/messages", lambda turns: turns[-2:]), at("/messages/*/content", lambda content: content[-2000:])
        ),
    ),
)
