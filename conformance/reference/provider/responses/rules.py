"""Refuses invalid Responses requests as the official API does, by their schema and by rules between fields."""

from __future__ import annotations

from collections.abc import Sequence

from .. import openai_common as common
from ..error_messages import openai_refusal
from ..errors import Refused
from ..prompt import JSON
from ..validation import Problem, problems
from .schema import CHOSEN_HOSTED, REQUEST
from .tools import callable_tools, declared, kind

_MOVED = {
    "messages": "input", "response_format": "text.format", "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens", "reasoning_effort": "reasoning.effort", "functions": "tools",
    "function_call": "tool_choice", "verbosity": "text.verbosity", "logprobs": "include",
}  # fmt: skip
_NOT_SERVED = ("prompt",)


def check(body: JSON, models: tuple[str, ...]) -> None:
    """Raises `Refused` for the first problem of the body that can be found without the history."""
    found = problems(REQUEST, body)
    if found:
        raise _refusal(found)
    for name in _NOT_SERVED:
        if body.get(name):
            raise Refused(f"'{name}' is not supported with this model.", param=name, code="unsupported_parameter")
    common.known_model(body["model"], models, param="model")
    _check_state(body)
    if body.get("input") in (None, []) and not (body.get("previous_response_id") or body.get("conversation")):
        raise Refused("The required parameter 'input' is missing.", param="input", code="missing_required_parameter")
    common.reject_stray_stream_options(body)
    format_ = (body.get("text") or {}).get("format") or {}
    if format_.get("type") == "json_schema":
        common.check_format(format_, "text.format.schema", "invalid_json_schema")
    _check_tools(body)


def _check_state(body: JSON) -> None:
    if body.get("previous_response_id") and body.get("conversation"):
        message = "'previous_response_id' cannot be used together with 'conversation'."
        raise Refused(message, param="previous_response_id", code="mutually_exclusive_parameters")
    if body.get("background") and body.get("store") is False:
        raise Refused("'background' needs 'store' to be true.", param="store", code="unsupported_value")


def _refusal(found: Sequence[Problem]) -> Refused:
    """Reports unknown top-level fields first, because they show a request meant for another endpoint."""
    top = [each for each in found if len(each.path) == 1]
    unknown = [each for each in top if each.kind == "unknown"]
    for name in (str(each.path[0]) for each in unknown):
        if name in _MOVED:
            message = f"'{name}' is not supported by the Responses API; use '{_MOVED[name]}' instead."
            return Refused(message, param=name, code="unsupported_parameter")
    missing = [each for each in top if each.kind == "missing"]
    return openai_refusal((unknown or missing or found)[0])


def _check_tools(body: JSON) -> None:
    tools = declared(body)
    for index, tool in enumerate(body.get("tools") or []):
        for inner, namespace in callable_tools([tool]):
            if inner["type"] == "function":
                common.check_function(inner, f"tools[{index}]" + (".tools" if namespace else ""))
    choice = body.get("tool_choice")
    if not tools and (choice == "required" or isinstance(choice, dict)):
        raise Refused("'tool_choice' is only allowed together with 'tools'.", param="tool_choice")
    if forces_hosted(choice) and kind(choice["type"]) not in [kind(tool["type"]) for tool in tools]:
        raise Refused(f"'tool_choice' names '{choice['type']}', which 'tools' does not offer.", param="tool_choice")
    offered = {tool["name"] for tool, _ in callable_tools(tools)}
    for name in chosen_names(choice):
        if name not in offered:
            raise Refused(f"'tool_choice' names the tool '{name}', which 'tools' does not offer.", param="tool_choice")


def forces_hosted(choice: JSON) -> bool:
    """Whether `tool_choice` forces a tool that runs at the provider."""
    return isinstance(choice, dict) and choice["type"] in CHOSEN_HOSTED


def chosen_names(choice: JSON) -> list[str]:
    """The tools that an object `tool_choice` names; hosted tools, also among allowed tools, have no name."""
    if not isinstance(choice, dict) or forces_hosted(choice):
        return []
    if choice["type"] == "allowed_tools":
        return [str(each["name"]) for each in choice["tools"] if "name" in each]
    return [choice["name"]]
