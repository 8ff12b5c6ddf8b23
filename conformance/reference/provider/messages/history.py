"""The rules for the order of messages and blocks: roles, and tool results right after their tool uses.

https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Refused
from ..prompt import JSON

_OF_ASSISTANT = ("tool_use", "thinking", "redacted_thinking")
_SERVED = ("server_tool_use", "mcp_tool_use")


def blocks(message: JSON) -> list[JSON]:
    """A message's content as a list of blocks; a system message that only has settings has none."""
    content = message.get("content") or []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def merged(messages: Sequence[JSON]) -> list[tuple[str, list[JSON]]]:
    """Roles with their blocks; consecutive messages of one role are merged, as by the API."""
    turns: list[tuple[str, list[JSON]]] = []
    for message in messages:
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(blocks(message))
        else:
            turns.append((message["role"], list(blocks(message))))
    return turns


def check_history(messages: Sequence[JSON]) -> None:
    """Raises `Refused` for the first message that is empty or misplaced, or whose tool use has no result."""
    if messages[0]["role"] == "system":
        raise Refused("messages.0.role: the first message cannot be a system message; use the field system")
    for index, message in enumerate(messages):
        _check_content(message, f"messages.{index}")
    if messages[-1]["role"] == "assistant" and not _is_paused(messages[-1]):
        raise Refused("messages: this model does not continue an assistant message; the last one has to be the user's")
    _check_results(merged([each for each in messages if each["role"] != "system"]))


def _is_paused(message: JSON) -> bool:
    """Whether the message is a paused turn, which ends with a tool of the server and is sent back to be continued."""
    last = (blocks(message) or [{"type": ""}])[-1]["type"]
    return last in _SERVED or (last.endswith("_tool_result") and last != "tool_result")


def _check_content(message: JSON, path: str) -> None:
    """Refuses empty content, blank text, and blocks that the role may not have."""
    if not message.get("content") and not message.get("output_config"):
        raise Refused(f"{path}.content: the content of a message has to be non-empty")
    results_over = False
    for at, block in enumerate(blocks(message)):
        kind = block["type"]
        if kind == "text" and not block["text"].strip():
            raise Refused(f"{path}.content.{at}.text: a text has to hold more than white space")
        wrong = kind == "tool_result" if message["role"] == "assistant" else kind in _OF_ASSISTANT
        if wrong:
            raise Refused(f"{path}.content.{at}: a {kind} block cannot be in a message of role {message['role']}")
        if kind == "tool_result" and results_over:
            raise Refused(f"{path}.content.{at}: tool_result blocks have to come first in their message")
        results_over = kind != "tool_result"


def _check_results(turns: Sequence[tuple[str, list[JSON]]]) -> None:
    waiting: list[str] = []
    for index, (_, content) in enumerate(turns):
        answered = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        for id_ in answered:
            if id_ not in waiting:
                raise Refused(f"messages.{index}.content: the tool_result for '{id_}' has no tool_use with this id in "
                              "the previous message")  # fmt: skip
            waiting.remove(id_)
        if waiting:
            raise Refused(f"messages.{index}: every tool_use needs a tool_result right after it; without one: "
                          f"{', '.join(waiting)}")  # fmt: skip
        waiting = [block["id"] for block in content if block["type"] == "tool_use"]
