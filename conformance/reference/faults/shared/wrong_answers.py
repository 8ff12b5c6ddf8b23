"""Faults that only the question shows: an answer of perfect form that is not the answer to what was asked."""

from __future__ import annotations

from conformance.model import JSON
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
        id="case-refuses-everything",
        family="chat_completions",
        sentence="Correct requests are refused.",
        rules=("case.accepted",),
        cases="chat_completions/text/system-and-user*",
        apply=refuse(400, "The request is not understood."),
    ),
    Fault(
        id="case-accepts-unknown-model",
        family="chat_completions",
        sentence="Any name of a model is accepted.",
        rules=("case.refused",),
        cases="chat_completions/errors/unknown-model*",
        apply=on_request(put("/model", "reference-mini")),
        url="https://github.com/sgl-project/sglang/issues/31404",
    ),
    Fault(
        id="case-bare-messages-ignored",
        family="responses",
        sentence="The messages of a Chat Completions body are ignored, and a greeting answered.",
        rules=("case.body-ignored", "case.incomplete-accepted"),
        cases="mismatch/chat-body/bare*",
        apply=on_request(at("/messages", lambda _messages: "Hello"), rename("/messages", "input")),
    ),
    Fault(
        id="case-tool-choice-ignored",
        family="chat_completions",
        sentence="A forced choice of a tool does not reach the model.",
        rules=("chat.fit.tool-forced", "case.tool-called"),
        cases="chat_completions/tools/forced-against-the-question*",
        apply=on_request(drop("/tool_choice")),
    ),
    Fault(
        id="case-tool-choice-none-ignored",
        family="chat_completions",
        sentence="That no tool shall be called does not reach the model.",
        rules=("chat.fit.tool-none", "case.tool-called", "case.answer-stop"),
        cases="chat_completions/tools/none-though-asked-for*",
        apply=on_request(drop("/tool_choice")),
    ),
    Fault(
        id="case-tool-required-ignored",
        family="chat_completions",
        sentence="That a tool shall be called does not reach the model.",
        rules=("chat.fit.tool-required", "case.tool-called"),
        cases="chat_completions/tools/required-without-need*",
        apply=on_request(drop("/tool_choice")),
    ),
    Fault(
        id="case-long-text-cut",
        family="responses",
        sentence="A prompt is cut after four thousand characters, and answered as if nothing was wrong.",
        rules=("case.answer-text",),
        cases="responses/text/long-input-in-one-text",
        apply=on_request(at("/input", lambda text: text[:4000] if isinstance(text, str) else text)),
    ),
    Fault(
        id="case-old-turns-dropped",
        family="messages",
        sentence="Only the last six messages of a conversation reach the model.",
        rules=("case.answer-text",),
        cases="messages/text/longer-history",
        apply=on_request(at("/messages", lambda turns: turns[-6:] if isinstance(turns, list) else turns)),
    ),
    Fault(
        id="case-system-not-counted",
        family="count_tokens",
        sentence="The system prompt is left out when tokens are counted.",
        rules=("case.value",),
        cases="count_tokens/counting/system-counted",
        apply=on_request(drop("/system")),
    ),
    Fault(
        id="case-long-answer-cut",
        family="chat_completions",
        sentence="An answer ends after its first two hundred characters, and does not say so.",
        rules=("case.answer-text",),
        cases="chat_completions/text/long-answer[stream=false]",
        apply=on_json(at("/choices/*/message/content", lambda text: text and text[:200])),
    ),
    Fault(
        id="case-error-says-nothing",
        family="chat_completions",
        sentence="Errors say that something is wrong, and not what.",
        rules=("case.error-names-mistake",),
        cases="chat_completions/errors/temperature-too-high",
        apply=refuse(400, "The request is not valid."),
    ),
    Fault(
        id="case-foreign-body-blames-model",
        family="chat_completions",
        sentence="A body of another family is refused with the words that no channel is available for the model.",
        rules=("case.error-misleads", "case.error-names-mistake"),
        cases="mismatch/responses-body/text-input[endpoint=chat_completions]",
        apply=refuse(400, "There is no available channel for this model."),
    ),
    Fault(
        id="case-foreign-body-ignored",
        family="chat_completions",
        sentence="The input of a Responses body is ignored, and a greeting answered.",
        rules=("case.body-ignored", "case.incomplete-accepted"),
        cases="mismatch/responses-body/text-input[endpoint=chat_completions]",
        apply=on_request(at("/input", lambda _input: HELLO), rename("/input", "messages")),
    ),
    Fault(
        id="case-foreign-body-converted",
        family="chat_completions",
        sentence="A Responses body is converted and answered, and nobody has said so.",
        rules=("case.incomplete-accepted",),
        cases="mismatch/responses-body/text-input[endpoint=chat_completions]",
        apply=on_request(at("/input", _as_messages), rename("/input", "messages")),
    ),
    Fault(
        id="case-foreign-field-converted",
        family="chat_completions",
        sentence="A top-level system prompt is converted, and nobody has said so.",
        rules=("case.conversion-undeclared",),
        cases="mismatch/foreign-field/system-in-chat*",
        apply=on_request(_with_system_as_message),
    ),
    Fault(
        id="case-system-prompt-dropped",
        family="messages",
        sentence="The system prompt does not reach the provider.",
        rules=("case.answer-text",),
        cases="messages/parity/system-prompt",
        apply=on_request(drop("/system")),
    ),
    Fault(
        id="case-format-dropped",
        family="chat_completions",
        sentence="The format that was asked for does not reach the provider.",
        rules=("case.answer-json", "chat.fit.json-schema"),
        cases="chat_completions/structured-output/json-schema*",
        apply=on_request(drop("/response_format")),
    ),
    Fault(
        id="case-tools-dropped",
        family="chat_completions",
        sentence="Tools do not reach the provider.",
        rules=("case.tool-called", "chat.fit.tool-forced"),
        cases="chat_completions/tools/forced*",
        apply=on_request(drop("/tools"), drop("/tool_choice")),
    ),
    Fault(
        id="case-tools-dropped-when-streaming",
        family="messages",
        sentence="Tools do not reach the provider when the answer is streamed.",
        rules=("case.tool-called", "case.answer-stop", "messages.tool-choice.tool"),
        cases="messages/tools/forced*",
        apply=when(on_request(drop("/tools"), drop("/tool_choice")), stream=True),
    ),
    Fault(
        id="case-arguments-emptied",
        family="chat_completions",
        sentence="The arguments of calls are lost, and an empty object stands in their place.",
        rules=("case.tool-arguments", "chat.tool-call.arguments-fit"),
        cases="chat_completions/tools/forced[stream=false]",
        apply=on_json(put("/choices/*/message/tool_calls/*/function/arguments", "{}")),
    ),
    Fault(
        id="case-arguments-emptied-messages",
        family="messages",
        sentence="The input of calls is lost, and an empty object stands in its place.",
        rules=("case.tool-arguments", "messages.tool-use.fits-schema"),
        cases="messages/tools/forced[stream=false]",
        apply=on_json(at("/content/*/input", lambda _input: {})),
    ),
    Fault(
        id="case-reasoning-not-asked-for",
        family="messages",
        sentence="The wish for thinking does not reach the provider.",
        rules=("case.reasoning",),
        cases="messages/reasoning/thinking[*",
        apply=on_request(drop("/thinking")),
    ),
    Fault(
        id="case-one-choice",
        family="chat_completions",
        sentence="The number of choices does not reach the provider.",
        rules=("case.choices", "chat.fit.count"),
        cases="chat_completions/options/two-choices*",
        apply=on_request(drop("/n")),
    ),
    Fault(
        id="case-limit-dropped",
        family="chat_completions",
        sentence="The limit of output tokens does not reach the provider.",
        rules=("case.tokens-cap", "case.answer-stop", "chat.fit.max-tokens"),
        cases="chat_completions/limits/max-completion-tokens*",
        apply=on_request(drop("/max_completion_tokens")),
    ),
    Fault(
        id="case-logprobs-dropped",
        family="chat_completions",
        sentence="The wish for log probabilities does not reach the provider.",
        rules=("case.present", "chat.logprobs.asked"),
        cases="chat_completions/options/logprobs*",
        apply=on_request(drop("/logprobs"), drop("/top_logprobs")),
    ),
    Fault(
        id="case-logprobs-unasked",
        family="chat_completions",
        sentence="Log probabilities come unasked.",
        rules=("case.absent",),
        cases="chat_completions/options/no-logprobs-unasked",
        apply=on_request(put("/logprobs", True)),
    ),
    Fault(
        id="case-metadata-dropped",
        family="responses",
        sentence="Metadata does not come back.",
        rules=("case.value", "responses.echo.metadata"),
        cases="responses/text/metadata",
        apply=on_request(drop("/metadata")),
    ),
    Fault(
        id="case-stream-ends-otherwise",
        family="chat_completions",
        sentence="Calls of tools end with another reason in one document than in a stream.",
        rules=("case.same-answer", "case.answer-stop", "chat.finish.stop-with-calls"),
        cases="chat_completions/parity/automatic-tool",
        apply=on_json(at("/choices/*/finish_reason", lambda _reason: "stop")),
    ),
    Fault(
        id="case-prompt-tokens-differ",
        family="chat_completions",
        sentence="A stream counts other prompt tokens than one document.",
        rules=("case.same-prompt-tokens",),
        cases="chat_completions/usage/same-for-text",
        apply=on_json(put("/usage/prompt_tokens", 999), at("/usage", _summed)),
    ),
)
