"""Builds the model's `Prompt` from a checked Messages body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .. import files, images
from ..errors import Refused
from ..identity import Seal
from ..instance import compact
from ..prompt import JSON, Call, Image, Mode, Prompt, Tool, Turn
from ..scripted_model import effort_tokens
from .course import found_tools
from .history import blocks

_MODES: dict[str, Mode] = {"auto": "auto", "any": "required", "tool": "required", "none": "none"}
_ENABLED_EFFORT = "medium"


def parse(body: JSON, seal: Seal) -> Prompt:
    """The prompt. Raises `Refused` for images that cannot be read and for altered thinking."""
    choice = body.get("tool_choice") or {"type": "auto"}
    turns = tuple(_all_turns(body, seal))
    question = next((turn.text for turn in reversed(turns) if turn.role == "user"), "")
    return Prompt(
        turns=turns,
        tools=_allowed(body, choice, question),
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
    """The tokens of thinking. The latest system message with an effort of its own decides, then the request."""
    said = [message for message in reversed(body["messages"]) if message["role"] == "system"]
    efforts = ((each.get("output_config") or {}).get("effort") for each in (*said, body))
    return effort_tokens(next(filter(None, efforts), _ENABLED_EFFORT)) if thinks(body) else 0


def _all_turns(body: JSON, seal: Seal) -> Iterator[Turn]:
    system = body.get("system") or []
    for block in [{"text": system}] if isinstance(system, str) else system:
        yield Turn("system", block["text"])
    for index, message in enumerate(body["messages"]):
        if not _is_cleared(message, body["messages"][index + 1 :]):
            yield from _turns(message, f"messages.{index}.content", seal)


def _is_cleared(message: JSON, later: Sequence[JSON]) -> bool:
    """Whether a system message is only for the user's turn before it, and that turn is over."""
    return message.get("clear_at") == "next_user_message" and any(each["role"] == "user" for each in later)


def _turns(message: JSON, path: str, seal: Seal) -> Iterator[Turn]:
    """One turn per tool result, then one for the rest of the message."""
    rest, calls, pictures = [], [], []
    for at, block in enumerate(blocks(message)):
        where = f"{path}.{at}"
        if block["type"] == "tool_result" and _only_loads(block):
            continue
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


def _only_loads(result: JSON) -> bool:
    """Whether a result has references to tools and nothing else: it loads the tools, and answers no question."""
    content = result.get("content")
    return isinstance(content, list) and {part["type"] for part in content} == {"tool_reference"}


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
    if block["type"] == "search_result":
        return _text(block["content"])
    return "\n".join(_served(block)) if block["type"].endswith("_tool_result") else str(block.get("text", ""))


def _served(value: JSON) -> Iterator[str]:
    """The texts in the result of a tool that ran at the server. Encrypted ones stay opaque."""
    if isinstance(value, list):
        yield from (text for each in value for text in _served(each))
    elif isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, str) and name in _READABLE:
                yield member
            elif isinstance(member, dict | list):
                yield from _served(member)


_READABLE = ("text", "title", "stdout", "stderr", "content", "data", "tool_name")
"""The members of server tools' results that are texts for the model."""


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


def _allowed(body: JSON, choice: JSON, question: str) -> tuple[Tool, ...]:
    """The tools of the client that the model may call: not deferred, or loaded by a reference to them."""
    loaded = {*references(body["messages"]), *found_tools(body, question)}
    known = (tool for tool in body.get("tools") or [] if "input_schema" in tool)
    tools = (tool for tool in known if not tool.get("defer_loading") or tool["name"] in loaded)
    return tuple(
        Tool(tool["name"], tool.get("description") or "", tool["input_schema"], strict=tool.get("strict") is True)
        for tool in tools
        if choice["type"] != "tool" or tool["name"] == choice["name"]
    )


def references(value: JSON) -> Iterator[str]:
    """The names of deferred tools that the messages load: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/tool-search-tool."""
    if isinstance(value, list):
        yield from (name for each in value for name in references(each))
    elif isinstance(value, dict):
        if value.get("type") == "tool_reference":
            yield str(value.get("tool_name") or value.get("name"))
        yield from (name for member in value.values() if isinstance(member, dict | list) for name in references(member))
