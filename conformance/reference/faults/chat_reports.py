"""Defects that gateways really had in why a completion ends, and in its tool calls, each as its report tells it."""

from __future__ import annotations

import json

from conformance.reference.changes import at, drop, event, on_events, put, when
from conformance.reference.changes.asked import if_
from conformance.reference.changes.chat import ARGUMENTS, TEXT
from conformance.reference.changes.chat import CALL as TOOL
from conformance.reference.changes.flows import each, edit, everywhere, exchange, having, stop_after, together
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.chat_entries import (
    CALL,
    CALLED,
    LOGPROBS_STREAMED,
    PARALLEL,
    PARALLELS,
    answer,
    chunk,
    fault,
    request,
    stream,
)
from conformance.reference.faults.chat_fragments import LATER
from conformance.reference.faults.chat_streams import FINISH
from conformance.reference.gateway import Call

CHOICE = "/choices/*"
REASON = "/choices/*/finish_reason"
MESSAGE = "/choices/*/message"
GITHUB = "https://github.com/"
FAILED = event({"error": {"message": "The model failed.", "type": "server_error", "param": None, "code": None}})


def words_beside_calls(call: Call) -> bool:
    """Whether a message of the history has both content and tool calls."""
    messages = json.loads(call.body).get("messages") or []
    return any(message.get("content") and message.get("tool_calls") for message in messages)


_FINISH = (
    fault(
        "report-chunk-nulls-unsent",
        "Chunks of tool calls leave out what is null.",
        ("chat.choice.finish-reason",),
        CALLED,
        when(on_events(edit(having(ARGUMENTS), drop(REASON), drop(f"{CHOICE}/logprobs"))), tools=True),
        GITHUB + "vllm-project/vllm/pull/19662",
    ),
    chunk(
        "report-finish-null",
        "The last chunk of a choice has no finish reason.",
        ("chat.stream.finish-missing", "case.answer-stop"),
        put(REASON, None),
        where=FINISH,
        url=GITHUB + "abetlen/llama-cpp-python/issues/735",
    ),
    stream(
        "report-finish-stop-after-calls",
        "A chunk that ends with `stop` follows the one that ends with `tool_calls`.",
        ("chat.stream.finish-once",),
        each(FINISH, lambda frame: [frame, frame.edited(put(REASON, "stop"))]),
        cases=CALLED,
        url=GITHUB + "RayBytes/ChatMock/pull/114",
    ),
    stream(
        "report-finish-stop-in-streams",
        "A stream that calls tools ends with `stop`, while the answer at once says `tool_calls`.",
        ("chat.finish.stop-with-calls", "case.answer-stop", "case.same-answer"),
        edit(FINISH, put(REASON, "stop")),
        cases="chat_completions/parity/automatic-tool",
        url=GITHUB + "BerriAI/litellm/issues/12862",
    ),
    fault(
        "report-finish-max-tokens",
        "An answer that was cut off ends with Anthropic's `max_tokens`.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        "chat_completions/limits/max-tokens*",
        everywhere(at(REASON, lambda reason: "max_tokens" if reason else None)),
        GITHUB + "QuantumNous/new-api/pull/1761",
    ),
    chunk(
        "report-finish-network-error",
        "A broken connection to the provider is told as a finish reason.",
        ("chat.choice.finish-reason-known", "case.answer-stop"),
        put(REASON, "network-error"),
        where=FINISH,
        url=GITHUB + "MAXeaglet/commandcode-proxy/pull/39",
    ),
    stream(
        "report-finish-lost-with-logprobs",
        "With log probabilities the finish reason is lost.",
        ("chat.stream.finish-missing", "case.answer-stop"),
        edit(FINISH, put(REASON, None)),
        cases=LOGPROBS_STREAMED,
        url=GITHUB + "BerriAI/litellm/issues/10686",
    ),
    chunk(
        "report-finish-empty",
        "Chunks within the text have an empty finish reason.",
        ("chat.choice.finish-reason-foreign",),
        put(REASON, ""),
        where=having(TEXT),
        url=GITHUB + "mudler/LocalAI/issues/5102",
    ),
    chunk(
        "report-finish-empty-ollama",
        "Every chunk but the last has an empty finish reason.",
        ("chat.choice.finish-reason-foreign",),
        at(REASON, lambda reason: reason or ""),
        url=GITHUB + "ollama/ollama/issues/4357",
    ),
    chunk(
        "report-finish-of-responses",
        "The finish reason is the word of Responses.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        put(REASON, "max_output_tokens"),
        where=FINISH,
        url=GITHUB + "MAXeaglet/commandcode-proxy/pull/39",
    ),
    chunk(
        "report-finish-pause",
        "The finish reason is Anthropic's `pause_turn`.",
        ("chat.choice.finish-reason-foreign", "case.answer-stop"),
        put(REASON, "pause_turn"),
        where=FINISH,
        url=GITHUB + "MAXeaglet/commandcode-proxy/pull/39",
    ),
    answer(
        "report-finish-calls-for-words",
        "An answer in words ends with `tool_calls`.",
        ("chat.finish.calls", "case.answer-stop"),
        put(REASON, "tool_calls"),
        cases="chat_completions/tools/auto-without-need[stream=false]",
        url=GITHUB + "mudler/LocalAI/issues/6218",
    ),
    answer(
        "report-choice-bare",
        "A choice has neither finish_reason nor index.",
        ("chat.choice.finish-reason", "chat.choice.index", "case.answer-stop"),
        drop(REASON),
        drop(f"{CHOICE}/index"),
        url=GITHUB + "mudler/LocalAI/issues/788",
    ),
    fault(
        "report-finish-stop-at-limit",
        "Every answer ends with `stop`, also one that was cut off.",
        ("chat.finish.limit", "case.answer-stop"),
        "chat_completions/limits/max-completion-tokens*",
        everywhere(at(REASON, lambda reason: "stop" if reason else None)),
        GITHUB + "ScreamingFace/screamingface/pull/501",
    ),
    fault(
        "report-limit-as-failure",
        "An answer that was cut off is answered with 502.",
        ("case.accepted",),
        "chat_completions/limits/max-completion-tokens*",
        refuse(502, "The provider's answer is incomplete."),
        GITHUB + "ScreamingFace/screamingface/pull/501",
    ),
    answer(
        "report-cut-as-stop",
        "An answer that broke off comes as a whole one, with `stop`.",
        ("case.answer-json", "chat.fit.json-schema"),
        at(f"{MESSAGE}/content", lambda text: text[: len(text) // 2]),
        cases="chat_completions/structured-output/json-schema[stream=false]",
        url=GITHUB + "wicm84266964/Buddy2api/pull/69",
    ),
)


_CALLS = (
    stream(
        "report-forced-finish-differs",
        "A forced call ends a stream with another reason than an answer at once.",
        ("case.same-answer",),
        edit(FINISH, at(REASON, lambda reason: "stop" if reason == "tool_calls" else "tool_calls")),
        cases="chat_completions/parity/forced-tool",
        url=GITHUB + "vllm-project/vllm/pull/9209",
    ),
    chunk(
        "report-calls-index-zero",
        "Parallel calls of a stream all have the index 0.",
        ("chat.stream.tool-id-once", "case.tool-called", "chat.stream.tool-name-once", "chat.tool-call.arguments-once"),
        put(f"{TOOL}/index", 0),
        cases=PARALLELS,
        url=GITHUB + "ai-dynamo/dynamo/pull/4723",
    ),
    stream(
        "report-arguments-encoded-twice",
        "The arguments of a stream are a JSON string that holds JSON.",
        ("chat.tool-call.arguments-object", "case.tool-arguments", "chat.tool-call.arguments-fit"),
        together(ARGUMENTS, f"{TOOL}/index"),
        edit(having(ARGUMENTS), at(ARGUMENTS, json.dumps)),
        cases=CALLED,
        url=GITHUB + "vllm-project/vllm/pull/54964",
    ),
    stream(
        "report-arguments-lost",
        "The arguments of a stream are always `{}`.",
        ("chat.tool-call.arguments-fit", "case.tool-arguments"),
        together(ARGUMENTS, f"{TOOL}/index"),
        edit(having(ARGUMENTS), put(ARGUMENTS, "{}")),
        cases=CALLED,
        url=GITHUB + "BerriAI/litellm/issues/27144",
    ),
    stream(
        "report-arguments-break-off",
        "A stream ends in the middle of long arguments, without any sign.",
        ("chat.stream.finish-missing", "chat.stream.done-missing", "case.answer-stop", "case.tool-arguments"),
        stop_after(having(ARGUMENTS), 3),
        cases="chat_completions/tools/nested-arguments[stream=true]",
        url=GITHUB + "CommandCodeAI/command-code/issues/785",
    ),
    chunk(
        "report-later-name-null",
        "Later fragments have a name that is null.",
        ("chat.delta.tool-strings",),
        put(f"{TOOL}/function/name", None),
        where=LATER,
        cases=CALLED,
        url=GITHUB + "1CatAI/1Cat-vLLM/issues/240",
    ),
    chunk(
        "report-later-name-empty",
        "Later fragments have an empty name.",
        ("chat.stream.tool-name-once",),
        put(f"{TOOL}/function/name", ""),
        where=LATER,
        cases=CALLED,
        url=GITHUB + "lmstudio-ai/lmstudio-bug-tracker/issues/649",
    ),
    chunk(
        "report-first-name-empty",
        "The first fragment has an empty name.",
        ("chat.stream.tool-name-first", "case.tool-called"),
        put(f"{TOOL}/function/name", ""),
        where=having(f"{TOOL}/id"),
        cases=CALLED,
        url=GITHUB + "vercel/ai/pull/16507",
    ),
    stream(
        "report-empty-arguments-fatal",
        "An empty fragment ends a stream with an error.",
        ("case.answer-stop", "case.tool-arguments"),
        exchange(LATER, FAILED, number=1),
        stop_after(having("/error")),
        cases=CALLED,
        url=GITHUB + "BerriAI/litellm/pull/39288",
    ),
    answer(
        "report-calls-without-content",
        "A message that calls tools has no content, not even null.",
        ("chat.message.content",),
        drop(f"{MESSAGE}/content"),
        cases=CALL,
        url=GITHUB + "BerriAI/litellm/pull/39268",
    ),
    answer(
        "report-call-ids-of-names",
        "The ids of calls are made of the name alone.",
        ("chat.tool-call.ids-unique",),
        put(f"{MESSAGE}/tool_calls/*/id", "functions.get_weather:0"),
        cases=PARALLEL,
        url=GITHUB + "cloudflare/ai/pull/527",
    ),
    request(
        "report-named-mode-collapsed",
        "A forced tool that is named like a mode is taken for the mode.",
        ("chat.fit.tool-forced", "case.tool-called"),
        at(
            "/tool_choice",
            lambda choice: (
                choice["function"]["name"]
                if isinstance(choice, dict) and choice.get("function", {}).get("name") in ("none", "auto", "required")
                else choice
            ),
        ),
        cases="chat_completions/tools/named-like-a-mode*",
        url=GITHUB + "tetherto/qvac/pull/4524",
    ),
    fault(
        "report-words-beside-calls",
        "A history with words beside a call is answered with 500.",
        ("case.accepted", "error.type.agrees"),
        "chat_completions/tools/words-beside-a-call",
        if_(refuse(500, "Internal server error."), words_beside_calls),
        GITHUB + "vllm-project/vllm/issues/16774",
    ),
)

FAULTS = (*_FINISH, *_CALLS)
