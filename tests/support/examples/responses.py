"""Small hand-written exchanges of POST /responses, and functions that damage them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from conformance.core.model import Chunk, Exchange, Request
from conformance.judge import contract

Events = list[dict[str, Any]]
Edit = Callable[[Any], None]

PART_OF = {"output_text": "text", "refusal": "refusal", "reasoning_text": "text"}
CALLED = {
    "function_call": ("function_call_arguments", "arguments"),
    "custom_tool_call": ("custom_tool_call_input", "input"),
    "mcp_call": ("mcp_call_arguments", "arguments"),
    "code_interpreter_call": ("code_interpreter_call_code", "code"),
}
TEXT = {"type": "output_text", "text": "Good day.", "annotations": [], "logprobs": []}
MESSAGE = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [TEXT]}
REFUSAL = {**MESSAGE, "content": [{"type": "refusal", "refusal": "I will not."}]}
CALL = {
    "id": "fc_1", "type": "function_call", "status": "completed", "call_id": "call_1", "name": "get_weather",
    "arguments": '{"city":"Oslo"}',
}  # fmt: skip
SECOND_CALL = {**CALL, "id": "fc_2", "call_id": "call_2"}
CUSTOM = {
    "id": "ctc_1",
    "type": "custom_tool_call",
    "status": "completed",
    "call_id": "call_3",
    "name": "run",
    "input": "ls",
}
REASONING = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "It is easy."}]}
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "Oslo"}}
CODE = {
    "id": "ci_1", "type": "code_interpreter_call", "status": "completed", "container_id": "cntr_1", "code": "1 + 1",
    "outputs": [],
}  # fmt: skip
LISTED = {"id": "mcpl_1", "type": "mcp_list_tools", "server_label": "docs", "tools": []}
FUNCTION = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}, "strict": False}
CITATION = {"type": "url_citation", "url": "https://example.org/", "title": "Oslo", "start_index": 0, "end_index": 4}


def request(**members: Any) -> dict[str, Any]:
    return {"model": "m-1", "input": "Good day!", **members}


def response(*output: dict[str, Any], **members: Any) -> dict[str, Any]:
    whole = {
        "id": "resp_1", "object": "response", "created_at": 1790000000, "completed_at": 1790000001,
        "status": "completed",
        "error": None, "incomplete_details": None, "instructions": None, "max_output_tokens": None, "metadata": {},
        "model": "m-1", "output": output, "parallel_tool_calls": True, "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None}, "store": True, "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "truncation": "disabled",
        "usage": {
            "input_tokens": 9, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 12,
        },
        **members,
    }  # fmt: skip
    return dict(json.loads(json.dumps(whole)))


def stream(*output: dict[str, Any], end: str = "completed", **members: Any) -> Events:
    """The events of a response with these items."""
    final = response(*output, **{"status": end, **members})
    begun = {**final, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    begun |= {"error": None, "incomplete_details": None}
    events = [{"type": "response.created", "response": begun}, {"type": "response.in_progress", "response": begun}]
    for index, item in enumerate(final["output"]):
        events += _item(item, index)
    events.append({"type": f"response.{end}", "response": final})
    return numbered(json.loads(json.dumps(events)))


def numbered(events: Events) -> Events:
    for number, event in enumerate(events):
        event["sequence_number"] = number
    return events


def _item(item: dict[str, Any], index: int) -> Iterator[dict[str, Any]]:
    place = {"output_index": index}
    begun = {**item, "status": "in_progress"} if "status" in item else dict(item)
    begun |= {key: type(item[key])() for key in ("content", "summary", "arguments", "input", "code") if key in item}
    yield {"type": "response.output_item.added", **place, "item": begun}
    place["item_id"] = item["id"]
    for number, part in enumerate(item.get("content", ())):
        yield from _part("content", part["type"], PART_OF[part["type"]], part, {**place, "content_index": number})
    for number, part in enumerate(item.get("summary", ())):
        yield from _part(
            "reasoning_summary", "reasoning_summary_text", "text", part, {**place, "summary_index": number}
        )
    if item["type"] in CALLED:
        yield from _told(*CALLED[item["type"]], item, place)
    if item["type"].endswith("search_call"):
        yield from ({"type": f"response.{item['type']}.{step}", **place} for step in ("in_progress", "completed"))
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part(kind: str, name: str, member: str, part: dict[str, Any], place: dict[str, Any]) -> Iterator[dict[str, Any]]:
    empty = {**part, member: ""} | ({"annotations": []} if "annotations" in part else {})
    yield {"type": f"response.{kind}_part.added", **place, "part": empty}
    yield from _told(name, member, part, place, {"logprobs": []} if name == "output_text" else {})
    for number, annotation in enumerate(part.get("annotations", ())):
        told = {"annotation_index": number, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **place, **told}
    yield {"type": f"response.{kind}_part.done", **place, "part": part}


def _told(
    name: str, member: str, whole: dict[str, Any], place: dict[str, Any], more: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    text = whole[member]
    for piece in (text[:4], text[4:]):
        yield {"type": f"response.{name}.delta", **place, "delta": piece, **(more or {})}
    yield {"type": f"response.{name}.done", **place, member: text, **(more or {})}


def exchange(sent: Any, came: Any, status: int = 200) -> Exchange:
    """An exchange whose answer is a JSON document, or a stream where it is a list of events (or of raw data)."""
    streamed = isinstance(came, list)
    body = "".join(map(_frame, came)) if streamed else json.dumps(came, indent=2)
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    asked = {**sent, "stream": True} if streamed else sent
    headers = (("content-type", kind), ("x-request-id", "req_1"))
    to = Request("POST", "https://gateway.example/v1/responses", (), json.dumps(asked).encode())
    return Exchange("responses", to, status, headers, (Chunk(0.0, body.encode()),), lacks=frozenset({"headers"}))


def rules_of(broken: Exchange) -> set[str]:
    """The rules of Responses that an exchange breaks."""
    return {finding.rule for finding in contract.findings(broken) if finding.rule.startswith(("responses.", "suite."))}


def _frame(event: Any) -> str:
    if isinstance(event, str):
        return f"data: {event}\n\n"
    name = event.get("type") if isinstance(event, dict) else None
    line = f"event: {name}\n" if isinstance(name, str) else ""
    return f"{line}data: {json.dumps(event)}\n\n"


def at(*pairs: Any) -> Edit:
    """Sets members: at("/id", "", "/usage/total_tokens", 4); the value DROP removes the member."""

    def edit(document: Any) -> None:
        for where, value in _pairs(pairs):
            _set(document, where, value)

    return edit


def on(kind: str, *pairs: Any, nth: int = 0) -> Edit:
    """Sets members of the nth event of a kind."""
    return lambda events: at(*pairs)(_events_of(events, kind)[nth])


def drop(*kinds: str, nth: int | None = None) -> Edit:
    """Removes all events of these kinds, or only the nth."""

    def edit(events: Events) -> None:
        gone = [id(event) for kind in kinds for event in _chosen(_events_of(events, kind), nth)]
        events[:] = [event for event in events if id(event) not in gone]

    return edit


def put(event: Any, after: str = "", nth: int = 0) -> Edit:
    """Inserts an event after the nth of a kind, or at the start."""

    def edit(events: Events) -> None:
        index = events.index(_events_of(events, after)[nth]) + 1 if after else 0
        events.insert(index, copy.deepcopy(event))

    return edit


def again(kind: str, after: str, nth: int = 0, **members: Any) -> Edit:
    """Inserts a changed copy of the first event of a kind after the nth event of another kind."""
    return lambda events: put({**_events_of(events, kind)[0], **members}, after, nth)(events)


def renumber(events: Events) -> None:
    numbered([event for event in events if isinstance(event, dict)])


DROP = object()


def _pairs(values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    return zip(values[::2], values[1::2], strict=True)


def _set(document: Any, where: str, value: Any) -> None:
    *way, last = [int(token) if token.lstrip("-").isdecimal() else token for token in where.split("/")[1:]]
    for token in way:
        document = document[token]
    if value is DROP:
        del document[last]
    else:
        document[last] = value


def _events_of(events: Events, kind: str) -> Events:
    return [event for event in events if isinstance(event, dict) and event.get("type") == kind]


def _chosen(events: Events, nth: int | None) -> Events:
    return events if nth is None else [events[nth]]


DELTA, DONE = "response.output_text.delta", "response.output_text.done"
ARGS, ARGS_DONE = "response.function_call_arguments.delta", "response.function_call_arguments.done"
ADDED, ITEM_DONE = "response.output_item.added", "response.output_item.done"
PART, PART_DONE = "response.content_part.added", "response.content_part.done"
SUM, SUM_DONE = "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"
CREATED, BEGUN, END = "response.created", "response.in_progress", "response.completed"

TOOLS: dict[str, Any] = {"tools": [FUNCTION]}
TWO: dict[str, Any] = {"tools": [FUNCTION, {**FUNCTION, "name": "f"}]}
RUN: dict[str, Any] = {"tools": [{"type": "custom", "name": "run"}]}
WEB: dict[str, Any] = {"tools": [{"type": "web_search"}]}
THOUGHT: dict[str, Any] = {**REASONING, "summary": [], "content": [{"type": "reasoning_text", "text": "Easy, easy."}]}
SET: dict[str, Any] = {
    "instructions": "Be brief.", "temperature": 0.5, "metadata": {"a": "b"}, "store": False, "truncation": "auto",
    "previous_response_id": "resp_0", "parallel_tool_calls": False, "tool_choice": "auto",
    "reasoning": {"effort": "low"}, **TOOLS,
}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FORMAT: dict[str, Any] = {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}}
OBJECT: dict[str, Any] = {"format": {"type": "json_object"}}


def said(text: str) -> dict[str, Any]:
    return {**MESSAGE, "content": [{**TEXT, "text": text}]}


CITED: dict[str, Any] = {**MESSAGE, "content": [{**TEXT, "annotations": [CITATION]}]}
FAILED: dict[str, Any] = {"status": "failed", "error": {"code": "server_error", "message": "It broke."}, "usage": None}
CUT: dict[str, Any] = {
    "status": "incomplete",
    "incomplete_details": {"reason": "max_output_tokens"},
    "usage": {**response()["usage"], "output_tokens": 16, "total_tokens": 25},
}
ERROR = {
    "type": "error",
    "error": {"type": "server_error", "code": "server_error", "message": "It broke.", "param": None},
}
FLAT = {"type": "error", "code": "server_error", "message": "It broke.", "param": None}
RATES = {"type": "response.rate_limits.updated", "rate_limits": []}
ENCRYPTED: dict[str, Any] = {**REASONING, "encrypted_content": "gAAAA"}

SPACE: dict[str, Any] = {"type": "namespace", "name": "crm", "description": "Customers", "tools": [FUNCTION]}
BASES: dict[str, tuple[dict[str, Any], Any]] = {
    "spaced": (request(tools=[SPACE]), response({**CALL, "namespace": "crm"}, tools=[SPACE])),
    "text": (request(), response(MESSAGE)),
    "refusal": (request(), response(REFUSAL)),
    "call": (request(**TOOLS), response(CALL, **TOOLS)),
    "calls": (request(**TOOLS), response(REASONING, CALL, SECOND_CALL, **TOOLS)),
    "called again": (
        request(
            input=[
                {"role": "user", "content": "Weather in Oslo?"},
                {"type": "function_call", "call_id": "call_0", "name": "get_weather", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "call_0", "output": "Sunny"},
            ],
            **TOOLS,
        ),
        response(CALL, **TOOLS),
    ),
    "custom": (request(**RUN), response(CUSTOM, **RUN)),
    "reasoning": (request(include=["reasoning.encrypted_content"]), response(ENCRYPTED, MESSAGE)),
    "search": (request(**WEB), response(SEARCH, CITED, **WEB)),
    "failed": (request(), response(**FAILED)),
    "cut": (request(max_output_tokens=16), response(MESSAGE, max_output_tokens=16, **CUT)),
    "limited": (request(max_output_tokens=16), response(MESSAGE, max_output_tokens=16)),
    "remark": (request(text=OBJECT, **TOOLS), response(MESSAGE, CALL, text=OBJECT, **TOOLS)),
    "cut call": (
        request(max_output_tokens=16, **TOOLS),
        response({**CALL, "status": "incomplete", "arguments": '{"ci'}, max_output_tokens=16, **CUT, **TOOLS),
    ),
    "settings": (request(text=OBJECT, **SET), response(said("{}"), text=OBJECT, **SET)),
    "schema": (request(text=FORMAT), response(said('{"city": "Oslo"}'), text=FORMAT)),
    "forbidden": (request(tool_choice="none", **TOOLS), response(MESSAGE, tool_choice="none", **TOOLS)),
    "required": (request(tool_choice="required", **TOOLS), response(CALL, tool_choice="required", **TOOLS)),
    "custom forced": (
        request(tool_choice={"type": "custom", "name": "run"}, **RUN),
        response(CUSTOM, tool_choice={"type": "custom", "name": "run"}, **RUN),
    ),
    "named": (
        request(tool_choice={"type": "function", "name": "get_weather"}, **TOOLS),
        response(CALL, tool_choice={"type": "function", "name": "get_weather"}, **TOOLS),
    ),
    "allowed": (
        request(tool_choice={"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION]}, **TWO),
        response(CALL, **TWO),
    ),
    "logprobs": (
        request(include=["message.output_text.logprobs"]),
        response(
            {
                **MESSAGE,
                "content": [
                    {**TEXT, "logprobs": [{"token": "Good", "bytes": [71], "logprob": -0.1, "top_logprobs": []}]}
                ],
            }
        ),
    ),
    "background": (request(background=True), response(status="queued", usage=None, background=True, completed_at=None)),
    "text stream": (request(), stream(MESSAGE)),
    "two parts stream": (request(), stream({**MESSAGE, "content": [TEXT, TEXT]})),
    "refusal stream": (request(), stream(REFUSAL)),
    "calls stream": (request(**TOOLS), stream(CALL, SECOND_CALL, **TOOLS)),
    "custom stream": (request(**RUN), stream(CUSTOM, **RUN)),
    "reasoning stream": (request(), stream(REASONING, MESSAGE)),
    "thinking stream": (request(), stream(THOUGHT, MESSAGE)),
    "search stream": (request(**WEB), stream(SEARCH, CITED, **WEB)),
    "code stream": (request(), stream(CODE, MESSAGE)),
    "failed stream": (request(), stream(end="failed", **FAILED)),
    "cut stream": (request(), stream({**MESSAGE, "status": "incomplete"}, end="incomplete", **CUT)),
    "plain stream": (request(stream_options={"include_obfuscation": False}), stream(MESSAGE)),
}
