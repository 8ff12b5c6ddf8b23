"""Builds the event stream of a complete response.

Grammar: https://platform.openai.com/docs/api-reference/responses-streaming. Numbers start at 0; there is no `[DONE]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .. import tokens
from ..identity import padding
from ..prompt import JSON
from ..wire import frame
from .shown import NOTHING, Shown, asides, opened, told

_CALLS = {
    "function_call": ("arguments", "response.function_call_arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input"),
}


def frames(body: JSON, started: Callable[[str], JSON], response: JSON, shown: Shown = NOTHING) -> list[bytes]:
    """The numbered events; delta events have random padding unless the request turned it off.

    `started` returns the response at its start, with the given status.
    """
    hidden = (body.get("stream_options") or {}).get("include_obfuscation", True)
    numbered = []
    for number, event in enumerate((*_begin(body, started), *asides(shown.items), *_events(response, shown))):
        extra = {"obfuscation": padding()} if hidden and event["type"].endswith(".delta") else {}
        numbered.append(frame({**event, **extra, "sequence_number": number}, event["type"]))
    return numbered


def _begin(body: JSON, started: Callable[[str], JSON]) -> Iterator[JSON]:
    first = "queued" if body.get("background") else "in_progress"
    yield {"type": "response.created", "response": started(first)}
    if first == "queued":
        yield {"type": "response.queued", "response": started(first)}
    yield {"type": "response.in_progress", "response": started("in_progress")}


def _events(response: JSON, shown: Shown) -> Iterator[JSON]:
    for index, item in enumerate(response["output"]):
        yield {"type": "response.output_item.added", "item": _opened(item), "output_index": index}
        for event in _item_events(item):
            yield {**event, "output_index": index}
        yield {"type": "response.output_item.done", "item": item, "output_index": index}
    if shown.error:
        error = {"type": "server_error", "code": shown.error, "message": "The model met an error.", "param": None}
        yield {"type": "error", "error": error}
        return
    yield {"type": f"response.{response['status']}", "response": response}


def _opened(item: JSON) -> JSON:
    """The item at its start, without content."""
    if item["type"] == "reasoning":
        return {**item, "summary": [], **({"content": []} if item.get("content") else {})}
    if item["type"] == "message":
        return {**item, "status": "in_progress", "content": []}
    if item["type"] in _CALLS:
        return {**item, "status": "in_progress", _CALLS[item["type"]][0]: ""}
    return opened(item)


def _item_events(item: JSON) -> Iterator[JSON]:
    of = {"item_id": item["id"]}
    if item["type"] in ("message", "reasoning"):
        for index, part in enumerate(item.get("content") or ()):
            yield from _part_events(part, {**of, "content_index": index})
        for index, part in enumerate(item.get("summary") or ()):
            yield from _summary_events(part, {**of, "summary_index": index})
    elif item["type"] in _CALLS:
        field, kind = _CALLS[item["type"]]
        for piece in tokens.split(item[field]):
            yield {"type": f"{kind}.delta", "delta": piece, **of}
        name = {"name": item["name"]} if item["type"] == "function_call" else {}
        yield {"type": f"{kind}.done", field: item[field], **name, **of}
    else:
        yield from told(item)


def _part_events(part: JSON, at: JSON) -> Iterator[JSON]:
    if part["type"] != "output_text":
        yield from _plain_events(part, at)
        return
    yield {"type": "response.content_part.added", "part": {**part, "text": "", "annotations": [], "logprobs": []}, **at}
    for piece, logprobs in _pieces(part["text"], part["logprobs"]):
        yield {"type": "response.output_text.delta", "delta": piece, "logprobs": logprobs, **at}
    for index, annotation in enumerate(part["annotations"]):
        event = {"annotation": annotation, "annotation_index": index, **at}
        yield {"type": "response.output_text.annotation.added", **event}
    yield {"type": "response.output_text.done", "text": part["text"], "logprobs": part["logprobs"], **at}
    yield {"type": "response.content_part.done", "part": part, **at}


def _plain_events(part: JSON, at: JSON) -> Iterator[JSON]:
    """The events of a refusal, or of the text of reasoning."""
    field = "refusal" if part["type"] == "refusal" else "text"
    kind = f"response.{part['type']}"
    yield {"type": "response.content_part.added", "part": {**part, field: ""}, **at}
    for piece in tokens.split(part[field]):
        yield {"type": f"{kind}.delta", "delta": piece, **at}
    yield {"type": f"{kind}.done", field: part[field], **at}
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
