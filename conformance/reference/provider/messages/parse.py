"""Builds the model's `Prompt` from a checked Messages body."""

from __future__ import annotations

from collections.abc import Iterator

from .. import files, images
from ..errors import Refused
from ..identity import Seal
from ..instance import compact
from ..prompt import JSON, Call, Image, Mode, Prompt, Tool, Turn
from ..scripted_model import effort_tokens
from .history import blocks

_MODES: dict[str, Mode] = {"auto": "auto", "any": "required", "tool": "required", "none": "none"}
_ENABLED_EFFORT = "medium"


def parse(body: JSON, seal: Seal) -> Prompt:
    """The prompt. Raises `Refused` for images that cannot be read and for altered thinking."""
    choice = body.get("tool_choice") or {"type": "auto"}
    return Prompt(
        turns=tuple(_all_turns(body, seal)),
        tools=_allowed(body, choice),
        mode=_MODES[choice["type"]],
        parallel=not choice.get("disable_parallel_tool_use"),
        schema=((body.get("output_config") or {}).get("format") or {}).get("schema"),
        stop=tuple(body.get("stop_sequences") or ()),
        cap=body.get("max_tokens"),
        reasoning=_reasoning(body),
    )


def thinks(body: JSON) -> bool:
    """Whether thinking is on."""
    return (body.get("thinking") or {}).get("type") in ("enabled", "adaptive")


def _reasoning(body: JSON) -> int:
    effort = (body.get("output_config") or {}).get("effort") or _ENABLED_EFFORT
    return effort_tokens(effort) if thinks(body) else 0


def _all_turns(body: JSON, seal: Seal) -> Iterator[Turn]:
    system = body.get("system") or []
    for block in [{"text": system}] if isinstance(system, str) else system:
        yield Turn("system", block["text"])
    for index, message in enumerate(body["messages"]):
        yield from _turns(message, f"messages.{index}.content", seal)


def _turns(message: JSON, path: str, seal: Seal) -> Iterator[Turn]:
    """One turn per tool result, then one for the rest of the message."""
    rest, calls, pictures = [], [], []
    for at, block in enumerate(blocks(message)):
        where = f"{path}.{at}"
        if block["type"] == "tool_result":
            content = block.get("content") or ""
            yield Turn("tool", _text(content), _images(content, where), answers=block["tool_use_id"])
        elif block["type"] == "tool_use":
            calls.append(Call(block["id"], block["name"], compact(block["input"])))
        elif block["type"] == "image":
            pictures.append(_image(block["source"], f"{where}.image.source"))
        elif block["type"] == "thinking":
            _check_thinking(block, where, seal)
        else:
            rest.append(_block_text(block))
    if rest or calls or pictures:
        yield Turn(message["role"], "\n".join(filter(None, rest)), tuple(pictures), tuple(calls))


def _text(content: JSON) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(filter(None, map(_block_text, content)))


def _block_text(block: JSON) -> str:
    """The text of a block, of its document, or of its parts."""
    if block["type"] == "document":
        source = block["source"]
        if source["type"] == "file":
            raise Refused(f"messages: there is no file '{source['file_id']}'", status=404)
        known = {"text": source.get("data"), "base64": files.text(source.get("data") or "")}
        said = _text(source.get("content", "")) or known.get(source["type"])
        return "\n".join(filter(None, (block.get("title"), block.get("context"), said)))
    return _text(block["content"]) if block["type"] == "search_result" else str(block.get("text", ""))


def _images(content: JSON, path: str) -> tuple[Image, ...]:
    """The images in the content of a tool result."""
    parts = enumerate(content if isinstance(content, list) else [])
    return tuple(_image(part["source"], f"{path}.content.{at}.image.source") for at, part in parts
                 if part["type"] == "image")  # fmt: skip


def _image(source: JSON, path: str) -> Image:
    if source["type"] != "base64":
        raise Refused(f"{path}: the image cannot be downloaded; send it as base64")
    try:
        image = images.look(images.decode(source["data"]))
    except ValueError as error:
        raise Refused(f"{path}.base64.data: this is not an image that can be read ({error})") from None
    if image.media_type != source["media_type"]:
        raise Refused(f"{path}.base64.media_type: the image is {image.media_type}, not {source['media_type']}")
    return image


def _check_thinking(block: JSON, path: str, seal: Seal) -> None:
    if not seal.holds(block["thinking"], block["signature"]):
        raise Refused(f"{path}: the `signature` of this `thinking` block is invalid")


def _allowed(body: JSON, choice: JSON) -> tuple[Tool, ...]:
    """The tools that the model may call. Server tools are accepted, but this model never uses them."""
    tools = (tool for tool in body.get("tools") or [] if "input_schema" in tool)
    return tuple(
        Tool(tool["name"], tool.get("description") or "", tool["input_schema"], strict=tool.get("strict") is True)
        for tool in tools
        if choice["type"] != "tool" or tool["name"] == choice["name"]
    )
