"""Builds the event stream of a complete response.

Grammar: https://platform.openai.com/docs/api-reference/responses-streaming. Numbers start at 0; there is no `[DONE]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .. import tokens
from ..identity import padding
from ..prompt import JSON
from ..wire import frame

_CALLS = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
}


def frames(body: JSON, started: Callable[[str], JSON], response: JSON) -> list[bytes]:
    """The numbered events; delta events have random padding unless the request turned it off.

    `started` returns the response at its start, with the given status.
    """
    hidden = (body.get("stream_options") or {}).get("include_obfuscation", True)
    numbered = []
    for number, event in enumerate((*_begin(body, started), *_events(response))):
        extra = {"obfuscation": padding()} if hidden and event["type"].endswith(".delta") else {}
        numbered.append(frame({**event, **extra, "sequence_number": number}, event["type"]))
    return numbered


def _begin(body: JSON, started: Callable[[str], JSON]) -> Iterator[JSON]:
    first = "queued" if body.get("background") else "in_progress"
    yield {"type": "response.created", "response": started(first)}
    if first == "queued":
        yield {"type": "response.queued", "response": started(first)}
    yield {"type": "response.in_progress", "response": started("in_progress")}


def _events(response: JSON) -> Iterator[JSON]:
    for index, item in enumerate(response["output"]):
        yield {"type": "response.output_item.added", "item": _opened(item), "output_index": index}
        for event in _item_events(item):
            yield {**event, "item_id": item["id"], "output_index": index}
        yield {"type": "response.output_item.done", "item": item, "output_index": index}
    yield {"type": f"response.{response['status']}", "response": response}


def _opened(item: JSON) -> JSON:
    """The item at its start, without content."""
    if item["type"] == "reasoning":
        return {**item, "summary": []}
    empty: JSON = {"content": []} if item["type"] == "message" else {_CALLS[item["type"]][0]: ""}
    return {**item, "status": "in_progress", **empty}


def _item_events(item: JSON) -> Iterator[JSON]:
    if item["type"] == "message":
        for index, part in enumerate(item["content"]):
            yield from _part_events(part, {"content_index": index})
    elif item["type"] == "reasoning":
        for index, part in enumerate(item["summary"]):
            yield from _summary_events(part, {"summary_index": index})
    else:
        field, kind = _CALLS[item["type"]]
        for piece in tokens.split(item[field]):
            yield {"type": f"{kind}.delta", "delta": piece}
        name = {"name": item["name"]} if item["type"] == "function_call" else {}
        yield {"type": f"{kind}.done", field: item[field], **name}


def _part_events(part: JSON, at: JSON) -> Iterator[JSON]:
    if part["type"] == "refusal":
        yield from _refusal_events(part, at)
        return
    yield {"type": "response.content_part.added", "part": {**part, "text": "", "logprobs": []}, **at}
    for piece, logprobs in _pieces(part["text"], part["logprobs"]):
        yield {"type": "response.output_text.delta", "delta": piece, "logprobs": logprobs, **at}
    yield {"type": "response.output_text.done", "text": part["text"], "logprobs": part["logprobs"], **at}
    yield {"type": "response.content_part.done", "part": part, **at}


def _refusal_events(part: JSON, at: JSON) -> Iterator[JSON]:
    yield {"type": "response.content_part.added", "part": {**part, "refusal": ""}, **at}
    for piece in tokens.split(part["refusal"]):
        yield {"type": "response.refusal.delta", "delta": piece, **at}
    yield {"type": "response.refusal.done", "refusal": part["refusal"], **at}
    yield {"type": "response.content_part.done", "part": part, **at}


def _pieces(text: str, logprobs: Sequence[JSON]) -> Iterator[tuple[str, list[JSON]]]:
    for index, piece in enumerate(tokens.split(text)):
        yield piece, [logprobs[index]] if logprobs else []


def _summary_events(part: JSON, at: JSON) -> Iterator[JSON]:
    kind = "response.reasoning_summary"
    yield {"type": f"{kind}_part.added", "part": {**part, "text": ""}, **at}
    for piece in tokens.split(part["text"]):
        yield {"type": f"{kind}_text.delta", "delta": piece, **at}
    yield {"type": f"{kind}_text.done", "text": part["text"], **at}
    yield {"type": f"{kind}_part.done", "part": part, **at}
