"""Defects that gateways really had in why a completion ends, and in its tool calls, each as its report tells it."""

from __future__ import annotations

import json

from conformance.reference.changes import at, drop, event, on_events, on_json, on_request, put, when
from conformance.reference.changes.asked import if_
from conformance.reference.changes.chat import ARGUMENTS, TEXT, later_fragment
from conformance.reference.changes.chat import CALL as TOOL
from conformance.reference.changes.flows import (
    JSON_DATA,
    each,
    edit,
    everywhere,
    exchange,
    having,
    stop_after,
    together,
)
from conformance.reference.changes.replies import refuse
from conformance.reference.changes.values import json_text
from conformance.reference.faults.chat.streams import FINISH
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call

CHOICE = "/choices/*"
REASON = "/choices/*/finish_reason"
MESSAGE = "/choices/*/message"
FAILED = event({"error": {"message": "The model failed.", "type": "server_error", "param": None, "code": None}})


def words_beside_calls(call: Call) -> bool:
    """Whether a message of the history has both content and tool calls."""
    messages = json.loads(call.body).get("messages") or []
    return any(message.get("content") and message.get("tool_calls") for message in messages)


FAULTS = (
    Fault(
        id="chat-report-chunk-nulls-unsent",
        family="chat_completions",
        sentence="Chunks of tool calls leave out what is null.",
        rules=("chat.choice.finish-reason",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=when(on_events(edit(having(ARGUMENTS), drop(REASON), drop(f"{CHOICE}/logprobs"))), tools=True),
        url="https://github.com/vllm-project/vllm/pull/19662",
    ),
    Fault(
        id="chat-report-finish-null",
        family="chat_completions",
        sentence="The last chunk of a choice has no finish reason.",
        rules=("chat.stream.finish-missing", "case.answer-stop"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(FINISH, put(REASON, None))),
        url="https://github.com/abetlen/llama-cpp-python/issues/735",
    ),
    Fault(
        id="chat-report-finish-stop-after-calls",
        family="chat_completions",
        sentence="A chunk that ends with `stop` follows the one that ends with `tool_calls`.",
        rules=("chat.stream.finish-once",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(each(FINISH, lambda frame: [frame, frame.edited(put(REASON, "stop"))])),
        url="https://github.com/RayBytes/ChatMock/pull/114",
    ),
    Fault(
        id="chat-report-finish-stop-in-streams",
        family="chat_completions",
        sentence="A stream that calls tools ends with `stop`, while the answer at once says `tool_calls`.",
        rules=("chat.finish.stop-with-calls", "case.answer-stop", "case.same-answer"),
        cases="chat_completions/parity/automatic-tool",
        apply=on_events(edit(FINISH, put(REASON, "stop"))),
        url="https://github.com/BerriAI/litellm/issues/12862",
    ),
    Fault(
        id="chat-report-finish-max-tokens",
        family="chat_completions",
        sentence="An answer that was cut off ends with Anthropic's `max_tokens`.",
        rules=("chat.choice.finish-reason-foreign", "case.answer-stop"),
        cases="chat_completions/limits/max-tokens*",
        apply=everywhere(at(REASON, lambda reason: "max_tokens" if reason else None)),
        url="https://github.com/QuantumNous/new-api/pull/1761",
    ),
    Fault(
        id="chat-report-finish-network-error",
        family="chat_completions",
        sentence="A broken connection to the provider is told as a finish reason.",
        rules=("chat.choice.finish-reason-known", "case.answer-stop"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(FINISH, put(REASON, "network-error"))),
        url="https://github.com/MAXeaglet/commandcode-proxy/pull/39",
    ),
    Fault(
        id="chat-report-finish-lost-with-logprobs",
        family="chat_completions",
        sentence="With log probabilities the finish reason is lost.",
        rules=("chat.stream.finish-missing", "case.answer-stop"),
        cases="chat_completions/options/logprobs[stream=true]",
        apply=on_events(edit(FINISH, put(REASON, None))),
        url="https://github.com/BerriAI/litellm/issues/10686",
    ),
    Fault(
        id="chat-report-finish-empty",
        family="chat_completions",
        sentence="Chunks within the text have an empty finish reason.",
        rules=("chat.choice.finish-reason-foreign",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(having(TEXT), put(REASON, ""))),
        url="https://github.com/mudler/LocalAI/issues/5102",
    ),
    Fault(
        id="chat-report-finish-empty-ollama",
        family="chat_completions",
        sentence="Every chunk but the last has an empty finish reason.",
        rules=("chat.choice.finish-reason-foreign",),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(JSON_DATA, at(REASON, lambda reason: reason or ""))),
        url="https://github.com/ollama/ollama/issues/4357",
    ),
    Fault(
        id="chat-report-finish-of-responses",
        family="chat_completions",
        sentence="The finish reason is the word of Responses.",
        rules=("chat.choice.finish-reason-foreign", "case.answer-stop"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(FINISH, put(REASON, "max_output_tokens"))),
        url="https://github.com/MAXeaglet/commandcode-proxy/pull/39",
    ),
    Fault(
        id="chat-report-finish-pause",
        family="chat_completions",
        sentence="The finish reason is Anthropic's `pause_turn`.",
        rules=("chat.choice.finish-reason-foreign", "case.answer-stop"),
        cases="chat_completions/text/system-and-user[stream=true]",
        apply=on_events(edit(FINISH, put(REASON, "pause_turn"))),
        url="https://github.com/MAXeaglet/commandcode-proxy/pull/39",
    ),
    Fault(
        id="chat-report-finish-calls-for-words",
        family="chat_completions",
        sentence="An answer in words ends with `tool_calls`.",
        rules=("chat.finish.calls", "case.answer-stop"),
        cases="chat_completions/tools/auto-without-need[stream=false]",
        apply=on_json(put(REASON, "tool_calls")),
        url="https://github.com/mudler/LocalAI/issues/6218",
    ),
    Fault(
        id="chat-report-choice-bare",
        family="chat_completions",
        sentence="A choice has neither finish_reason nor index.",
        rules=("chat.choice.finish-reason", "chat.choice.index", "case.answer-stop"),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=on_json(drop(REASON), drop(f"{CHOICE}/index")),
        url="https://github.com/mudler/LocalAI/issues/788",
    ),
    Fault(
        id="chat-report-finish-stop-at-limit",
        family="chat_completions",
        sentence="Every answer ends with `stop`, also one that was cut off.",
        rules=("chat.finish.limit", "case.answer-stop"),
        cases="chat_completions/limits/max-completion-tokens*",
        apply=everywhere(at(REASON, lambda reason: "stop" if reason else None)),
        url="https://github.com/ScreamingFace/screamingface/pull/501",
    ),
    Fault(
        id="chat-report-limit-as-failure",
        family="chat_completions",
        sentence="An answer that was cut off is answered with 502.",
        rules=("case.accepted",),
        cases="chat_completions/limits/max-completion-tokens*",
        apply=refuse(502, "The provider's answer is incomplete."),
        url="https://github.com/ScreamingFace/screamingface/pull/501",
    ),
    Fault(
        id="chat-report-cut-as-stop",
        family="chat_completions",
        sentence="An answer that broke off comes as a whole one, with `stop`.",
        rules=("case.answer-json", "chat.fit.json-schema"),
        cases="chat_completions/structured-output/json-schema[stream=false]",
        apply=on_json(at(f"{MESSAGE}/content", lambda text: text[: len(text) // 2])),
        url="https://github.com/wicm84266964/Buddy2api/pull/69",
    ),
    Fault(
        id="chat-report-forced-finish-differs",
        family="chat_completions",
        sentence="A forced call ends a stream with another reason than an answer at once.",
        rules=("case.same-answer",),
        cases="chat_completions/parity/forced-tool",
        apply=on_events(edit(FINISH, at(REASON, lambda reason: "stop" if reason == "tool_calls" else "tool_calls"))),
        url="https://github.com/vllm-project/vllm/pull/9209",
    ),
    Fault(
        id="chat-report-calls-index-zero",
        family="chat_completions",
        sentence="Parallel calls of a stream all have the index 0.",
        rules=(
            "chat.stream.tool-id-once",
            "case.tool-called",
            "chat.stream.tool-name-once",
            "chat.tool-call.arguments-once",
        ),
        cases="chat_completions/tools/parallel[stream=true]",
        apply=on_events(edit(JSON_DATA, put(f"{TOOL}/index", 0))),
        url="https://github.com/ai-dynamo/dynamo/pull/4723",
    ),
    Fault(
        id="chat-report-arguments-encoded-twice",
        family="chat_completions",
        sentence="The arguments of a stream are a JSON string that holds JSON.",
        rules=("chat.tool-call.arguments-object", "case.tool-arguments", "chat.tool-call.arguments-fit"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(together(ARGUMENTS, f"{TOOL}/index"), edit(having(ARGUMENTS), at(ARGUMENTS, json_text))),
        url="https://github.com/vllm-project/vllm/pull/54964",
    ),
    Fault(
        id="chat-report-arguments-lost",
        family="chat_completions",
        sentence="The arguments of a stream are always `{}`.",
        rules=("chat.tool-call.arguments-fit", "case.tool-arguments"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(together(ARGUMENTS, f"{TOOL}/index"), edit(having(ARGUMENTS), put(ARGUMENTS, "{}"))),
        url="https://github.com/BerriAI/litellm/issues/27144",
    ),
    Fault(
        id="chat-report-arguments-break-off",
        family="chat_completions",
        sentence="A stream ends in the middle of long arguments, without any sign.",
        rules=("chat.stream.finish-missing", "chat.stream.done-missing", "case.answer-stop", "case.tool-arguments"),
        cases="chat_completions/tools/nested-arguments[stream=true]",
        apply=on_events(stop_after(having(ARGUMENTS), 3)),
        url="https://github.com/CommandCodeAI/command-code/issues/785",
    ),
    Fault(
        id="chat-report-later-name-null",
        family="chat_completions",
        sentence="Later fragments have a name that is null.",
        rules=("chat.delta.tool-strings",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(later_fragment, put(f"{TOOL}/function/name", None))),
        url="https://github.com/1CatAI/1Cat-vLLM/issues/240",
    ),
    Fault(
        id="chat-report-later-name-empty",
        family="chat_completions",
        sentence="Later fragments have an empty name.",
        rules=("chat.stream.tool-name-once",),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(later_fragment, put(f"{TOOL}/function/name", ""))),
        url="https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/649",
    ),
    Fault(
        id="chat-report-first-name-empty",
        family="chat_completions",
        sentence="The first fragment has an empty name.",
        rules=("chat.stream.tool-name-first", "case.tool-called"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(edit(having(f"{TOOL}/id"), put(f"{TOOL}/function/name", ""))),
        url="https://github.com/vercel/ai/pull/16507",
    ),
    Fault(
        id="chat-report-empty-arguments-fatal",
        family="chat_completions",
        sentence="An empty fragment ends a stream with an error.",
        rules=("case.answer-stop", "case.tool-arguments"),
        cases="chat_completions/tools/auto[stream=true]",
        apply=on_events(exchange(later_fragment, FAILED, number=1), stop_after(having("/error"))),
        url="https://github.com/BerriAI/litellm/pull/39288",
    ),
    Fault(
        id="chat-report-calls-without-content",
        family="chat_completions",
        sentence="A message that calls tools has no content, not even null.",
        rules=("chat.message.content",),
        cases="chat_completions/tools/auto[stream=false]",
        apply=on_json(drop(f"{MESSAGE}/content")),
        url="https://github.com/BerriAI/litellm/pull/39268",
    ),
    Fault(
        id="chat-report-call-ids-of-names",
        family="chat_completions",
        sentence="The ids of calls are made of the name alone.",
        rules=("chat.tool-call.ids-unique",),
        cases="chat_completions/tools/parallel[stream=false]",
        apply=on_json(put(f"{MESSAGE}/tool_calls/*/id", "functions.get_weather:0")),
        url="https://github.com/cloudflare/ai/pull/527",
    ),
    Fault(
        id="chat-report-named-mode-collapsed",
        family="chat_completions",
        sentence="A forced tool that is named like a mode is taken for the mode.",
        rules=("chat.fit.tool-forced", "case.tool-called"),
        cases="chat_completions/tools/named-like-a-mode*",
        apply=on_request(
            at(
                "/tool_choice",
                lambda choice: (
                    choice["function"]["name"]
                    if isinstance(choice, dict)
                    and choice.get("function", {}).get("name") in ("none", "auto", "required")
                    else choice
                ),
            )
        ),
        url="https://github.com/tetherto/qvac/pull/4524",
    ),
    Fault(
        id="chat-report-words-beside-calls",
        family="chat_completions",
        sentence="A history with words beside a call is answered with 500.",
        rules=("case.accepted", "error.type.agrees"),
        cases="chat_completions/tools/words-beside-a-call",
        apply=if_(refuse(500, "Internal server error."), words_beside_calls),
        url="https://github.com/vllm-project/vllm/issues/16774",
    ),
)
