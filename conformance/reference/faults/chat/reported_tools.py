"""Reported defects of real gateways: tool calls of Chat Completions, and answers from a cache.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.core.model import JSON
from conformance.reference.changes import GONE, Change, at, on_events, on_json, on_request
from conformance.reference.changes.asked import if_
from conformance.reference.changes.chat import ARGUMENTS, CALL, later_fragment
from conformance.reference.changes.flows import both, edit, having, lose
from conformance.reference.changes.frames import Frame
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import whole


def cached() -> Change:
    """Answers a request as before, streamed or not, if the answer before was one document.

    The answers are kept outside of the change, because each call gets its own copy of it.
    """
    kept: dict[str, tuple[Answer, bytes]] = {}

    def change(answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            asked = json.loads(call.body)
            key = json.dumps({name: value for name, value in asked.items() if name != "stream"})
            if key not in kept:
                answer = await answering(call)
                if asked.get("stream"):
                    return answer
                kept[key] = answer, b"".join([piece async for piece in answer.body])
            answer, body = kept[key]
            return replace(answer, body=whole(body))

        return changed

    return change


def _second(place: str) -> Callable[[Frame], bool]:
    """Whether a chunk has the second call at this place."""
    return lambda frame: having(place)(frame) and frame.json["choices"][0]["delta"]["tool_calls"][0]["index"] == 1


def _split(call: JSON) -> JSON:
    """The fragments after the first one as an entry of their own, with null for its id and name."""
    return {**call, "index": 1, "id": None, "function": {**call["function"], "name": None}}


def _as_function(call: JSON) -> JSON:
    """The call of a custom tool as a function call."""
    custom = call["custom"]
    function = {"name": custom["name"], "arguments": json.dumps({"input": custom["input"]})}
    return {"id": call["id"], "type": "function", "function": function}


def _shows_picture(call: Call) -> bool:
    return b'"image_url"' in call.body


FAULTS = (
    Fault(
        id="chat-report-call-split",
        family="chat_completions",
        sentence="A streamed call comes as two: one with its name, one with its arguments and null for id and name.",
        rules=(
            "chat.delta.tool-strings",
            "chat.stream.tool-id-first",
            "chat.stream.tool-name-first",
            "chat.stream.tool-type-first",
            "chat.tool-call.arguments-json",
            "case.tool-called",
        ),
        cases="chat_completions/tools/forced[stream=true]",
        apply=on_events(edit(later_fragment, at(CALL, _split))),
        url="https://github.com/sgl-project/sglang/issues/23071",
    ),
    Fault(
        id="chat-report-second-arguments-lost",
        family="chat_completions",
        sentence="The second of two calls in a stream has no arguments.",
        rules=("chat.tool-call.arguments-json", "case.tool-arguments"),
        cases="chat_completions/tools/parallel[stream=true]",
        apply=on_events(lose(both(_second(ARGUMENTS), later_fragment))),
        url="https://github.com/sgl-project/sglang/issues/37634",
    ),
    Fault(
        id="chat-report-call-hollow",
        family="chat_completions",
        sentence="A call is followed by one with an empty id and without a function.",
        rules=("chat.tool-call.id", "chat.tool-call.shape", "case.tool-called"),
        cases="chat_completions/tools/forced[stream=false]",
        apply=on_json(
            at("/choices/*/message/tool_calls", lambda calls: [*calls, {"id": "", "type": "function"}]),
        ),
        url="https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/830",
    ),
    Fault(
        id="chat-custom-as-function",
        family="chat_completions",
        sentence="The call of a custom tool comes as a function call whose arguments hold the input.",
        rules=("chat.tool-call.kind", "case.present"),
        cases="chat_completions/tools/custom",
        apply=on_json(at("/choices/*/message/tool_calls/*", _as_function)),
    ),
    Fault(
        id="chat-report-picture-breaks-gateway",
        family="chat_completions",
        sentence="An image makes the gateway fail.",
        rules=("case.accepted", "error.type.agrees"),
        cases="chat_completions/vision/data-url*",
        apply=if_(refuse(500, "Internal server error."), _shows_picture),
        url="https://github.com/LuthienResearch/luthien-proxy/issues/94",
    ),
    Fault(
        id="chat-report-other-tools-left-out",
        family="chat_completions",
        sentence="Tools that are not functions are left out.",
        rules=("case.refused",),
        cases="chat_completions/errors/unknown-tool-type*",
        apply=on_request(at("/tools", lambda tools: [tool for tool in tools if tool["type"] == "function"] or GONE)),
        url="https://github.com/future-agi/future-agi/pull/2302",
    ),
    Fault(
        id="chat-report-cache-repeats",
        family="chat_completions",
        sentence="A request that was answered before gets the same document again, with the same id, even as a stream.",
        rules=("http.stream.expected", "case.value"),
        cases="chat_completions/text/asked-again",
        apply=cached(),
        url="https://github.com/vllm-project/semantic-router/pull/946",
    ),
)
