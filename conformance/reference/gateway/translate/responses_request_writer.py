"""Responses requests, written from an `Ask`.

Source: `openai/types/responses/response_create_params.py` and `response_input_item_param.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from conformance.core.model import JSON
from conformance.reference.gateway.families import RESPONSES
from conformance.reference.gateway.translate.ask import (
    BREAKPOINT,
    Ask,
    Call,
    File,
    Image,
    Output,
    Part,
    Result,
    Text,
    Thought,
    Tool,
    Turn,
)
from conformance.reference.gateway.translate.fates import openai_shared, refused
from conformance.reference.gateway.translate.responses_request import ENCRYPTED, LEAST_CAP, LOGPROBS
from conformance.reference.gateway.translate.values import wrong

_CAPS = {"chat_completions": "max_completion_tokens", "messages": "max_tokens"}


def write(ask: Ask, family: str) -> dict[str, Any]:
    """The body of the request. Raises UnusableError in the words of `family` for what has no counterpart.

    Several system texts become items, so that they stay apart. Nothing is stored at the upstream.
    """
    if ask.cap is not None and ask.cap < LEAST_CAP:
        sent = "max_tokens" if "max_tokens" in ask.body else _CAPS[family]
        raise refused(family, sent, f"a value below {LEAST_CAP}")
    alone = len(ask.system) == 1
    system = [] if alone else [{"role": "system", "content": text} for text in ask.system]
    text: dict[str, JSON] = {"format": _written_output(ask.output)} if ask.output else {}
    if ask.verbosity:
        text["verbosity"] = ask.verbosity
    reasoning: dict[str, JSON] = {"effort": ask.effort} if ask.effort else {}
    if ask.thinks:
        reasoning["summary"] = "auto"
    include = [name for name, wanted in ((LOGPROBS, ask.logprobs), (ENCRYPTED, ask.signed)) if wanted]
    optional: dict[str, JSON] = {
        "instructions": ask.system[0] if alone else None,
        "tools": [_written_tool(tool) for tool in ask.tools] or None,
        "tool_choice": _written_choice(ask) if ask.tools else None,
        "parallel_tool_calls": ask.parallel if ask.tools else None,
        "max_output_tokens": ask.cap,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "text": text or None,
        "reasoning": reasoning or None,
        "include": include or None,
        "top_logprobs": ask.top_logprobs if ask.logprobs else None,
        **openai_shared(ask),
        "stream": True if ask.stream else None,
        "stream_options": {"include_obfuscation": ask.obfuscation} if ask.stream and ask.obfuscation is False else None,
    }
    items = [*system, *(item for turn in ask.turns for item in _items(turn))]
    body = {"model": ask.model, "input": items, "store": False}
    return {**body, **{name: value for name, value in optional.items() if value is not None}}


def _items(turn: Turn) -> Iterator[JSON]:
    """The items of a turn; texts and pictures in a row are one message."""
    for is_message, group in groupby(turn.parts, lambda part: isinstance(part, Text | Image | File)):
        members = list(group)
        if is_message:
            kind = "output_text" if turn.role == "assistant" else "input_text"
            yield {"role": turn.role, "content": [_written_part(part, kind) for part in members]}
        else:
            yield from filter(None, map(_item, members))


def _item(part: Part) -> JSON:
    if isinstance(part, Call):
        kind, field = ("custom_tool_call", "input") if part.custom else ("function_call", "arguments")
        return {"type": kind, "call_id": part.id, "name": part.name, field: part.arguments}
    if isinstance(part, Result):
        texts = all(isinstance(each, Text) for each in part.parts)
        content = [_written_part(each, "input_text") for each in part.parts]
        output = "\n".join(each["text"] for each in content) if texts else content
        return {"type": f"{'custom_tool' if part.custom else 'function'}_call_output", "call_id": part.id,
                "output": output}  # fmt: skip
    if isinstance(part, Thought) and part.signature:
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        return {"type": "reasoning", "summary": summary, "encrypted_content": part.signature}
    return None


def _written_part(part: Part, kind: str) -> Any:
    if isinstance(part, Image):
        return {"type": "input_image", "image_url": part.url, "detail": part.detail or "auto"}
    if isinstance(part, File):
        field = "file_data" if part.url.startswith("data:") else "file_url"
        fields = {field: part.url, "filename": part.name, "file_id": part.id}
        return {"type": "input_file", **{name: value for name, value in fields.items() if value}}
    if not isinstance(part, Text):
        raise wrong(RESPONSES, "input", "a text, an image or a file")
    if part.refusal:
        return {"type": "refusal", "refusal": part.text}
    return {"type": kind, "text": part.text, **({"prompt_cache_breakpoint": BREAKPOINT} if part.cached else {})}


def _written_tool(tool: Tool) -> JSON:
    if tool.custom:
        fields = {"type": "custom", "name": tool.name, "description": tool.description, "format": tool.format}
        return {name: value for name, value in fields.items() if value is not None}
    described = {"description": tool.description} if tool.description is not None else {}
    deferred = {"defer_loading": True} if tool.deferred else {}
    return {"type": "function", "name": tool.name, **described, "parameters": tool.schema,
            "strict": bool(tool.strict), **deferred}  # fmt: skip


def _written_choice(ask: Ask) -> JSON:
    choice = ask.choice
    if choice is None:
        return None
    kinds = {tool.name: "custom" if tool.custom else "function" for tool in ask.tools}
    named = [{"type": kinds.get(name, "function"), "name": name} for name in choice.only]
    mode = {"auto": "auto", "any": "required", "none": "none"}[choice.mode]
    if choice.named:
        return named[0]
    return {"type": "allowed_tools", "mode": mode, "tools": named} if named else mode


def _written_output(output: Output) -> JSON:
    if output.schema is None:
        return {"type": "json_object"}
    described = {"description": output.description} if output.description else {}
    return {"type": "json_schema", "name": output.name or "answer", "schema": output.schema, **described,
            "strict": bool(output.strict)}  # fmt: skip
