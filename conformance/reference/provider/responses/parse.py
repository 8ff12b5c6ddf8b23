"""Builds the model's `Prompt` from a checked Responses body and its resolved history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from .. import files
from ..errors import Refused
from ..identity import Seal
from ..openai_common import JSON_MODE, check_file, check_json_mode, picture
from ..prompt import JSON, Call, Image, Mode, Prompt, Role, Tool, Turn
from ..scripted_model import effort_tokens
from . import compaction
from .rules import chosen_names, forces_hosted
from .tools import SEARCH, declared, offered

_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant"}
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_OUTPUTS = ("function_call_output", "custom_tool_call_output")
_SEARCHES = {"tool_search_call": True, "tool_search_output": False}


def parse(body: JSON, history: Sequence[JSON], seal: Seal) -> Prompt:
    """The prompt. Raises `Refused` for calls without outputs, outputs without calls, altered reasoning, bad images."""
    _check_calls(history)
    _check_reasoning(history, seal)
    instructions = [Turn("system", body["instructions"])] if body.get("instructions") else []
    format_ = (body.get("text") or {}).get("format") or {}
    prompt = Prompt(
        turns=(*instructions, *_turns(history)),
        tools=_allowed(body, history),
        mode=_mode(body),
        parallel=body.get("parallel_tool_calls") is not False,
        schema={"json_schema": format_.get("schema"), "json_object": JSON_MODE}.get(format_.get("type", "text")),
        cap=body.get("max_output_tokens"),
        reasoning=effort_tokens((body.get("reasoning") or {}).get("effort")),
    )
    check_json_mode(prompt, format_.get("type"), "input", "'text.format'")
    return prompt


def _check_calls(history: Sequence[JSON]) -> None:
    called = [item["call_id"] for item in history if item["type"] in _CALLS or _is_search(item, called=True)]
    answered = [item["call_id"] for item in history if _answers(item) or _is_search(item, called=False)]
    for call_id in answered:
        if call_id not in called:
            raise Refused(f"There is no tool call with the call_id '{call_id}' for this output.", param="input")
    for call_id in called:
        if call_id not in answered:
            raise Refused(f"The tool call with the call_id '{call_id}' has no output.", param="input")


def _answers(item: JSON) -> bool:
    """Whether an item is the output of a call. Codex sends outputs of functions that were not called."""
    return item["type"] in _OUTPUTS and bool(item.get("call_id"))


def _is_search(item: JSON, *, called: bool) -> bool:
    """Whether an item is a tool search that the client runs, or its output. Searches at the provider have no id."""
    return _SEARCHES.get(item["type"]) is called and bool(item.get("call_id"))


def _check_reasoning(history: Sequence[JSON], seal: Seal) -> None:
    for item in history:
        given = item.get("encrypted_content") if item["type"] == "reasoning" else None
        if given and not seal.holds(_summary(item), given):
            raise Refused("The encrypted content of a reasoning item could not be verified.", param="input",
                          code="invalid_encrypted_content")  # fmt: skip


def _summary(item: JSON) -> str:
    return "\n".join(part["text"] for part in item["summary"])


def _turns(history: Sequence[JSON]) -> Iterator[Turn]:
    """The turns of the items; consecutive calls belong to one turn."""
    calls: list[Call] = []
    for index, item in enumerate(history):
        if item["type"] in _CALLS:
            text = item[_CALLS[item["type"]]]
            calls.append(Call(item["call_id"], item["name"], text, custom=item["type"] == "custom_tool_call"))
            continue
        if _is_search(item, called=True):
            calls.append(Call(item["call_id"], SEARCH, json.dumps(item["arguments"]), search=True))
            continue
        if calls:
            yield Turn("assistant", calls=tuple(calls))
            calls = []
        if item["type"] == "compaction" and (told := compaction.opened(item.get("encrypted_content") or "")):
            yield Turn("system", told)
        elif item["type"] in _OUTPUTS and not _answers(item):
            yield Turn("system", f"{item.get('name') or 'tool'}: {_text(item['output'])}")
        elif item["type"] in _OUTPUTS:
            output, path = item["output"], f"input[{index}].output"
            yield Turn("tool", _text(output), _images(output, path), answers=item["call_id"])
        elif item["type"] == "message":
            yield Turn(
                _ROLES[item["role"]], _text(item["content"]), _images(item["content"], f"input[{index}].content")
            )


def _text(content: JSON) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(filter(None, map(_part_text, content)))


def _part_text(part: JSON) -> str:
    """The text of a part, or the name and the text of its file."""
    if part["type"] == "input_file":
        return "\n".join(filter(None, (part.get("filename"), files.text(part.get("file_data") or ""))))
    return str(part.get("text") or part.get("refusal") or "")


def _images(content: JSON, path: str) -> tuple[Image, ...]:
    parts = list(enumerate(content if isinstance(content, list) else []))
    for at, part in parts:
        if part["type"] == "input_file":
            check_file(part, f"{path}[{at}].file_id")
    return tuple(_image(part, f"{path}[{at}]") for at, part in parts if part["type"] == "input_image")


def _image(part: JSON, path: str) -> Image:
    if not part.get("image_url"):
        raise Refused("An image needs an 'image_url'; no files are kept here.", param=f"{path}.image_url",
                      code="missing_required_parameter")  # fmt: skip
    return picture(part["image_url"], f"{path}.image_url")


def _allowed(body: JSON, history: Sequence[JSON]) -> tuple[Tool, ...]:
    """The tools that the model may call and the client runs."""
    names = chosen_names(body.get("tool_choice"))
    return tuple(tool for tool in offered(declared(body, history)) if not names or tool.name in names)


def _mode(body: JSON) -> Mode:
    choice: JSON = body.get("tool_choice") or "auto"
    if forces_hosted(choice):
        return "none"
    if isinstance(choice, dict):
        choice = choice["mode"] if choice["type"] == "allowed_tools" else "required"
    mode: Mode = choice
    return mode
