"""Responses requests: read into an `Ask`, and written from one.

Source: `openai/types/responses/response_create_params.py` and `response_input_item_param.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from conformance.core.model import JSON
from conformance.reference.gateway.families import RESPONSES
from conformance.reference.gateway.translate.ask import (
    Ask,
    Call,
    Choice,
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
from conformance.reference.gateway.translate.fates import SHARED, openai_shared, refused
from conformance.reference.gateway.translate.values import Reader, missing, unknown_kind, wrong

_MODES: dict[str, Choice] = {"auto": Choice("auto"), "required": Choice("any"), "none": Choice("none")}
_LEAST_CAP = 16
_LOGPROBS = "message.output_text.logprobs"
_ENCRYPTED = "reasoning.encrypted_content"
_CAPS = {"chat_completions": "max_completion_tokens", "messages": "max_tokens"}


def read(body: JSON) -> Ask:
    """The request in the form between. Raises UnusableError for what cannot be translated."""
    top = Reader(RESPONSES, body)
    instructions = top.get("instructions", "a string")
    turns = _turns(top)
    texts = [part.text for turn in turns[: _leading(turns)] for part in turn.parts if isinstance(part, Text)]
    reasoning, text, options = top.inner("reasoning"), top.inner("text"), top.inner("stream_options")
    include = top.texts("include")
    return Ask(
        model=top.text("model"),
        turns=tuple(turns[_leading(turns) :]),
        body=top.value,
        system=(*([instructions] if instructions else []), *texts),
        tools=tuple(_tool(tool) for tool in top.each("tools")),
        choice=_choice(top),
        parallel=top.get("parallel_tool_calls", "a boolean"),
        cap=top.at_least("max_output_tokens", _LEAST_CAP),
        temperature=top.get("temperature", "a number"),
        top_p=top.get("top_p", "a number"),
        output=_output(text),
        effort=reasoning.get("effort", "a string"),
        thinks=bool(reasoning.get("summary", "a string")),
        signed=_ENCRYPTED in include,
        logprobs=_LOGPROBS in include,
        top_logprobs=top.get("top_logprobs", "an integer"),
        verbosity=text.get("verbosity", "a string"),
        user=top.get("safety_identifier", "a string") or top.get("user", "a string"),
        stream=bool(top.get("stream", "a boolean")),
        include_usage=True,
        obfuscation=options.get("include_obfuscation", "a boolean"),
        shared={name: top.value[name] for name in SHARED if top.value.get(name) is not None},
    )


def _leading(turns: Sequence[Turn]) -> int:
    return next((index for index, turn in enumerate(turns) if turn.role != "system"), len(turns))


def _turns(top: Reader) -> list[Turn]:
    """The turns of the items; what the assistant says and calls in a row is one turn."""
    given = top.value.get("input")
    if given is None or given == []:
        raise missing(RESPONSES, "input")
    if isinstance(given, str):
        return [Turn("user", (Text(given),))]
    single = [_turn(item) for item in top.each("input")]
    turns: list[Turn] = []
    for role, group in groupby(single, lambda turn: turn.role):
        members = list(group)
        joined = role in ("assistant", "tool")
        turns += [Turn(role, tuple(part for turn in members for part in turn.parts))] if joined else members
    return turns


def _turn(item: Reader) -> Turn:
    kind = item.value.get("type") or "message"
    if kind == "message":
        role = item.text("role")
        if role not in ("user", "assistant", "system", "developer"):
            raise unknown_kind(RESPONSES, item.at("role"), role)
        known: Any = "system" if role == "developer" else role
        return Turn(known, tuple(_content(item, "content")))
    if kind in ("function_call", "custom_tool_call"):
        custom = kind == "custom_tool_call"
        arguments = item.text("input" if custom else "arguments")
        return Turn("assistant", (Call(item.text("call_id"), item.text("name"), arguments, custom),))
    if kind in ("function_call_output", "custom_tool_call_output"):
        parts: Any = tuple(_content(item, "output"))
        return Turn("tool", (Result(item.text("call_id"), parts, custom=kind.startswith("custom")),))
    if kind == "reasoning":
        said = "\n".join(part.text("text") for part in item.each("summary"))
        return Turn("assistant", (Thought(said, item.get("encrypted_content", "a string") or ""),))
    raise unknown_kind(RESPONSES, item.path, kind)


def _content(item: Reader, name: str) -> Iterator[Part]:
    given = item.value.get(name)
    if isinstance(given, str):
        yield Text(given)
        return
    if given is None:
        raise missing(RESPONSES, item.at(name))
    for part in item.each(name):
        kind = part.value.get("type")
        if kind in ("input_text", "output_text"):
            yield Text(part.text("text"))
        elif kind == "refusal":
            yield Text(part.text("refusal"), refusal=True)
        elif kind == "input_image" and part.value.get("image_url"):
            yield Image(part.text("image_url"), part.get("detail", "a string"))
        elif kind == "input_file":
            url = part.get("file_data", "a string") or part.get("file_url", "a string") or ""
            yield File(url, part.get("filename", "a string") or "", part.get("file_id", "a string") or "")
        else:
            raise unknown_kind(RESPONSES, part.path, kind)


def _tool(tool: Reader) -> Tool:
    kind = tool.value.get("type")
    if kind not in ("function", "custom"):
        raise unknown_kind(RESPONSES, tool.path, kind)
    description = tool.get("description", "a string")
    if kind == "custom":
        return Tool(tool.text("name"), description, custom=True, format=tool.value.get("format"))
    return Tool(tool.text("name"), description, tool.get("parameters", "an object"), tool.get("strict", "a boolean"))


def _choice(top: Reader) -> Choice | None:
    given = top.value.get("tool_choice")
    if given is None or isinstance(given, str):
        return _MODES.get(given or "")
    choice = top.inner("tool_choice")
    kind = choice.value.get("type")
    if kind == "allowed_tools":
        names = tuple(each.text("name") for each in choice.each("tools"))
        return Choice("any" if choice.text("mode") == "required" else "auto", names)
    if kind not in ("function", "custom"):
        raise unknown_kind(RESPONSES, choice.path, kind)
    return Choice("any", (choice.text("name"),), named=True)


def _output(text: Reader) -> Output | None:
    given = text.inner("format")
    kind = given.value.get("type")
    if kind in (None, "text"):
        return None
    if kind == "json_object":
        return Output(None)
    if kind != "json_schema":
        raise unknown_kind(RESPONSES, given.path, kind)
    strict, description = given.get("strict", "a boolean"), given.get("description", "a string")
    return Output(given.required("schema", "an object"), given.text("name"), description, strict)


def write(ask: Ask, family: str) -> dict[str, Any]:
    """The body of the request. Raises UnusableError in the words of `family` for what has no counterpart.

    Several system texts become items, so that they stay apart. Nothing is stored at the upstream.
    """
    if ask.cap is not None and ask.cap < _LEAST_CAP:
        sent = "max_tokens" if "max_tokens" in ask.body else _CAPS[family]
        raise refused(family, sent, f"a value below {_LEAST_CAP}")
    alone = len(ask.system) == 1
    system = [] if alone else [{"role": "system", "content": text} for text in ask.system]
    text: dict[str, JSON] = {"format": _written_output(ask.output)} if ask.output else {}
    if ask.verbosity:
        text["verbosity"] = ask.verbosity
    reasoning: dict[str, JSON] = {"effort": ask.effort} if ask.effort else {}
    if ask.thinks:
        reasoning["summary"] = "auto"
    include = [name for name, wanted in ((_LOGPROBS, ask.logprobs), (_ENCRYPTED, ask.signed)) if wanted]
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
    return {"type": "refusal", "refusal": part.text} if part.refusal else {"type": kind, "text": part.text}


def _written_tool(tool: Tool) -> JSON:
    if tool.custom:
        fields = {"type": "custom", "name": tool.name, "description": tool.description, "format": tool.format}
        return {name: value for name, value in fields.items() if value is not None}
    described = {"description": tool.description} if tool.description is not None else {}
    return {"type": "function", "name": tool.name, **described, "parameters": tool.schema, "strict": bool(tool.strict)}


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
