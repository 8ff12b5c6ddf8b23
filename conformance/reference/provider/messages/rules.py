"""Refuses invalid Messages requests as the official API does, by their schema and by rules between fields.

Versions: https://docs.anthropic.com/en/api/versioning. `anthropic-beta` values are not checked, because the official
list grows with every release.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ..error_messages import anthropic_refusal
from ..errors import Refused
from ..prompt import JSON
from ..strictness import fault
from ..validation import Problem, Schema, problems
from .history import blocks, check_history
from .schema import SAMPLING, request

VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True)
class Dialect:
    """The settings in the request headers: the API version, and whether betas are on."""

    version: str
    beta: bool = False


@cache
def _schema(counting: bool, sampling: bool, beta: bool) -> Schema:
    return request(counting=counting, sampling=sampling, beta=beta)


def check(body: JSON, models: tuple[str, ...], dialect: Dialect, *, counting: bool = False) -> None:
    """Raises `Refused` for the first problem of the body."""
    old = dialect.version == VERSIONS[0]
    if not old:
        _check_sampling(body)
    found = problems(_schema(counting, old, dialect.beta), body)
    if found:
        raise anthropic_refusal(_first(found))
    if body["model"] not in models:
        raise Refused(f"model: there is no model '{body['model']}'", status=404)
    if body.get("max_tokens") == 0:
        _check_nothing_wanted(body)
    _check_thread(body)
    _check_thinking(body)
    _check_tools(body)
    check_history(body["messages"])
    if not old:
        _check_new_version(body["messages"])


def _check_sampling(body: JSON) -> None:
    for name in SAMPLING:
        if name in body:
            raise Refused(f"{name}: sampling parameters are not part of API version {VERSIONS[1]}")


def _first(found: Sequence[Problem]) -> Problem:
    """The problem to report: missing top-level fields first, unknown fields last."""
    return min(found, key=lambda each: (each.kind != "missing" or len(each.path) > 1, each.kind == "unknown"))


def _check_nothing_wanted(body: JSON) -> None:
    """`max_tokens: 0` only warms the prompt cache, so options that need an answer are refused."""
    thinking = (body.get("thinking") or {}).get("type") == "enabled"
    forced = (body.get("tool_choice") or {}).get("type") in ("any", "tool")
    wanted = {"stream": body.get("stream"), "thinking": thinking, "tool_choice": forced,
              "output_config.format": (body.get("output_config") or {}).get("format")}  # fmt: skip
    for name, present in wanted.items():
        if present:
            raise Refused(f"max_tokens: 0 cannot be combined with {name}")


def _check_thread(body: JSON) -> None:
    """Refuses to hold a conversation, in the way after which the SDK's tool runner sends the whole of it.

    `anthropic/lib/threads/_thread_state.py` (2.14) recovers from this error code. Without an error, it would send only
    the new messages.
    """
    if "thread" in body:
        details = {"error_code": "thread_unsupported_request"}
        raise Refused("thread: conversations are not held here; send the whole conversation", details=details)


def _check_thinking(body: JSON) -> None:
    thinking = body.get("thinking") or {}
    budget = thinking.get("budget_tokens", 0)
    if "max_tokens" in body and body["max_tokens"] and budget >= body["max_tokens"]:
        raise Refused("max_tokens: this has to be greater than thinking.budget_tokens")
    on = thinking.get("type") in ("enabled", "adaptive")
    if on and (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
        raise Refused("tool_choice: tool use cannot be forced while thinking is on")
    if on and body.get("temperature", 1) != 1:
        raise Refused("temperature: this can only be 1 while thinking is on")


def _check_tools(body: JSON) -> None:
    tools = body.get("tools") or []
    for index, tool in enumerate(tools):
        wrong = fault(tool.get("input_schema") or {}, strict=False)
        if wrong:
            raise Refused(f"tools.{index}.input_schema: {wrong}")
    names = Counter(tool["name"] for tool in tools if "name" in tool)
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        raise Refused(f"tools: names have to be unique, but '{twice[0]}' occurs twice")
    choice = body.get("tool_choice") or {}
    if choice.get("type") in ("any", "tool") and not tools:
        raise Refused("tool_choice: this is only permitted together with tools")
    if choice.get("type") == "tool" and choice["name"] not in names:
        raise Refused(f"tool_choice: there is no tool '{choice['name']}' in tools")
    format_ = (body.get("output_config") or {}).get("format")
    if format_ and (wrong := fault(format_["schema"])):
        raise Refused(f"output_config.format.schema: {wrong}")


def _check_new_version(messages: Sequence[JSON]) -> None:
    """Refuses what 2026-10-21 forbids: documents from the assistant, and citations in a user's text."""
    for index, message in enumerate(messages):
        for at, block in enumerate(blocks(message)):
            path = f"messages.{index}.content.{at}"
            if message["role"] == "assistant" and block["type"] == "document":
                raise Refused(f"{path}: document blocks are not permitted in assistant messages")
            texts = [block] if block["type"] == "text" else block.get("content") or []
            cited = block["type"] in ("text", "search_result") and any(text.get("citations") for text in texts)
            if message["role"] == "user" and cited:
                raise Refused(f"{path}.citations: citations are not permitted in a user's text")
