"""Unusual but valid chat completions.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.core.model import JSON
from conformance.reference.changes import Change, at, chain, drop, on_events, on_json, on_request, put, when
from conformance.reference.changes.chat import ARGUMENTS, CALL, ROLE, TEXT, role_only, with_delta
from conformance.reference.changes.flows import both, each, edit, everywhere, having, together
from conformance.reference.variations.reasons import OPENAI_OPEN
from conformance.reference.variations.variation import Variation

_OBJECT = "https://platform.openai.com/docs/api-reference/chat/object"
_HELPER = "openai-python adds the pieces up (openai/lib/streaming/_deltas.py)"

_TOOLS = (
    "chat_completions/tools/{forced,parallel[,no-arg,nested,unicode,round-trip}* chat_completions/usage/same-for-tools"
)


def _spread(arguments: str) -> str:
    return json.dumps(json.loads(arguments), indent=2, ensure_ascii=True)


def _one_piece_calls(*flows: Change) -> Change:
    return chain(on_events(together(ARGUMENTS, "/choices/*/index", f"{CALL}/index")), *flows)


def _reasoned(member: str, value: JSON, piece: JSON) -> Change:
    """A member that tells the reasoning; a client that sends it back is understood."""
    return chain(
        on_request(drop(f"/messages/*/{member}")),
        on_json(put(f"/choices/*/message/{member}", value)),
        on_events(each(both(having(ROLE), role_only), lambda frame: [frame, with_delta(frame, {member: piece})])),
    )


VARIATIONS = (
    Variation(
        id="chat-unknown-members",
        family="chat_completions",
        sentence="Every object has unknown members.",
        why=OPENAI_OPEN,
        apply=chain(
            on_request(
                drop("/messages/*/x_note"),
                drop("/messages/*/tool_calls/*/x_note"),
                drop("/messages/*/tool_calls/*/index"),
            ),
            everywhere(
                put("/provider", "acme"),
                put("/x_notes", [1, "two", None, {"three": 3}]),
                put("/choices/*/x_score", 0.5),
                put("/choices/*/native_finish_reason", "STOP"),
                put("/choices/*/message/x_note", "kept"),
                put("/choices/*/delta/x_note", "k"),
                put("/choices/*/message/tool_calls/*/x_note", {"a": 1}),
                put("/usage/cost", 0.00042),
            ),
            on_json(
                at(
                    "/choices/*/message/tool_calls",
                    lambda calls: [{"index": at, **call} for at, call in enumerate(calls)],
                )
            ),
        ),
    ),
    Variation(
        id="chat-resolved-model",
        family="chat_completions",
        sentence="The answer has the dated model behind the requested name.",
        why=f"`model` is the model that was used, not the name that was asked for ({_OBJECT}).",
        apply=everywhere(at("/model", lambda name: f"vendor/{name}-2026-08-07")),
    ),
    Variation(
        id="chat-empty-content-with-calls",
        family="chat_completions",
        sentence="The content of a message that only calls tools is an empty string.",
        why=f"`content` is a string or null ({_OBJECT}).",
        apply=everywhere(at("/choices/*/message/content", lambda text: text or ""), at(TEXT, lambda text: text or "")),
        cases=_TOOLS,
    ),
    Variation(
        id="chat-words-beside-calls",
        family="chat_completions",
        sentence="A message that calls tools also has text.",
        why=f"Content and calls are members of the same message ({_OBJECT}).",
        apply=when(
            chain(
                on_json(
                    at("/choices/*/message", lambda m: {**m, "content": "One moment."} if m.get("tool_calls") else m)
                ),
                on_events(
                    each(
                        both(
                            having(f"{CALL}/id"),
                            lambda frame: frame.json["choices"][0]["delta"]["tool_calls"][0]["index"] == 0,
                        ),
                        lambda frame: [with_delta(frame, {"content": "One moment."}), frame],
                    )
                ),
            ),
            tools=True,
        ),
        cases=_TOOLS,
    ),
    Variation(
        id="chat-forced-call-ends-with-calls",
        family="chat_completions",
        sentence="A forced call ends with `tool_calls` instead of OpenAI's `stop`.",
        why=f"`tool_calls` says that the model called a tool ({_OBJECT}).",
        apply=when(
            everywhere(at("/choices/*/finish_reason", lambda why: "tool_calls" if why == "stop" else why)),
            forced=True,
        ),
        cases="chat_completions/tools/forced* chat_completions/tools/auto* chat_completions/tools/round-trip*",
    ),
    Variation(
        id="chat-reasoning-content",
        family="chat_completions",
        sentence="The reasoning is a string in a member of its own.",
        why=f"{OPENAI_OPEN} `reasoning_content` is what many providers send; a text adds up: {_HELPER}.",
        apply=_reasoned("reasoning_content", "First the question.", "First the question."),
    ),
    Variation(
        id="chat-reasoning-details",
        family="chat_completions",
        sentence="The reasoning is a list of numbered parts.",
        why=f"{OPENAI_OPEN} A list of objects with an `index` adds up: {_HELPER}.",
        apply=_reasoned(
            "reasoning_details",
            [{"index": 0, "type": "reasoning.text", "text": "First the question."}],
            [{"index": 0, "type": "reasoning.text", "text": "First the question."}],
        ),
    ),
    Variation(
        id="chat-arguments-spread",
        family="chat_completions",
        sentence="The arguments of calls are JSON on several lines, with escapes.",
        why=f"The arguments are JSON as the model writes it ({_OBJECT}).",
        apply=_one_piece_calls(
            on_json(at("/choices/*/message/tool_calls/*/function/arguments", _spread)),
            on_events(edit(having(ARGUMENTS), at(ARGUMENTS, lambda text: _spread(text) if text else text))),
        ),
        cases=_TOOLS,
    ),
)
