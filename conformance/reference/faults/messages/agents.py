"""Parts of agents' requests that are refused, or do not reach the provider."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, drop, on_request
from conformance.reference.changes.asked import if_
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault


def _refused(name: str, sentence: str, text: bytes, message: str, cases: str, *rules: str) -> Fault:
    """A fault that refuses requests with this text in their body."""
    change = if_(refuse(400, message), lambda call: text in call.body)
    return Fault(
        id=f"messages-{name}-refused",
        family="messages",
        sentence=sentence,
        rules=rules or ("case.accepted",),
        cases=cases,
        apply=change,
    )


def _without_references(content: JSON) -> JSON:
    if not isinstance(content, list):
        return content
    return [each for each in content if each["type"] != "tool_reference"]


FAULTS = (
    _refused(
        "context-management-in-other-words",
        "context_management is refused in words that clients do not look for.",
        b'"context_management"',
        "The parameter context_management is not supported by this provider.",
        "messages/agents/context-management* messages/agents/whole-turns",
        "messages.refusal.field",
        "case.accepted",
    ),
    _refused(
        "context-management",
        "context_management is refused in the API's words.",
        b'"context_management"',
        "context_management: Extra inputs are not permitted",
        "messages/agents/context-management*",
    ),
    _refused(
        "unknown-field-in-other-words",
        "An unknown parameter is refused in words that clients do not look for.",
        b"frobnicate",
        "Unknown parameter: frobnicate.",
        "messages/errors/unknown-parameter messages/errors/unknown-parameter-where-strict*",
        "messages.refusal.unknown-field",
    ),
    _refused(
        "metadata",
        "metadata is refused.",
        b'"metadata"',
        "metadata: this is not supported",
        "messages/agents/user-as-json-text",
    ),
    _refused(
        "effort",
        "output_config is refused.",
        b'"output_config"',
        "output_config: this is not supported",
        "messages/agents/effort-levels*",
    ),
    _refused(
        "hidden-thinking",
        "The display of thinking is refused.",
        b'"display"',
        "thinking.adaptive.display: this is not supported",
        "messages/agents/thinking-display* messages/agents/thinking-budget-display",
    ),
    _refused(
        "system-message",
        "System messages after the first turn are refused.",
        b'"role": "system"',
        "messages.1.role: the role has to be user or assistant",
        "messages/agents/system-message*",
    ),
    _refused(
        "deferred-tool",
        "Deferred tools are refused.",
        b'"defer_loading"',
        "tools.1.custom.defer_loading: Extra inputs are not permitted",
        "messages/agents/deferred-tool*",
    ),
    _refused(
        "eager-input",
        "Tools with eager_input_streaming are refused.",
        b'"eager_input_streaming"',
        "tools.0.custom.eager_input_streaming: Extra inputs are not permitted",
        "messages/agents/eager-input*",
    ),
    _refused(
        "caller",
        "Calls that name their caller are refused.",
        b'"caller"',
        "messages.1.content.0.tool_use.caller: Extra inputs are not permitted",
        "messages/agents/call-with-a-caller",
    ),
    _refused(
        "unused-server-tool",
        "Requests with a tool of the server are refused.",
        b'"web_search_20250305"',
        "tools.0: this type of tool is not known",
        "messages/agents/unused-server-tool*",
    ),
    _refused(
        "mark",
        "Cache marks are refused, except in the system prompt.",
        b'"toolu_1", "name": "lookup_code", "input": {}, "cache_control"',
        "messages.1.content.0.tool_use.cache_control: Extra inputs are not permitted",
        "messages/agents/marks-everywhere*",
    ),
    _refused(
        "many-tools",
        "Requests with more than a few tools are refused.",
        b'"list_tasks"',
        "tools: at most 16 tools are possible",
        "messages/agents/many-tools*",
    ),
    Fault(
        id="messages-tool-references-dropped",
        family="messages",
        sentence="References to tools are removed from results, so the tool that they load cannot be called.",
        rules=("case.tool-chosen",),
        cases="messages/agents/deferred-tool*",
        apply=on_request(at("/messages/*/content/*/content", _without_references)),
    ),
    Fault(
        id="messages-system-messages-dropped",
        family="messages",
        sentence="System messages after the first turn do not reach the provider.",
        rules=("case.answer-text",),
        cases="messages/agents/system-message-after-the-first-turn*",
        apply=on_request(at("/messages", lambda turns: [turn for turn in turns if turn["role"] != "system"])),
    ),
    Fault(
        id="messages-served-results-dropped",
        family="messages",
        sentence="Pages that a tool of the server has read are removed from the history.",
        rules=("case.answer-text",),
        cases="messages/blocks/server-tools-in-history*",
        apply=on_request(
            at(
                "/messages/1/content",
                lambda blocks: [each for each in blocks if each["type"] != "web_fetch_tool_result"],
            )
        ),
    ),
    Fault(
        id="messages-citations-setting-dropped",
        family="messages",
        sentence="The wish for citations does not reach the provider.",
        rules=("case.value",),
        cases="messages/blocks/citations*",
        apply=on_request(drop("/messages/0/content/0/citations")),
    ),
)
