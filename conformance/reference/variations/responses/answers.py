"""Unusual but valid Responses.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.core.model import JSON
from conformance.reference.changes import at, chain, on_call, on_events, on_json
from conformance.reference.changes.documents import found
from conformance.reference.changes.flows import edit, having, of
from conformance.reference.changes.responses import is_response, on_items, on_response
from conformance.reference.variations.reasons import OPENAI_OPEN
from conformance.reference.variations.variation import Variation

_OBJECT = "https://platform.openai.com/docs/api-reference/responses/object"
_TYPES = "openai.types.responses"

_TOOLS = "responses/tools/{forced,parallel[,no-arg,nested,unicode,round-trip}* responses/usage/same-for-tools"
_ADDED = of("response.output_item.added")


def _with_text(response: dict[str, JSON]) -> dict[str, JSON]:
    texts = [text for text in found(response, "/output/*/content/*/text") if isinstance(text, str)]
    return {**response, "output_text": "".join(reversed(texts))}


def _less(item: dict[str, JSON], name: str) -> dict[str, JSON]:
    return {key: value for key, value in item.items() if key != name}


def _more(item: dict[str, JSON], kind: str, **members: JSON) -> dict[str, JSON]:
    return {**item, **members} if item.get("type") == kind else item


VARIATIONS = (
    Variation(
        id="responses-resolved-model",
        family="responses",
        sentence="The answer has the dated model behind the requested name.",
        why=f"`model` is the model that was used, not the name that was asked for ({_OBJECT}).",
        apply=on_response(lambda root: at(f"{root}/model", lambda name: f"vendor/{name}-2026-08-07")),
    ),
    Variation(
        id="responses-output-text",
        family="responses",
        sentence="The response also has its text in `output_text`, which the SDKs compute themselves.",
        why=f"{OPENAI_OPEN} The SDKs compute `output_text`, and ignore the member ({_TYPES}.Response.output_text).",
        apply=chain(
            on_json(lambda document: _with_text(document) if is_response(document) else document),
            on_events(edit(having("/response"), at("/response", _with_text))),
        ),
    ),
    Variation(
        id="responses-call-without-status",
        family="responses",
        sentence="Calls have no status.",
        why=f"It is optional ({_TYPES}.ResponseFunctionToolCall).",
        apply=on_items(
            lambda place: at(place, lambda item: _less(item, "status") if item["type"] == "function_call" else item)
        ),
        cases=_TOOLS,
        remarks=("responses.function-call.status",),
    ),
    Variation(
        id="responses-reasoning-with-status",
        family="responses",
        sentence="Reasoning items have a status.",
        why=f"It is optional ({_TYPES}.ResponseReasoningItem).",
        apply=chain(
            on_json(at("/output/*", lambda item: _more(item, "reasoning", status="completed"))),
            on_events(
                edit(_ADDED, at("/item", lambda item: _more(item, "reasoning", status="in_progress"))),
                edit(of("response.output_item.done"), at("/item", lambda i: _more(i, "reasoning", status="completed"))),
                edit(
                    having("/response"), at("/response/output/*", lambda i: _more(i, "reasoning", status="completed"))
                ),
            ),
        ),
        cases="responses/reasoning/effort*",
    ),
    Variation(
        id="responses-message-phase",
        family="responses",
        sentence="Messages have a phase.",
        why=f"`phase` is optional ({_TYPES}.ResponseOutputMessage).",
        apply=chain(
            on_items(lambda place: at(place, lambda item: _more(item, "message", phase="final_answer"))),
            on_call(lambda call: replace(call, body=call.body.replace(b', "phase": "final_answer"', b""))),
        ),
    ),
    Variation(
        id="responses-sealed-anew",
        family="responses",
        sentence="The encrypted reasoning of the final object differs from that of the item's last event.",
        why="The API encrypts it again each time; every version can be sent back.",
        apply=chain(
            on_call(lambda call: replace(call, body=call.body.replace(b'~new"', b'"'))),
            on_events(
                edit(having("/response"), at("/response/output/*/encrypted_content", lambda text: f"{text}~new"))
            ),
        ),
        cases="responses/reasoning/*",
    ),
)
