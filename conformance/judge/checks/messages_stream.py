"""Messages streams: rules about indexes, deltas and token counts that stream.yaml cannot express.

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming, and the accumulation in
anthropic-sdk-python, anthropic/lib/streaming/_messages.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.judge.checks.messages import CALLS, CUT_OFF, FAMILY, located, stop_reason, whole
from conformance.judge.increments import repeats
from conformance.protocol.answers.messages import PROMPT, prompt_tokens
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_TAKES: Mapping[str, tuple[str, ...]] = {
    "text_delta": ("text",),
    "citations_delta": ("text",),
    "thinking_delta": ("thinking",),
    "signature_delta": ("thinking",),
    "input_json_delta": CALLS,
}
"""Type of a delta -> the types of blocks that accept it. Unknown block types accept every delta."""
_JUDGED = frozenset({"text", "thinking", "redacted_thinking", *CALLS})


def of_type(reading: Reading, *types: str) -> Iterator[tuple[int, dict[str, JSON]]]:
    """Yield (event number, data) for the events of these types."""
    for parsed in reading.events:
        if isinstance(parsed.json, dict) and parsed.json.get("type") in types:
            yield parsed.event.number, parsed.json


@check("messages.stream.foreign-event", families=FAMILY, on="stream")
def foreign(reading: Reading) -> Iterator[Breach]:
    """No event is of another family: those of Chat Completions have no type, those of Responses a `response.` type."""
    for parsed in reading.events:
        event = parsed.json if isinstance(parsed.json, dict) else {}
        kind = event.get("type", "")
        named = isinstance(kind, str) and kind.startswith("response.")
        if named or ("type" not in event and any(member in event for member in _FOREIGN)):
            expected = "an event of a Messages stream"
            yield breach("messages.stream.foreign-event", expected, show(event), event=parsed.event.number)


_FOREIGN = ("choices", "object", "error", "detail")
"""Members that show that an event without a type comes from another family, or from a web framework."""


@check("messages.stream.block-index", families=FAMILY, on="stream")
def indexes(reading: Reading) -> Iterator[Breach]:
    """Indexes of blocks count from 0 in the order of their start: the SDK uses them as list indexes."""
    for expected, (number, event) in enumerate(of_type(reading, "content_block_start")):
        index = get(event, "/index", int)
        if index is not None and index != expected:
            yield breach("messages.stream.block-index", f"index {expected}", f"index {index}", "/index", number)


@check("messages.stream.delta-fits-block", families=FAMILY, on="stream")
def deltas(reading: Reading) -> Iterator[Breach]:
    """The type of a delta matches its block."""
    blocks: dict[int | None, str | None] = {}
    for number, event in of_type(reading, "content_block_start", "content_block_delta"):
        index = get(event, "/index", int)
        if event["type"] == "content_block_start":
            blocks[index] = get(event, "/content_block/type", str)
            continue
        block, delta = blocks.get(index), get(event, "/delta/type", str)
        if delta is not None and block in _JUDGED and delta in _TAKES and block not in _TAKES[delta]:
            fitting = " or ".join(name for name, takers in _TAKES.items() if block in takers) or "no delta"
            yield breach(
                "messages.stream.delta-fits-block", f"{fitting} in a {block} block", delta, "/delta/type", number
            )


@check("messages.stream.incremental", families=FAMILY, on="stream")
def deltas_are_new(reading: Reading) -> Iterator[Breach]:
    """Each delta contains only the new part of its block's text or thinking."""
    texts: dict[tuple[int | None, str], list[str]] = {}
    for _, event in of_type(reading, "content_block_delta"):
        for member in ("text", "thinking"):
            if text := get(event, f"/delta/{member}", str):
                texts.setdefault((get(event, "/index", int), member), []).append(text)
    for (_, member), pieces in texts.items():
        if repeats(pieces):
            yield breach("messages.stream.incremental", "only the new text", show(pieces[-1]), f"/delta/{member}")


@check("messages.stream.tool-input", families=FAMILY, on="stream")
def tool_input(reading: Reading) -> Iterator[Breach]:
    """The parts of a complete call's input form one JSON object."""
    message = whole(reading)
    if stop_reason(message) in CUT_OFF or _may_be_invalid(reading):
        return
    for at, block in located(message, *CALLS):
        if not isinstance(block.get("input"), dict):
            yield breach("messages.stream.tool-input", "one JSON object", show(block.get("input")), f"{at}/input")


def _may_be_invalid(reading: Reading) -> bool:
    """Whether the request enables fine-grained streaming of tool input, which may be invalid JSON.

    Source: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming
    """
    betas = ",".join(value for name, value in reading.exchange.request.headers if name.lower() == "anthropic-beta")
    tools = get(reading.sent, "/tools", list) or ()
    return "fine-grained-tool-streaming" in betas or any(get(tool, "/eager_input_streaming", bool) for tool in tools)


@check("messages.stream.usage-cumulative", families=FAMILY, on="stream")
def cumulative(reading: Reading) -> Iterator[Breach]:
    """The counts of output tokens are cumulative, so they never decrease."""
    before = 0
    for number, event in of_type(reading, "message_start", "message_delta"):
        at = "/usage/output_tokens" if event["type"] == "message_delta" else "/message/usage/output_tokens"
        count = get(event, at, int)
        if count is not None and count < before:
            yield breach("messages.stream.usage-cumulative", f"at least {before}", str(count), at, number)
        before = max(before, count or 0)


@check("messages.stream.usage-split", families=FAMILY, on="stream")
def usage_split(reading: Reading) -> Iterator[Breach]:
    """The parts of a prompt are the same at the start and at the end. Another sum may be an estimate at first."""
    started = next((get(event, "/message/usage", dict) for _, event in of_type(reading, "message_start")), None)
    for number, event in of_type(reading, "message_delta"):
        ended = get(event, "/usage", dict)
        was, now = (tuple(get(usage, f"/{name}", int) or 0 for name in PROMPT) for usage in (started, ended))
        if sum(was) == sum(now) and was != now:
            names = " + ".join(PROMPT)
            expected = f"{_sum(was)}, as in message_start ({names})"
            yield breach("messages.stream.usage-split", expected, _sum(now), "/usage", number)


def _sum(counts: tuple[int, ...]) -> str:
    return " + ".join(map(show, counts))


@check("messages.stream.start-usage", families=FAMILY, on="stream")
def start_usage(reading: Reading) -> Iterator[Breach]:
    """message_start has the count of input tokens."""
    for number, event in of_type(reading, "message_start"):
        if prompt_tokens(get(event, "/message/usage", dict)) == 0:
            yield breach("messages.stream.start-usage", "more than 0 tokens", "0", "/message/usage", number)
