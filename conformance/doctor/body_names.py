"""The names that the three families have for the same things, and the forms of tools and content parts.

Sources: openai-python `types/chat`, `types/responses`, anthropic-sdk-python `types/message_create_params.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.core.model import JSON

CHAT, MESSAGES, RESPONSES = "chat_completions", "messages", "responses"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a body: the JSON Pointer of its place, and what to do there."""

    at: str
    what: str
    is_fixed: bool = True


def renamed(family: str, body: dict[str, JSON]) -> list[Change]:
    """Gives the members of other families the names and forms of this one, in place; the changes."""
    changes = []
    for step in (_members, _tools, _choice, _turns, _parts, _formats, _thinks):
        changes += list(step(family, body))
    return changes


_NAMES: Mapping[str, Mapping[str, str]] = {
    CHAT: {
        "max_output_tokens": "max_completion_tokens", "max_tokens_to_sample": "max_completion_tokens",
        "stop_sequences": "stop", "input": "messages",
    },
    RESPONSES: {
        "max_tokens": "max_output_tokens", "max_completion_tokens": "max_output_tokens",
        "max_tokens_to_sample": "max_output_tokens", "messages": "input", "system": "instructions",
    },
    MESSAGES: {
        "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens", "max_tokens_to_sample": "max_tokens",
        "stop": "stop_sequences", "instructions": "system", "input": "messages",
    },
}  # fmt: skip
"""Family -> a name of another family -> its own name for the same."""

_FOREIGN: Mapping[str, frozenset[str]] = {
    CHAT: frozenset({"top_k", "anthropic_version", "thinking", "output_config", "include", "truncation"}),
    RESPONSES: frozenset(
        {
            "n", "stop", "stop_sequences", "seed", "logit_bias", "logprobs", "frequency_penalty", "presence_penalty",
            "functions", "function_call", "modalities", "top_k", "anthropic_version", "thinking",
        }
    ),
    MESSAGES: frozenset(
        {
            "n", "seed", "logit_bias", "logprobs", "top_logprobs", "frequency_penalty", "presence_penalty", "functions",
            "function_call", "modalities", "response_format", "reasoning_effort", "parallel_tool_calls", "user",
            "store", "stream_options", "verbosity", "anthropic_version", "previous_response_id", "include",
            "truncation", "reasoning",
        }
    ),
}  # fmt: skip
"""Family -> members of other families that it has no name for, and refuses."""


def _members(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    for name, own in _NAMES.get(family, {}).items():
        if name not in body:
            continue
        value = body.pop(name)
        if own in body:
            yield Change(f"/{name}", f"remove {name}, because {own} is there")
            continue
        body[own] = [value] if own == "stop_sequences" and isinstance(value, str) else value
        if own == "messages" and isinstance(value, str):
            body[own] = [{"role": "user", "content": value}]
        yield Change(f"/{name}", f"rename {name} to {own}")
    if family in (CHAT, MESSAGES) and isinstance(body.get("messages"), str):
        body["messages"] = [{"role": "user", "content": body["messages"]}]
        yield Change("/messages", "write messages as a list of messages")
    if family == CHAT and "system" in body:
        yield from _system_into(body, "system")
    if family == CHAT and isinstance(body.get("instructions"), str):
        yield from _system_into(body, "instructions")
    for name in sorted(_FOREIGN.get(family, frozenset()) & body.keys()):
        if family == RESPONSES and name == "functions":
            continue
        del body[name]
        yield Change(f"/{name}", f"remove {name}, which is a parameter of another API")
    if family == RESPONSES and isinstance(body.get("response_format"), dict):
        form = body.pop("response_format")
        inner = form.get("json_schema")
        flat = {"type": form.get("type"), **inner} if isinstance(inner, dict) else form
        body["text"] = {**(body.get("text") or {}), "format": flat}
        yield Change("/response_format", "move response_format to text.format")


def _system_into(body: dict[str, JSON], name: str) -> Iterator[Change]:
    """Moves the instructions to a first message."""
    value = body.pop(name)
    text = value if isinstance(value, str) else "\n".join(_texts(value))
    turns = body.get("messages")
    if isinstance(turns, list):
        turns.insert(0, {"role": "system", "content": text})
    yield Change(f"/{name}", f"move {name} to a first message with the role system")


def _texts(value: JSON) -> Iterator[str]:
    for part in value if isinstance(value, list) else ():
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def _tools(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    tools = body.get("tools")
    for number, tool in enumerate(tools if isinstance(tools, list) else ()):
        if not isinstance(tool, dict):
            continue
        new = _tool(family, tool)
        if new is not None and new != tool and isinstance(tools, list):
            tools[number] = new
            yield Change(f"/tools/{number}", f"write the tool in the form of this API: {_FORMS[family]}")


_FORMS = {
    CHAT: "{type: function, function: {name, parameters}}",
    RESPONSES: "{type: function, name, parameters}",
    MESSAGES: "{name, input_schema}",
}


def _tool(family: str, tool: dict[str, JSON]) -> JSON:
    inner = tool.get("function")
    own = inner if isinstance(inner, dict) else tool
    is_function = (
        isinstance(inner, dict) or tool.get("type") == "function" or {"parameters", "input_schema"} & tool.keys()
    )
    if not is_function or "name" not in own:
        return None
    schema = own.get("parameters", own.get("input_schema"))
    plain = {key: own[key] for key in ("name", "description", "strict") if key in own}
    if family == CHAT:
        if isinstance(inner, dict) and "input_schema" not in inner and tool.get("type") == "function":
            return tool
        return {"type": "function", "function": {**plain, "parameters": schema or {"type": "object"}}}
    if family == RESPONSES:
        if inner is None and "input_schema" not in tool and tool.get("type") == "function":
            return tool
        return {"type": "function", **plain, "parameters": schema or {"type": "object"}}
    if family == MESSAGES:
        if inner is None and "parameters" not in tool:
            return tool
        return {**plain, "input_schema": schema or {"type": "object"}}
    return None


def _choice(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    if (given := body.get("tool_choice")) is None:
        return
    mode, name = _chosen(given)
    new: JSON = given
    if family == MESSAGES and mode:
        new = {"type": "tool", "name": name} if name else {"type": "any" if mode == "required" else mode}
        if isinstance(given, dict) and given.get("type") == new["type"]:
            return
    elif family == CHAT and mode:
        new = {"type": "function", "function": {"name": name}} if name else mode
    elif family == RESPONSES and mode:
        new = {"type": "function", "name": name} if name else mode
    if new != given:
        body["tool_choice"] = new
        yield Change("/tool_choice", "write tool_choice in the form of this API")


def _chosen(given: JSON) -> tuple[str, str]:
    """The mode (auto, none, required) and the name of the tool that a choice of any family forces."""
    if isinstance(given, str):
        return {"any": "required"}.get(given, given if given in ("auto", "none", "required") else ""), ""
    if not isinstance(given, dict):
        return "", ""
    kind, inner = given.get("type"), given.get("function")
    name = inner.get("name") if isinstance(inner, dict) else given.get("name")
    if kind in ("function", "tool") and isinstance(name, str):
        return "required", name
    return {"any": "required", "auto": "auto", "none": "none"}.get(str(kind), ""), ""


def _turns(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    """Messages has no system message at the start, and no role `developer`; Responses calls its turns `input`."""
    turns = body.get("messages")
    if family != MESSAGES or not isinstance(turns, list):
        return
    leading = []
    while turns and isinstance(turns[0], dict) and turns[0].get("role") in ("system", "developer"):
        leading.append(turns.pop(0))
    texts = [part for turn in leading for part in _content_texts(turn.get("content"))]
    if leading:
        own = body.get("system")
        before = own if isinstance(own, str) else "\n".join(_texts(own))
        body["system"] = "\n".join(filter(None, [before, *texts]))
        yield Change("/messages/0", "move the message with the role system to system")


def _content_texts(content: JSON) -> list[str]:
    return [content] if isinstance(content, str) else list(_texts(content))


_PARTS: Mapping[str, Mapping[str, str]] = {
    CHAT: {"input_text": "text", "output_text": "text"},
    MESSAGES: {"input_text": "text", "output_text": "text"},
    RESPONSES: {"text": "input_text"},
}


def _parts(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    """The types of content parts, which differ between the families."""
    top = "input" if family == RESPONSES else "messages"
    turns = body.get(top)
    for number, turn in enumerate(turns if isinstance(turns, list) else ()):
        content = turn.get("content") if isinstance(turn, dict) else None
        if isinstance(content, dict) and "type" in content:
            turn["content"] = content = [content]
            yield Change(f"/{top}/{number}/content", "write content as a list of parts")
        for index, part in enumerate(content if isinstance(content, list) else ()):
            if not isinstance(part, dict):
                continue
            kind = _PARTS.get(family, {}).get(str(part.get("type")))
            if kind == "input_text" and turn.get("role") == "assistant":
                kind = "output_text"
            if kind:
                part["type"] = kind
                yield Change(f"/{top}/{number}/content/{index}/type", f"write the type {kind}")
            elif (new := _picture(family, part)) is not None and isinstance(content, list):
                content[index] = new
                yield Change(f"/{top}/{number}/content/{index}", "write the image in the form of this API")


def _picture(family: str, part: dict[str, JSON]) -> JSON:
    """An image of another family in the form of this one; None if it has that form already."""
    kind, source = part.get("type"), part.get("source")
    held = part.get("image_url")
    url = held.get("url") if isinstance(held, dict) else held
    if kind == "image" and isinstance(source, dict):
        data = f"data:{source.get('media_type')};base64,{source.get('data')}"
        url = source.get("url") if source.get("type") == "url" else data
    if kind not in ("image", "image_url", "input_image") or not isinstance(url, str):
        return None
    if family == CHAT:
        new: JSON = {"type": "image_url", "image_url": {"url": url}}
        return None if kind == "image_url" and isinstance(held, dict) else new
    if family == RESPONSES:
        return None if kind == "input_image" else {"type": "input_image", "image_url": url}
    if kind == "image":
        return None
    head, _, data = url.partition(";base64,")
    coded = {"type": "base64", "media_type": head.removeprefix("data:"), "data": data}
    return {"type": "image", "source": coded if data else {"type": "url", "url": url}}


def _formats(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    """A schema for the output that stands beside `type` in Chat Completions, and not in `json_schema`."""
    form = body.get("response_format")
    if family == CHAT and isinstance(form, dict) and form.get("type") == "json_schema" and "json_schema" not in form:
        inner = {key: value for key, value in form.items() if key != "type"}
        if "schema" in inner:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "result", **inner}}
            yield Change("/response_format", "put name and schema into response_format.json_schema")
    if family == CHAT and isinstance(form, str) and form in ("json", "json_object"):
        body["response_format"] = {"type": "json_object"}
        yield Change("/response_format", "write response_format as an object with a type")


def _thinks(family: str, body: dict[str, JSON]) -> Iterator[Change]:
    """Thinking in Messages needs a limit above its budget. Source: the guide on extended thinking."""
    thinking = body.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    limit = body.get("max_tokens")
    if family == MESSAGES and isinstance(budget, int) and isinstance(limit, int) and limit <= budget:
        body["max_tokens"] = budget + max(1024, limit)
        yield Change("/max_tokens", "set max_tokens above thinking.budget_tokens")
