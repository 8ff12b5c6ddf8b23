"""Builds a response object from the model's `Reply`.

Shape: `Response` in https://github.com/openai/openai-openapi; the order of fields is that of real answers.
"""

from __future__ import annotations

import json
import time
from typing import Any

from .. import tokens
from ..identity import Seal, fresh
from ..prompt import JSON, Call, Reply
from . import conversations
from .shown import NOTHING, Shown, items

_NO_TOKENS = {"image_tokens": 0, "text_tokens": 0}
_NO_IMAGES = {"input_tokens": 0, "input_tokens_details": _NO_TOKENS, "output_tokens": 0,
              "output_tokens_details": _NO_TOKENS, "total_tokens": 0}  # fmt: skip
_NO_HOSTED_TOOLS = {"image_gen": _NO_IMAGES, "web_search": {"num_requests": 0}}


_CUT = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Ends of an incomplete response -> the reason."""


class ResponseBuilder:
    """One answer, at its start and at its end."""

    def __init__(
        self,
        body: JSON,
        reply: Reply,
        input_tokens: int,
        seal: Seal,
        cached: int = 0,
        written: int = 0,
        *,
        shown: Shown = NOTHING,
    ) -> None:
        self._asked = body
        self._reply = reply
        self._seal = seal
        self.input_tokens = input_tokens
        self._cached, self._written = cached, written
        self._shown = shown
        self._id, self._created = fresh("resp_", 48), int(time.time())

    def started(self, status: str = "in_progress") -> JSON:
        """The response at its start, without output."""
        return self._response(status=status, service_tier=self._asked.get("service_tier") or "auto")

    def completed(self) -> JSON:
        """The response at its end: completed, cut by `max_output_tokens` or by the content filter, or failed."""
        if code := self._shown.failure:
            error = {"code": code, "message": "The model met an error."}
            return self._response(status="failed", error=error, service_tier="default")
        cut = self._shown.end or _CUT.get(self._reply.end)
        return self._response(
            status="incomplete" if cut else "completed",
            completed_at=None if cut else int(time.time()),
            incomplete_details={"reason": cut} if cut else None,
            output=self._output(),
            usage=self._usage(),
            service_tier="default",
        )

    def _response(self, **state: JSON) -> dict[str, Any]:
        head = {"id": self._id, "object": "response", "created_at": self._created, "status": None,
                "background": bool(self._asked.get("background")), "completed_at": None, "error": None}  # fmt: skip
        named = conversations.of(self._asked)
        return {**head, **({"conversation": named} if named else {}), **_echo(self._asked), **state}

    def _output(self) -> list[JSON]:
        reply = self._reply
        if self._is_prewarmed():
            return []
        output = [self._reasoning()] if (self._asked.get("reasoning") or {}).get("effort") not in (None, "none") else []
        output += items(self._shown.items)
        if reply.text or reply.refusal or (not reply.calls and reply.end not in _CUT):
            output.append(self._message())
        return output + [_call_item(call) for call in reply.calls]

    def _is_prewarmed(self) -> bool:
        """Whether the request only writes the prompt to the cache: "without generating output"."""
        return bool((self._asked.get("prompt_cache_options") or {}).get("prewarm"))

    def _reasoning(self) -> JSON:
        wanted = self._asked["reasoning"].get("summary") or self._asked["reasoning"].get("generate_summary")
        summary = [{"type": "summary_text", "text": self._reply.reasoning}] if wanted and self._reply.reasoning else []
        item = {"id": fresh("rs_", 48), "type": "reasoning", "summary": summary}
        if self._reply.signature or "reasoning.encrypted_content" in (self._asked.get("include") or []):
            seal = self._reply.signature or self._seal.sign("\n".join(part["text"] for part in summary))
            item["encrypted_content"] = seal
        return item

    def _message(self) -> JSON:
        status = "incomplete" if self._reply.end in _CUT or self._shown.end else "completed"
        parts = [self._part(text) for text in self._reply.texts or ("",)]
        if self._reply.refusal:
            parts = [{"type": "refusal", "refusal": self._reply.refusal}]
        return {"id": fresh("msg_", 48), "type": "message", "status": status, "content": parts, "role": "assistant"}

    def _part(self, text: str) -> JSON:
        return {"type": "output_text", "annotations": [], "logprobs": self._logprobs(text), "text": text}

    def _logprobs(self, text: str) -> list[JSON]:
        if "message.output_text.logprobs" not in (self._asked.get("include") or []):
            return []
        wanted = self._asked.get("top_logprobs") or 0
        return [tokens.logprob(piece, wanted) for piece in tokens.split(text)]

    def _usage(self) -> JSON:
        return {
            "input_tokens": self.input_tokens,
            "input_tokens_details": {"cache_write_tokens": self._written, "cached_tokens": self._cached},
            "output_tokens": self._reply.output_tokens,
            "output_tokens_details": {"reasoning_tokens": self._reply.reasoning_tokens},
            "total_tokens": self.input_tokens + self._reply.output_tokens,
        }


def _call_item(call: Call) -> JSON:
    call_id = call.id or fresh("call_")
    if call.search:
        return {"id": fresh("tsc_", 48), "type": "tool_search_call", "status": "completed", "execution": "client",
                "call_id": call_id, "arguments": json.loads(call.arguments)}  # fmt: skip
    named = {"name": call.name, **({"namespace": call.namespace} if call.namespace else {})}
    if call.custom:
        return {"id": fresh("ctc_", 48), "type": "custom_tool_call", "status": "completed",
                "call_id": call_id, "input": call.arguments, **named}  # fmt: skip
    return {"id": fresh("fc_", 48), "type": "function_call", "status": "completed", "arguments": call.arguments,
            "call_id": call_id, **named}  # fmt: skip


def _echo(asked: JSON) -> dict[str, JSON]:
    """The request's settings with defaults, as the response repeats them."""
    text, reasoning = asked.get("text") or {}, asked.get("reasoning") or {}
    return {
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": asked["model"],
        "moderation": None,
        "output": [],
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "presence_penalty": 0.0,
        "previous_response_id": asked.get("previous_response_id"),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "prompt_cache_retention": asked.get("prompt_cache_retention"),
        "reasoning": _reasoning(reasoning),
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "auto",
        "store": asked.get("store") is not False,
        "temperature": _or(asked.get("temperature"), 1.0),
        "text": {"format": _format(text.get("format")), "verbosity": text.get("verbosity") or "medium"},
        "tool_choice": asked.get("tool_choice") or "auto",
        "tool_usage": _NO_HOSTED_TOOLS,
        "tools": [_tool(tool) for tool in asked.get("tools") or []],
        "top_logprobs": asked.get("top_logprobs") or 0,
        "top_p": _or(asked.get("top_p"), 1.0),
        "truncation": asked.get("truncation") or "disabled",
        "usage": None,
        "user": asked.get("user"),
        "metadata": asked.get("metadata") or {},
    }


def _reasoning(asked: JSON) -> JSON:
    context = asked.get("context") or "auto"
    effective = "current_turn" if context == "auto" else context
    summary = asked.get("summary") or asked.get("generate_summary")
    return {
        "context": effective,
        "effort": asked.get("effort"),
        "mode": asked.get("mode") or "standard",
        "summary": summary,
    }


def _or(value: JSON, default: JSON) -> JSON:
    return default if value is None else value


def _format(format_: JSON) -> JSON:
    if not format_:
        return {"type": "text"}
    filled = {"description": None, "strict": False} if format_["type"] == "json_schema" else {}
    return {**filled, **format_}


def _tool(tool: JSON) -> JSON:
    """A tool as the API repeats it: functions are strict by default."""
    if tool["type"] != "function":
        return tool
    strict = _or(tool.get("strict"), True)
    return {"description": None, **tool, "parameters": tool.get("parameters"), "strict": strict}
