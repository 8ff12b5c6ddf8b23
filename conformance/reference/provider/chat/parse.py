"""Builds the model's `Prompt` from a checked Chat Completions body."""

from __future__ import annotations

from .. import files
from ..errors import Refused
from ..openai_common import JSON_MODE, check_file, check_json_mode, picture
from ..prompt import JSON, Call, Image, Mode, Prompt, Role, Tool, Turn
from ..scripted_model import effort_tokens
from .rules import chosen_names

_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant",
                           "tool": "tool", "function": "tool"}  # fmt: skip


def parse(body: JSON) -> Prompt:
    """The prompt. Raises `Refused` for images that cannot be read."""
    stop = body.get("stop") or []
    prompt = Prompt(
        turns=tuple(_turn(message, index) for index, message in enumerate(body["messages"])),
        tools=_allowed(body),
        mode=_mode(body),
        parallel=body.get("parallel_tool_calls", True),
        schema=_schema(body.get("response_format") or {}),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        cap=body.get("max_completion_tokens") or body.get("max_tokens"),
        reasoning=effort_tokens(body.get("reasoning_effort")),
    )
    check_json_mode(prompt, (body.get("response_format") or {}).get("type"), "messages", "'response_format'")
    return prompt


def is_forced(body: JSON) -> bool:
    """Whether the tool choice forces one tool."""
    choice = body.get("tool_choice")
    return isinstance(choice, dict) and choice["type"] != "allowed_tools"


def _turn(message: JSON, index: int) -> Turn:
    content = message.get("content") or ""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return Turn(
        role=_ROLES[message["role"]],
        text="\n".join(filter(None, (_text(part) for part in parts))),
        images=tuple(filter(None, (_image(part, f"messages[{index}].content[{at}]") for at, part in enumerate(parts)))),
        calls=tuple(map(_call, message.get("tool_calls") or [])),
        answers=message.get("tool_call_id", ""),
    )


def _text(part: JSON) -> str:
    if part["type"] == "file":
        file = part["file"]
        return "\n".join(filter(None, (file.get("filename"), files.text(file.get("file_data") or ""))))
    return str(part.get("text") or part.get("refusal") or "")


def _image(part: JSON, path: str) -> Image | None:
    if part["type"] == "input_audio":
        raise Refused("This model hears no audio: content parts are text, images or files.", param=path,
                      code="invalid_value")  # fmt: skip
    if part["type"] == "file":
        check_file(part["file"], f"{path}.file.file_id")
    return picture(part["image_url"]["url"], f"{path}.image_url.url") if part["type"] == "image_url" else None


def _call(call: JSON) -> Call:
    if call["type"] == "custom":
        return Call(call["id"], call["custom"]["name"], call["custom"]["input"], custom=True)
    return Call(call["id"], call["function"]["name"], call["function"]["arguments"])


def _allowed(body: JSON) -> tuple[Tool, ...]:
    names = chosen_names(body.get("tool_choice"))
    tools = map(_tool, body.get("tools") or [])
    return tuple(tool for tool in tools if not names or tool.name in names)


def _tool(tool: JSON) -> Tool:
    inner = tool[tool["type"]]
    custom = tool["type"] == "custom"
    strict = inner.get("strict") is True
    return Tool(inner["name"], inner.get("description") or "", inner.get("parameters") or {}, custom, strict)


def _mode(body: JSON) -> Mode:
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        choice = choice["allowed_tools"]["mode"] if choice["type"] == "allowed_tools" else "required"
    mode: Mode = choice
    return mode


def _schema(format_: JSON) -> JSON:
    if format_.get("type") == "json_schema":
        return format_["json_schema"].get("schema") or {}
    return JSON_MODE if format_.get("type") == "json_object" else None
