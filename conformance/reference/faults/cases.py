"""Faults that only the question shows: an answer of perfect form that is not the answer to what was asked."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, on_json, on_request, put, rename, when
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault

HELLO: JSON = [{"role": "user", "content": "Hello"}]


def _as_messages(text: JSON) -> JSON:
    return [{"role": "user", "content": text}] if isinstance(text, str) else HELLO


def _with_system_as_message(body: JSON) -> JSON:
    """The body with a top-level system prompt among the messages."""
    if not isinstance(body, dict) or "system" not in body:
        return body
    rest = {name: value for name, value in body.items() if name != "system"}
    return {**rest, "messages": [{"role": "system", "content": body["system"]}, *rest["messages"]]}


def _summed(usage: JSON) -> JSON:
    """The usage with a total that fits."""
    return {**usage, "total_tokens": usage["prompt_tokens"] + usage["completion_tokens"]}


FAULTS = (
    Fault(
        "case-refuses-everything",
        "chat_completions",
        "Correct requests are refused.",
        ("case.accepted",),
        "chat_completions/text/system-and-user*",
        refuse(400, "The request is not understood."),
    ),
    Fault(
        "case-accepts-unknown-model",
        "chat_completions",
        "Any name of a model is accepted.",
        ("case.refused",),
        "chat_completions/errors/unknown-model*",
        on_request(put("/model", "reference-mini")),
        "https://github.com/sgl-project/sglang/issues/31404",
    ),
    Fault(
        "case-bare-messages-ignored",
        "responses",
        "The messages of a Chat Completions body are ignored, and a greeting answered.",
        ("case.body-ignored", "case.incomplete-accepted"),
        "mismatch/chat-body/bare*",
        on_request(at("/messages", lambda _messages: "Hello"), rename("/messages", "input")),
    ),
    Fault(
        "case-tool-choice-ignored",
        "chat_completions",
        "A forced choice of a tool does not reach the model.",
        ("chat.fit.tool-forced", "case.tool-called"),
        "chat_completions/tools/forced-against-the-question*",
        on_request(drop("/tool_choice")),
    ),
    Fault(
        "case-tool-choice-none-ignored",
        "chat_completions",
        "That no tool shall be called does not reach the model.",
        ("chat.fit.tool-none", "case.tool-called", "case.answer-stop"),
        "chat_completions/tools/none-though-asked-for*",
        on_request(drop("/tool_choice")),
    ),
    Fault(
        "case-tool-required-ignored",
        "chat_completions",
        "That a tool shall be called does not reach the model.",
        ("chat.fit.tool-required", "case.tool-called"),
        "chat_completions/tools/required-without-need*",
        on_request(drop("/tool_choice")),
    ),
    Fault(
        "case-long-text-cut",
        "responses",
        "A prompt is cut after four thousand characters, and answered as if nothing was wrong.",
        ("case.answer-text",),
        "responses/text/long-input-in-one-text",
        on_request(at("/input", lambda text: text[:4000] if isinstance(text, str) else text)),
    ),
    Fault(
        "case-old-turns-dropped",
        "messages",
        "Only the last six messages of a conversation reach the model.",
        ("case.answer-text",),
        "messages/text/longer-history",
        on_request(at("/messages", lambda turns: turns[-6:] if isinstance(turns, list) else turns)),
    ),
    Fault(
        "case-system-not-counted",
        "count_tokens",
        "The system prompt is left out when tokens are counted.",
        ("case.value",),
        "count_tokens/counting/system-counted",
        on_request(drop("/system")),
    ),
    Fault(
        "case-long-answer-cut",
        "chat_completions",
        "An answer ends after its first two hundred characters, and does not say so.",
        ("case.answer-text",),
        "chat_completions/text/long-answer[stream=false]",
        on_json(at("/choices/*/message/content", lambda text: text and text[:200])),
    ),
    Fault(
        "case-error-says-nothing",
        "chat_completions",
        "Errors say that something is wrong, and not what.",
        ("case.error-names-mistake",),
        "chat_completions/errors/temperature-too-high",
        refuse(400, "The request is not valid."),
    ),
    Fault(
        "case-foreign-body-blames-model",
        "chat_completions",
        "A body of another family is refused with the words that no channel is available for the model.",
        ("case.error-misleads", "case.error-names-mistake"),
        "mismatch/responses-body/text-input[endpoint=chat_completions]",
        refuse(400, "There is no available channel for this model."),
    ),
    Fault(
        "case-foreign-body-ignored",
        "chat_completions",
        "The input of a Responses body is ignored, and a greeting answered.",
        ("case.body-ignored", "case.incomplete-accepted"),
        "mismatch/responses-body/text-input[endpoint=chat_completions]",
        on_request(at("/input", lambda _input: HELLO), rename("/input", "messages")),
    ),
    Fault(
        "case-foreign-body-converted",
        "chat_completions",
        "A Responses body is converted and answered, and nobody has said so.",
        ("case.incomplete-accepted",),
        "mismatch/responses-body/text-input[endpoint=chat_completions]",
        on_request(at("/input", _as_messages), rename("/input", "messages")),
    ),
    Fault(
        "case-foreign-field-converted",
        "chat_completions",
        "A top-level system prompt is converted, and nobody has said so.",
        ("case.conversion-undeclared",),
        "mismatch/foreign-field/system-in-chat*",
        on_request(_with_system_as_message),
    ),
    Fault(
        "case-system-prompt-dropped",
        "messages",
        "The system prompt does not reach the provider.",
        ("case.answer-text",),
        "messages/parity/system-prompt",
        on_request(drop("/system")),
    ),
    Fault(
        "case-format-dropped",
        "chat_completions",
        "The format that was asked for does not reach the provider.",
        (
            "case.answer-json",
            "chat.fit.json-schema",
        ),
        "chat_completions/structured-output/json-schema*",
        on_request(drop("/response_format")),
    ),
    Fault(
        "case-tools-dropped",
        "chat_completions",
        "Tools do not reach the provider.",
        (
            "case.tool-called",
            "chat.fit.tool-forced",
        ),
        "chat_completions/tools/forced*",
        on_request(drop("/tools"), drop("/tool_choice")),
    ),
    Fault(
        "case-tools-dropped-when-streaming",
        "messages",
        "Tools do not reach the provider when the answer is streamed.",
        (
            "case.tool-called",
            "case.answer-stop",
            "messages.tool-choice.tool",
        ),
        "messages/tools/forced*",
        when(on_request(drop("/tools"), drop("/tool_choice")), stream=True),
    ),
    Fault(
        "case-arguments-emptied",
        "chat_completions",
        "The arguments of calls are lost, and an empty object stands in their place.",
        (
            "case.tool-arguments",
            "chat.tool-call.arguments-fit",
        ),
        "chat_completions/tools/forced[stream=false]",
        on_json(put("/choices/*/message/tool_calls/*/function/arguments", "{}")),
    ),
    Fault(
        "case-arguments-emptied-messages",
        "messages",
        "The input of calls is lost, and an empty object stands in its place.",
        (
            "case.tool-arguments",
            "messages.tool-use.fits-schema",
        ),
        "messages/tools/forced[stream=false]",
        on_json(at("/content/*/input", lambda _input: {})),
    ),
    Fault(
        "case-reasoning-not-asked-for",
        "messages",
        "The wish for thinking does not reach the provider.",
        ("case.reasoning",),
        "messages/reasoning/thinking[*",
        on_request(drop("/thinking")),
    ),
    Fault(
        "case-one-choice",
        "chat_completions",
        "The number of choices does not reach the provider.",
        (
            "case.choices",
            "chat.fit.count",
        ),
        "chat_completions/options/two-choices*",
        on_request(drop("/n")),
    ),
    Fault(
        "case-limit-dropped",
        "chat_completions",
        "The limit of output tokens does not reach the provider.",
        (
            "case.tokens-cap",
            "case.answer-stop",
            "chat.fit.max-tokens",
        ),
        "chat_completions/limits/max-completion-tokens*",
        on_request(drop("/max_completion_tokens")),
    ),
    Fault(
        "case-logprobs-dropped",
        "chat_completions",
        "The wish for log probabilities does not reach the provider.",
        (
            "case.present",
            "chat.logprobs.asked",
        ),
        "chat_completions/options/logprobs*",
        on_request(drop("/logprobs"), drop("/top_logprobs")),
    ),
    Fault(
        "case-logprobs-unasked",
        "chat_completions",
        "Log probabilities come unasked.",
        ("case.absent",),
        "chat_completions/options/no-logprobs-unasked",
        on_request(put("/logprobs", True)),
    ),
    Fault(
        "case-metadata-dropped",
        "responses",
        "Metadata does not come back.",
        (
            "case.value",
            "responses.echo.metadata",
        ),
        "responses/text/metadata",
        on_request(drop("/metadata")),
    ),
    Fault(
        "case-stream-ends-otherwise",
        "chat_completions",
        "Calls of tools end with another reason in one document than in a stream.",
        (
            "case.same-answer",
            "case.answer-stop",
            "chat.finish.stop-with-calls",
        ),
        "chat_completions/parity/automatic-tool",
        on_json(at("/choices/*/finish_reason", lambda _reason: "stop")),
    ),
    Fault(
        "case-prompt-tokens-differ",
        "chat_completions",
        "A stream counts other prompt tokens than one document.",
        ("case.same-prompt-tokens",),
        "chat_completions/usage/same-for-text",
        on_json(put("/usage/prompt_tokens", 999), at("/usage", _summed)),
    ),
)
