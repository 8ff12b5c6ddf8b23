"""Refuses invalid Chat Completions requests as the official API does, by their schema and by rules between fields."""

from __future__ import annotations

from collections.abc import Sequence

from .. import openai_common as common
from ..error_messages import openai_refusal
from ..errors import Refused
from ..prompt import JSON
from ..validation import Problem, problems
from .schema import REQUEST

_KNOWN_ELSEWHERE = frozenset((
    "input", "instructions", "max_output_tokens", "previous_response_id", "reasoning", "text", "include",
    "truncation", "conversation", "prompt", "background", "system", "stop_sequences", "thinking", "top_k",
    "output_config", "max_tool_calls",
))  # fmt: skip


def check(body: JSON, models: tuple[str, ...]) -> None:
    """Raises `Refused` for the first problem of the body."""
    found = problems(REQUEST, body)
    if found:
        raise _refusal(found)
    if "audio" in (body.get("modalities") or []) and not body.get("audio"):
        raise Refused("'audio' is required when 'modalities' has 'audio'.", param="audio",
                      code="missing_required_parameter")  # fmt: skip
    common.known_model(body["model"], models, param=None)
    _check_relations(body)
    _check_tools(body)
    _check_history(body["messages"])


def _refusal(found: Sequence[Problem]) -> Refused:
    """Reports missing top-level fields first, then unknown ones, then the rest in the order of the fields."""
    missing = [each for each in found if each.kind == "missing" and len(each.path) == 1]
    if missing and missing[0].path == ("model",):
        return Refused("A model has to be given: the parameter 'model' is missing.")
    unknown = [str(each.path[0]) for each in found if each.kind == "unknown" and len(each.path) == 1]
    foreign = [name for name in unknown if name not in _KNOWN_ELSEWHERE]
    if not missing and foreign:
        plural = "s" if len(foreign) > 1 else ""
        return Refused(f"Unrecognized request argument{plural} supplied: {', '.join(foreign)}")
    first = missing or [each for each in found if each.kind == "unknown" and len(each.path) == 1] or found
    return openai_refusal(first[0])


def _check_relations(body: JSON) -> None:
    common.reject_stray_stream_options(body)
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        raise Refused("'top_logprobs' needs 'logprobs' to be true.", param="top_logprobs")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise Refused("'max_tokens' and 'max_completion_tokens' exclude each other.", param="max_tokens",
                      code="invalid_parameter_combination")  # fmt: skip
    format_ = body.get("response_format") or {}
    if format_.get("type") == "json_schema":
        common.check_format(format_["json_schema"], "response_format", None)


def _check_tools(body: JSON) -> None:
    tools = body.get("tools") or []
    for index, tool in enumerate(tools):
        if tool["type"] == "function":
            common.check_function(tool["function"], f"tools[{index}].function")
    for index, function in enumerate(body.get("functions") or []):
        common.check_function(function, f"functions[{index}]")
    called = body.get("function_call")
    if isinstance(called, dict) and called["name"] not in {each["name"] for each in body.get("functions") or []}:
        raise Refused(f"'function_call' names '{called['name']}', which 'functions' does not offer.",
                      param="function_call")  # fmt: skip
    choice = body.get("tool_choice")
    if not tools and (choice == "required" or isinstance(choice, dict)):
        raise Refused("'tool_choice' is only allowed together with 'tools'.", param="tool_choice")
    if not tools and body.get("parallel_tool_calls") is not None:
        raise Refused("'parallel_tool_calls' is only allowed together with 'tools'.", param="parallel_tool_calls")
    offered = {tool[tool["type"]]["name"] for tool in tools}
    for name in chosen_names(choice):
        if name not in offered:
            raise Refused(f"'tool_choice' names the tool '{name}', which 'tools' does not offer.", param="tool_choice")


def chosen_names(choice: JSON) -> list[str]:
    """The tools that an object `tool_choice` names."""
    if not isinstance(choice, dict):
        return []
    if choice["type"] == "allowed_tools":
        return [str((each.get(each.get("type")) or {}).get("name")) for each in choice["allowed_tools"]["tools"]]
    return [choice[choice["type"]]["name"]]


def _check_history(messages: Sequence[JSON]) -> None:
    """Every call needs a tool message right after it, and every tool message must answer a call."""
    waiting: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                raise Refused(f"'messages[{index}]' of role 'tool' has to follow a message with 'tool_calls' that has "
                              "its 'tool_call_id'.", param=f"messages[{index}].role")  # fmt: skip
            waiting.remove(message["tool_call_id"])
            continue
        _nothing_waits(waiting, index)
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        if message["role"] == "assistant" and not _says_something(message):
            raise Refused(f"'messages[{index}].content' is required unless there are 'tool_calls'.",
                          param=f"messages[{index}].content", code="invalid_type")  # fmt: skip
    _nothing_waits(waiting, len(messages))


def _nothing_waits(waiting: Sequence[str], index: int) -> None:
    if waiting:
        raise Refused("An assistant message with 'tool_calls' has to be followed by tool messages that answer each "
                      f"'tool_call_id'; unanswered: {', '.join(waiting)}.",
                      param=f"messages[{index}].role")  # fmt: skip


def _says_something(message: JSON) -> bool:
    return any(message.get(key) is not None for key in ("content", "tool_calls", "function_call", "refusal", "audio"))
