"""Tools, calls and results that do not reach the upstream as the client sent them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes import Edit, drop, on_request
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.upstream.edits import members, schemas, tools, turns, without

TOOLS = "upstream.request.tools"
NOTES = "upstream.request.tool-notes"
STRICT = "upstream.request.tool-strict"
CHOICE = "upstream.request.tool-choice"
CALLS = "upstream.request.calls"
ECHO_TOOLS = "responses.echo.tools"
ECHO_CHOICE = "responses.echo.tool-choice"
ECHO_PARALLEL = "responses.echo.parallel-tool-calls"
NATIVE = "upstream.request.native-content"

_REPORTS = {
    "encrypted-reasoning-lost": "https://github.com/maximhq/bifrost/issues/5410",
    "limits-lost": "https://github.com/Fast-Editor/Lynkr/issues/116",
    "deferred-tools-loaded": "https://github.com/theopenco/llmgateway/pull/3603",
}
"""Fault -> the report of a real gateway's defect, which it replays."""
_FAMILIES = {"chat": "chat_completions", "responses": "responses", "messages": "messages"}
_RESULT_IDS = ("tool_call_id", "call_id", "tool_use_id")


def _fault(id_: str, case: str, sentence: str, edit: Edit, *rules: str) -> Fault:
    """A fault of the family that a case's id begins with, in its native lane."""
    family = _FAMILIES[case.partition("-")[0]]
    cases = f"upstream/request-tools/{case}[upstream={family}]"
    return Fault(
        id=f"upstream-{id_}",
        url=_REPORTS.get(id_, ""),
        family=family,
        sentence=sentence,
        rules=rules,
        cases=cases,
        apply=on_request(edit),
    )


def _in_all(id_: str, case: str, sentence: str, edit: Edit, rule: str, echo: str = "") -> tuple[Fault, ...]:
    """The same fault in each family. `echo` is the rule about the parameter in an answer of Responses."""
    return tuple(
        _fault(
            f"{kind}-{id_}", f"{kind}-{case}", sentence, edit, rule, *([echo] if echo and kind == "responses" else [])
        )
        for kind in _FAMILIES
    )


def _results(body: JSON) -> list[dict[str, Any]]:
    """The tool results of a request, in any family."""
    found = []
    for turn in body.get("messages") or body.get("input") or ():
        content = turn.get("content") if isinstance(turn.get("content"), list) else ()
        for each in (turn, *content):
            if each.get("role") == "tool" or each.get("type") in ("function_call_output", "tool_result"):
                found.append(each)
    return found


def _on_results(function: Callable[[list[dict[str, Any]]], None]) -> Edit:
    def edit(body: JSON) -> JSON:
        function(_results(body))
        return body

    return edit


def _id_name(result: dict[str, Any]) -> str:
    return next(name for name in _RESULT_IDS if name in result)


def _rotate_ids(results: list[dict[str, Any]]) -> None:
    """Gives each result the id of the next one."""
    if results:
        name = _id_name(results[0])
        ids = [result[name] for result in results]
        for result, id_ in zip(results, [*ids[1:], ids[0]], strict=True):
            result[name] = id_


def _same_id(results: list[dict[str, Any]]) -> None:
    """Gives each result the id of the first one."""
    for result in results:
        result[_id_name(result)] = results[0][_id_name(result)]


def _without_results(all_turns: list[Any]) -> list[Any]:
    """The turns without tool results."""
    kept = [turn for turn in all_turns if turn.get("role") != "tool" and turn.get("type") != "function_call_output"]
    for turn in kept:
        if isinstance(turn.get("content"), list):
            turn["content"] = [block for block in turn["content"] if block.get("type") != "tool_result"]
    return kept


def _results_last(all_turns: list[Any]) -> list[Any]:
    """The turns with the tool results behind all others."""
    return sorted(all_turns, key=lambda turn: turn.get("role") == "tool" or turn.get("type") == "function_call_output")


def _arguments(function: Callable[[JSON], JSON]) -> Edit:
    """Edits the arguments of all calls, in any family."""

    def of_string(value: JSON) -> JSON:
        return json.dumps(function(json.loads(value))) if isinstance(value, str) else value

    def edit(body: JSON) -> JSON:
        body = members("arguments", of_string)(body)
        if isinstance(body.get("messages"), list):
            body["messages"] = members("input", lambda value: function(value) if isinstance(value, dict) else value)(
                body["messages"]
            )
        return body

    return edit


def _as_texts(value: JSON) -> JSON:
    return {key: str(member) for key, member in value.items()}


def _without_nulls(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _without_nulls(member) for key, member in value.items() if member is not None}
    return [_without_nulls(each) for each in value if each is not None] if isinstance(value, list) else value


def _ascii(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _ascii(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_ascii(each) for each in value]
    return value.encode("ascii", "ignore").decode() if isinstance(value, str) else value


def _empty_results_dropped(all_turns: list[Any]) -> list[Any]:
    """The turns without results that have no text."""
    kept = [turn for turn in all_turns if not (turn.get("role") == "tool" and not turn["content"])]
    kept = [turn for turn in kept if turn.get("output") != ""]
    for turn in kept:
        if isinstance(turn.get("content"), list):
            turn["content"] = [block for block in turn["content"] if block.get("content") != ""]
    return kept


def _first_call_only(all_turns: list[Any]) -> list[Any]:
    """The turns with the first call of an assistant's turn only."""
    for turn in all_turns:
        if turn.get("tool_calls"):
            turn["tool_calls"] = turn["tool_calls"][:1]
    return all_turns


def _first_any(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which the first alternative stands for all."""
    payment = schema.get("properties", {}).get("payment")
    if payment:
        schema["properties"]["payment"] = payment["anyOf"][0]
    return schema


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which references are objects of any shape."""

    def edit(value: JSON) -> JSON:
        if isinstance(value, dict):
            return {"type": "object"} if "$ref" in value else {key: edit(member) for key, member in value.items()}
        return [edit(each) for each in value] if isinstance(value, list) else value

    return {key: edit(member) for key, member in schema.items() if key != "$defs"}


def _only(count: int) -> Edit:
    return lambda body: {**body, "tools": body["tools"][:count]} if "tools" in body else body


def _choice(value: Callable[[JSON], JSON]) -> Edit:
    return lambda body: {**body, "tool_choice": value(body["tool_choice"])} if "tool_choice" in body else body


def _thinking(function: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Edit:
    """Edits the thinking blocks of the history."""

    def each(turn: JSON) -> JSON:
        if not isinstance(turn.get("content"), list):
            return turn
        made = [function(block) if block.get("type") == "thinking" else block for block in turn["content"]]
        return {**turn, "content": [block for block in made if block is not None]}

    return turns(lambda all_turns: [each(turn) for turn in all_turns])


FAULTS = (
    # Tools
    *_in_all(
        "description-lost",
        "nested-schema",
        "Tools go up without their descriptions.",
        tools(lambda tool: without(tool, "description")),
        TOOLS,
    ),
    _fault(
        "description-cut",
        "messages-many-tools",
        "The descriptions of tools go up with 10 characters.",
        tools(lambda tool: {**tool, "description": tool["description"][:10]}),
        TOOLS,
    ),
    _fault("twenty-tools", "chat-many-tools", "At most 20 tools go up.", _only(20), TOOLS),
    _fault(
        "sixteen-tools",
        "responses-many-tools",
        "At most 16 tools go up.",
        _only(16),
        TOOLS,
        ECHO_TOOLS,
    ),
    _fault(
        "tools-twice",
        "messages-many-tools",
        "Every tool goes up twice.",
        lambda body: {**body, "tools": body["tools"] * 2} if "tools" in body else body,
        TOOLS,
    ),
    _fault(
        "references-lost",
        "chat-nested-schema",
        "References in schemas go up as objects of any shape.",
        schemas(_resolved),
        TOOLS,
    ),
    _fault(
        "alternatives-lost",
        "responses-nested-schema",
        "Of several alternatives in a schema, only the first goes up.",
        schemas(_first_any),
        TOOLS,
    ),
    _fault(
        "limits-lost",
        "messages-nested-schema",
        "Limits in schemas do not go up.",
        schemas(lambda schema: without(schema, "minimum", "maximum", "minItems", "maxItems", "exclusiveMinimum")),
        TOOLS,
    ),
    _fault(
        "enums-lost",
        "chat-nested-schema",
        "The allowed values in schemas do not go up.",
        schemas(lambda schema: without(schema, "enum", "const")),
        TOOLS,
    ),
    _fault(
        "notes-lost",
        "messages-nested-schema",
        "Defaults and examples in schemas do not go up.",
        schemas(lambda schema: without(schema, "default", "examples")),
        NOTES,
    ),
    *_in_all(
        "bare-tool-lost",
        "bare-tool",
        "Tools without a description do not go up.",
        drop("/tools"),
        TOOLS,
        ECHO_TOOLS,
    ),
    _fault("custom-tool-lost", "chat-custom-tool", "Custom tools do not go up.", drop("/tools"), TOOLS),
    _fault(
        "custom-format-lost",
        "responses-custom-tool",
        "Custom tools go up without their format.",
        tools(lambda tool: without(tool, "format")),
        TOOLS,
    ),
    *_in_all(
        "strict-lost", "strict", "Strict tools go up as others.", tools(lambda tool: without(tool, "strict")), STRICT
    ),
    _fault(
        "web-search-lost",
        "chat-web-search",
        "The options of the web search do not go up.",
        drop("/web_search_options"),
        "upstream.value",
    ),
    _fault(
        "provider-tool-changed",
        "responses-provider-tools",
        "Tools that the provider runs go up without their settings.",
        lambda body: without(body, "search_context_size", "user_location"),
        TOOLS,
    ),
    _fault(
        "provider-tool-lost",
        "messages-provider-tools",
        "Tools that the provider runs do not go up.",
        lambda body: {**body, "tools": [tool for tool in body.get("tools", ()) if "type" not in tool]},
        TOOLS,
    ),
    _fault(
        "deferred-tools-loaded",
        "messages-deferred-tools",
        "Tools go up without defer_loading.",
        tools(lambda tool: without(tool, "defer_loading")),
        TOOLS,
    ),
    # The choice
    *_in_all(
        "choice-lost",
        "choice-any",
        "The choice of any tool does not go up.",
        drop("/tool_choice"),
        CHOICE,
        ECHO_CHOICE,
    ),
    _fault(
        "named-choice-lost",
        "chat-choice-named",
        "The choice of one tool goes up as that of any.",
        _choice(lambda _value: "required"),
        CHOICE,
    ),
    _fault(
        "named-choice-lost-responses",
        "responses-choice-named",
        "The choice of one tool goes up as that of any.",
        _choice(lambda _value: "required"),
        CHOICE,
        ECHO_CHOICE,
    ),
    _fault(
        "named-choice-lost-messages",
        "messages-choice-named",
        "The choice of one tool goes up as that of any.",
        _choice(lambda _value: {"type": "any"}),
        CHOICE,
    ),
    *_in_all(
        "no-choice-lost",
        "choice-none",
        "The choice of no tool does not go up.",
        drop("/tool_choice"),
        CHOICE,
        ECHO_CHOICE,
    ),
    *_in_all(
        "limit-to-one-call-lost",
        "one-at-a-time",
        "The limit to one tool call at a time does not go up.",
        lambda body: without(body, "parallel_tool_calls", "disable_parallel_tool_use"),
        CHOICE,
        ECHO_PARALLEL,
    ),
    _fault(
        "allowed-tools-lost",
        "chat-allowed-tools",
        "A choice among allowed tools goes up as auto.",
        _choice(lambda _value: "auto"),
        CHOICE,
    ),
    _fault(
        "allowed-tools-lost-responses",
        "responses-allowed-tools",
        "A choice among allowed tools goes up as auto.",
        _choice(lambda _value: "auto"),
        CHOICE,
    ),
    # Calls and results
    *_in_all(
        "results-swapped",
        "parallel-results",
        "The results of parallel calls go up with the ids of other calls.",
        _on_results(_rotate_ids),
        CALLS,
    ),
    _fault(
        "result-ids-same",
        "chat-parallel-results",
        "All results go up with the id of the first call.",
        _on_results(_same_id),
        CALLS,
    ),
    _fault(
        "first-call-only",
        "chat-parallel-results",
        "Of parallel calls, only the first goes up.",
        turns(_first_call_only),
        CALLS,
    ),
    *_in_all("results-lost", "round-trip", "Tool results do not go up.", turns(_without_results), CALLS),
    _fault("results-last", "chat-several-rounds", "Tool results go up behind all turns.", turns(_results_last), CALLS),
    _fault(
        "results-last-responses",
        "responses-several-rounds",
        "Tool results go up behind all turns.",
        turns(_results_last),
        CALLS,
    ),
    _fault(
        "round-results-swapped",
        "messages-several-rounds",
        "The results of several rounds go up with the ids of other calls.",
        _on_results(_rotate_ids),
        CALLS,
    ),
    _fault(
        "arguments-as-text",
        "messages-arguments",
        "The arguments of calls go up as texts.",
        _arguments(_as_texts),
        CALLS,
    ),
    _fault(
        "arguments-without-null",
        "chat-arguments",
        "The arguments of calls go up without nulls.",
        _arguments(_without_nulls),
        CALLS,
    ),
    _fault(
        "arguments-in-ascii",
        "responses-arguments",
        "The arguments of calls go up without letters outside of ASCII.",
        _arguments(_ascii),
        CALLS,
    ),
    *_in_all(
        "empty-result-lost",
        "empty-result",
        "Tool results without text do not go up.",
        turns(_empty_results_dropped),
        CALLS,
    ),
    _fault(
        "error-result-lost",
        "messages-error-result",
        "Tool results that are errors go up as others.",
        lambda body: without(body, "is_error"),
        CALLS,
    ),
    _fault(
        "custom-result-changed",
        "responses-custom-tool",
        "The calls of custom tools go up with trimmed input.",
        turns(
            lambda all_turns: [
                {**turn, "input": turn["input"][:-3]} if turn.get("type") == "custom_tool_call" else turn
                for turn in all_turns
            ]
        ),
        CALLS,
    ),
    # Reasoning
    _fault(
        "signature-lost",
        "messages-thinking-history",
        "Thinking goes up without its signature.",
        _thinking(lambda block: without(block, "signature")),
        NATIVE,
    ),
    _fault(
        "thinking-trimmed",
        "messages-thinking-history",
        "Thinking goes up with its white space folded.",
        _thinking(lambda block: {**block, "thinking": " ".join(block["thinking"].split())}),
        NATIVE,
    ),
    _fault(
        "thinking-lost", "messages-thinking-history", "Thinking does not go up.", _thinking(lambda _block: None), NATIVE
    ),
    _fault(
        "encrypted-reasoning-lost",
        "responses-reasoning-history",
        "Encrypted reasoning does not go up.",
        lambda body: without(body, "encrypted_content"),
        NATIVE,
    ),
)
