"""Builds the model's `Prompt` from a checked Chat Completions body."""

from __future__ import annotations

from .. import files
from ..openai_common import JSON_MODE, check_file, check_json_mode, check_sound, picture
from ..prompt import JSON, Call, Image, Mode, Prompt, Role, Tool, Turn
from ..scripted_model import effort_tokens
from .rules import chosen_names

_ROLES: dict[str, Role] = {"developer": "system", "system": "system", "user": "user", "assistant": "assistant",
                           "tool": "tool", "function": "tool"}  # fmt: skip


def parse(body: JSON) -> Prompt:
    """The prompt. Raises `Refused` for images and sounds that cannot be read; the model does not hear the sounds."""
    stop = body.get("stop") or []
    prompt = Prompt(
        turns=tuple(_turn(message, index) for index, message in enumerate(body["messages"])),
        tools=_allowed(body),
        mode=_mode(body),
        parallel=body.get("parallel_tool_calls", True) and not body.get("functions"),
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
    forced = isinstance(choice, dict) and choice["type"] != "allowed_tools"
    return forced or isinstance(body.get("function_call"), dict)


def _turn(message: JSON, index: int) -> Turn:
    content = message.get("content") or ""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return Turn(
        role=_ROLES[message["role"]],
        text="\n".join(filter(None, (_text(part) for part in parts))),
        images=tuple(filter(None, (_image(part, f"messages[{index}].content[{at}]") for at, part in enumerate(parts)))),
        calls=tuple(map(_call, message.get("tool_calls") or [])) + _function_calls(message),
        answers=message.get("tool_call_id") or (message["name"] if message["role"] == "function" else ""),
    )


def _text(part: JSON) -> str:
    if part["type"] == "file":
        file = part["file"]
        return "\n".join(filter(None, (file.get("filename"), files.text(file.get("file_data") or ""))))
    return str(part.get("text") or part.get("refusal") or "")


def _image(part: JSON, path: str) -> Image | None:
    if part["type"] == "input_audio":
        check_sound(part["input_audio"]["data"], f"{path}.input_audio.data")
    if part["type"] == "file":
        check_file(part["file"], f"{path}.file.file_id")
    return picture(part["image_url"]["url"], f"{path}.image_url.url") if part["type"] == "image_url" else None


def _call(call: JSON) -> Call:
    if call["type"] == "custom":
        return Call(call["id"], call["custom"]["name"], call["custom"]["input"], custom=True)
    return Call(call["id"], call["function"]["name"], call["function"]["arguments"])


def _function_calls(message: JSON) -> tuple[Call, ...]:
    """The call of the older form, which has no id; its result has the name of the function."""
    call = message.get("function_call")
    return (Call(call["name"], call["name"], call["arguments"]),) if call else ()


def _allowed(body: JSON) -> tuple[Tool, ...]:
    called = body.get("function_call")
    names = [called["name"]] if isinstance(called, dict) else chosen_names(body.get("tool_choice"))
    functions = ({"type": "function", "function": each} for each in body.get("functions") or [])
    tools = map(_tool, [*(body.get("tools") or []), *functions])
    return tuple(tool for tool in tools if not names or tool.name in names)


def _tool(tool: JSON) -> Tool:
    inner = tool[tool["type"]]
    custom = tool["type"] == "custom"
    strict = inner.get("strict") is True
    return Tool(inner["name"], inner.get("description") or "", inner.get("parameters") or {}, custom, strict)


def _mode(body: JSON) -> Mode:
    choice: JSON = body.get("tool_choice") or body.get("function_call") or "auto"
    if isinstance(choice, dict):
        choice = choice["allowed_tools"]["mode"] if choice.get("type") == "allowed_tools" else "required"
    mode: Mode = choice
    return mode


def _schema(format_: JSON) -> JSON:
    if format_.get("type") == "json_schema":
        return format_["json_schema"].get("schema") or {}
    return JSON_MODE if format_.get("type") == "json_object" else None
