"""Faults that end the session of an agent: one member, tool or item of its requests is refused, or taken away.

Codex gives no answer after the refusal of most of them; see `cases/responses/clients.yaml`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, on_call, on_json, on_request, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import refuse, reply_bytes
from conformance.reference.changes.responses import of_type, on_items, on_response
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call

CASES, BEHIND = "responses/clients/", "upstream/agents-responses/"
Body = Mapping[str, Any]


def _members(*names: str) -> Callable[[Body], bool]:
    return lambda body: any(name in body for name in names)


def _of_type(member: str, kind: str) -> Callable[[Body], bool]:
    """Whether a list of the request has a member of this type."""
    return lambda body: isinstance(body.get(member), list) and any(one.get("type") == kind for one in body[member])


def _says(text: str) -> Callable[[Body], bool]:
    return lambda body: text in json.dumps(body)


ALONE, REASONING, OTHERS = "alone[shape={}]", "alone-with-reasoning[shape={}]", "alone-from-others[shape={}]"
REFUSED: Sequence[tuple[str, str, str, Callable[[Body], bool]]] = (
    ("client-metadata", "`client_metadata`", ALONE, _members("client_metadata")),
    ("prompt-cache-key", "`prompt_cache_key`", ALONE, _members("prompt_cache_key")),
    ("web-search", "A declared web search", ALONE, _of_type("tools", "web_search")),
    ("namespace", "A namespace of tools", ALONE, _of_type("tools", "namespace")),
    ("tool-search", "A declared tool search", ALONE, _of_type("tools", "tool_search")),
    ("additional-tools", "An `additional_tools` item", ALONE, _of_type("input", "additional_tools")),
    ("grammar", "A custom tool", "alone-with-a-grammar[shape={}]", _of_type("tools", "custom")),
    ("include", "`include`", REASONING, _members("include")),
    ("reasoning-summary", "`reasoning.summary`", REASONING, _says('"summary"')),
    ("reasoning-context", "`reasoning.context`", REASONING, _says('"context"')),
    ("verbosity", "`text.verbosity`", REASONING, _members("text")),
    ("verbosity-and-format", "`text.verbosity` beside a format", REASONING, _says('"format"')),
    ("empty-lists", "An empty list of tools", OTHERS, lambda body: body.get("tools") == []),
    ("sources", "A wish for sources", OTHERS, _says("action.sources")),
    ("context-management", "`context_management`", OTHERS, _members("context_management")),
    ("cache-options", "`prompt_cache_options`", OTHERS, _members("prompt_cache_options")),
    ("safety-identifier", "A long `safety_identifier`", OTHERS, lambda body: len(body["safety_identifier"]) > 64),
    ("developer-with-id", "A message of the developer with an id", OTHERS, _says('"msg_7c1f')),
    ("texts", "A message of the assistant whose content is a string", OTHERS, _says('"assistant"')),
    ("passthrough", "Metadata of a message", OTHERS, _says("metadata_passthrough")),
    ("phase", "The `phase` of a message", OTHERS, _says('"phase"')),
    ("output-with-id", "The id of the output of a call", OTHERS, _says('"fco_7c1f')),
    ("output-without-call", "The output of a tool that was not called", OTHERS, _says('"goal_objective"')),
    (
        "null-content",
        "`content` null of a reasoning item",
        "reasoning-replayed[content=null]",
        _says('"content": null'),
    ),
)
"""The shape that is refused, its words, the case that has it, and the test for a request that has it."""


def _refused(id_: str, what: str, case: str, has: Callable[[Body], bool]) -> Fault:
    refusal = refuse(400, f"Unknown parameter: {what}.", code="unknown_parameter")
    return Fault(
        id=f"responses-agent-{id_}-refused",
        family="responses",
        sentence=f"{what} is refused.",
        rules=("case.accepted",),
        cases=CASES + case.format(id_),
        apply=if_(refusal, lambda call: has(_body(call))),
    )


def _body(call: Call) -> Body:
    body: Body = json.loads(call.body or b"{}")
    return body


def _joined(call: JSON) -> JSON:
    """A call whose namespace stands before its name."""
    space = call.get("namespace")
    rest = {name: value for name, value in call.items() if name != "namespace"}
    return {**rest, "name": f"{space}__{call['name']}"} if space else call


def _without_namespace(call: JSON) -> JSON:
    return {name: value for name, value in call.items() if name != "namespace"}


def _plain(items: JSON) -> JSON:
    return [item for item in items if item.get("type") != "additional_tools"] if isinstance(items, list) else items


def _own(items: JSON) -> JSON:
    return [item for item in items if item["type"] in ("message", "function_call")]


def _is(method: str, path: str) -> Callable[[Call], bool]:
    return lambda call: (call.method, call.path) == (method, path)


UPGRADE = _is("GET", "/v1/responses")
PAGE = b"<html><body>Not Found</body></html>"

FAULTS = (
    *(_refused(*row) for row in REFUSED),
    Fault(
        id="responses-agent-namespace-joined",
        family="responses",
        sentence="The namespace of a tool is joined with its name in one word.",
        rules=("responses.request.namespace", "case.tool-called"),
        cases=f"{CASES}namespace-called[stream=false]",
        apply=on_items(lambda place: of_type("function_call", place, _joined)),
    ),
    Fault(
        id="responses-agent-namespace-lost",
        family="responses",
        sentence="A call of a tool in a namespace comes without the namespace.",
        rules=("responses.request.namespace",),
        cases=f"{CASES}{{namespace-called,additional-tools-called}}*",
        apply=on_items(lambda place: of_type("function_call", place, _without_namespace)),
    ),
    Fault(
        id="responses-agent-namespace-untranslated",
        family="responses",
        sentence="A call comes without its namespace through an upstream that has no namespaces.",
        rules=("responses.request.namespace", "case.value"),
        cases=f"{BEHIND}namespace-crossed*",
        apply=on_items(lambda place: of_type("function_call", place, _without_namespace)),
    ),
    Fault(
        id="responses-agent-added-tools-lost",
        family="responses",
        sentence="Items with additional tools do not reach the provider.",
        rules=("case.tool-chosen",),
        cases=f"{CASES}additional-tools-called",
        apply=on_request(at("/input", _plain)),
    ),
    Fault(
        id="responses-agent-metadata-dropped",
        family="responses",
        sentence="`client_metadata` does not reach the upstream.",
        rules=("upstream.value",),
        cases=f"{BEHIND}request",
        apply=on_request(drop("/client_metadata")),
    ),
    Fault(
        id="responses-agent-phase-dropped",
        family="responses",
        sentence="The `phase` of a message does not reach the upstream.",
        rules=("upstream.value",),
        cases=f"{BEHIND}request",
        apply=on_request(drop("/input/*/phase")),
    ),
    Fault(
        id="responses-agent-items-left-out",
        family="responses",
        sentence="Items of hosted tools do not reach the client.",
        rules=("case.value", "upstream.answer.results"),
        cases=f"{BEHIND}hosted[stream=false]",
        apply=on_json(at("/output", _own)),
    ),
    Fault(
        id="responses-agent-failure-unexplained",
        family="responses",
        sentence="A response that fails has the code `server_error`, whatever the upstream says.",
        rules=("case.value",),
        cases=f"{BEHIND}failed*",
        apply=on_response(lambda place: put(f"{place}/error/code", "server_error", new=False)),
    ),
    Fault(
        id="responses-agent-upgrade-refused",
        family="responses",
        sentence="An upgrade to WebSockets is answered with 400, after which Codex exits.",
        rules=("case.status",),
        cases=f"{CASES}upgrade",
        apply=if_(refuse(400, "This is not a WebSocket."), UPGRADE),
    ),
    Fault(
        id="responses-agent-upgrade-unexplained",
        family="responses",
        sentence="An upgrade to WebSockets is answered with 404, after which Codex tries it six more times.",
        rules=("case.status-usual",),
        cases=f"{CASES}upgrade",
        apply=if_(refuse(404, "There is nothing here."), UPGRADE),
    ),
    Fault(
        id="responses-agent-resumed-from-the-start",
        family="responses",
        sentence="A stream that is resumed begins with its first event again.",
        rules=("responses.stream.resumed",),
        cases="responses/background/resumed",
        apply=on_call(lambda call: replace(call, target=call.target.replace(b"starting_after", b"after"))),
    ),
    Fault(
        id="responses-agent-compact-page",
        family="responses",
        sentence="The path of compaction is answered with an HTML page.",
        rules=("http.body.html",),
        cases=f"{CASES}beside[path=compact]",
        apply=if_(reply_bytes(404, PAGE, "text/html"), _is("POST", "/v1/responses/compact")),
    ),
    Fault(
        id="responses-agent-compact-not-allowed",
        family="responses",
        sentence="The path of compaction is taken for the id of a response, and refused with 405.",
        rules=("case.status",),
        cases=f"{CASES}beside[path=compact]",
        apply=if_(refuse(405, "Use GET."), _is("POST", "/v1/responses/compact")),
    ),
)
