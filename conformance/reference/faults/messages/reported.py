"""Reported defects of real gateways: Messages that are refused, or mixed up.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes import GONE, at, on_events, on_request
from conformance.reference.changes.asked import if_
from conformance.reference.changes.flows import Frames, edit, having
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call


def _asks(test: Callable[[dict[str, Any]], bool]) -> Callable[[Call], bool]:
    """Whether the JSON object of a request passes a test."""
    return lambda call: test(json.loads(call.body))


def _caches_tools(body: dict[str, Any]) -> bool:
    return any("cache_control" in tool for tool in body.get("tools") or ())


def _has_one_stop(body: dict[str, Any]) -> bool:
    return len(body.get("stop_sequences") or ()) == 1


def _misrouted(index: JSON) -> JSON:
    return index + 1 if index == 0 else index


_OPEN: list[int] = []
"""The streams that are being written, for a gateway whose streams share their state."""


async def _sharing_blocks(passing: Frames) -> Frames:
    """Each delta has the number of the streams that run at the same time as its index."""
    _OPEN.append(1)
    try:
        async for frame in passing:
            shared = at("/index", lambda index: index + len(_OPEN) - 1)
            yield frame.edited(shared) if frame.type == "content_block_delta" else frame
    finally:
        _OPEN.pop()


FAULTS = (
    Fault(
        id="messages-system-list-dropped",
        family="messages",
        sentence="A system prompt in blocks does not reach the provider.",
        rules=("case.answer-text",),
        cases="messages/text/system-blocks*",
        apply=on_request(at("/system", lambda system: GONE if isinstance(system, list) else system)),
        url="https://github.com/KochC/opencode-llm-proxy/pull/47",
    ),
    Fault(
        id="messages-cached-tool-refused",
        family="messages",
        sentence="A tool with cache_control is refused.",
        rules=("case.accepted",),
        cases="messages/combinations/*cach*",
        apply=if_(refuse(400, "tools.0.cache_control: Extra inputs are not permitted"), _asks(_caches_tools)),
        url="https://github.com/earendil-works/pi/issues/7938",
    ),
    Fault(
        id="messages-one-stop-sequence-refused",
        family="messages",
        sentence="A list with one stop sequence is refused, because it reaches the provider as a string.",
        rules=("case.accepted",),
        cases="messages/limits/stop-not-reached*",
        apply=if_(refuse(400, "stop_sequences: Input should be a valid list"), _asks(_has_one_stop)),
        url="https://github.com/QuantumNous/new-api/issues/7175",
    ),
    Fault(
        id="messages-arguments-misrouted",
        family="messages",
        sentence="The arguments of the first of two calls are sent to the block of the second.",
        rules=("messages.stream.block-not-open", "messages.tool-use.fits-schema", "case.tool-arguments"),
        cases="messages/tools/parallel[stream=true]",
        apply=on_events(edit(having("/delta/partial_json"), at("/index", _misrouted))),
        url="https://github.com/praxis-proxy/ai/issues/266",
    ),
    Fault(
        id="messages-streams-share-blocks",
        family="messages",
        sentence="Streams that run at the same time share their state: deltas have the index of another block.",
        rules=("messages.stream.block-not-open", "case.answer-text"),
        cases="http/concurrency/messages[stream=true]",
        apply=on_events(_sharing_blocks),
        url="https://github.com/PostHog/posthog/pull/72287",
    ),
)
