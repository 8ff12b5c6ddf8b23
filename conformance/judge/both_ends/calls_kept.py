"""The client gets the upstream's tool calls.

A gateway is free to write arguments with other white space, in another order of members, and calls in another order.
When it translates, it may give calls other ids, emulate a feature with a tool of its own, and emulate a custom tool
with a function whose only argument is the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.model import Breach, ToolCall
from conformance.judge.both_ends.answers import answers, canonical, emulated, unwrapped
from conformance.judge.both_ends.ends import Ends
from conformance.protocol.schema_check import show


def tool_calls(ends: Ends) -> Iterator[Breach]:
    """The same tools are called, with the same arguments and, in a native lane, under the same ids."""
    both = answers(ends)
    if both is None or emulated(both, ends.front.sent):
        return
    up, down = both.up.answer.tool_calls, both.down.answer.tool_calls
    want, got = (sorted(call.name for call in calls) for calls in (up, down))
    if want != got:
        yield Breach("upstream.answer.tool-calls", f"the upstream's calls: {show(want)}", show(got))
        return
    yield from _arguments(up, down, both.is_native)
    yield from _ids(up, down, both.is_native)


def _arguments(up: Sequence[ToolCall], down: Sequence[ToolCall], is_native: bool) -> Iterator[Breach]:
    left = list(down)
    for call in up:
        if found := next((other for other in left if _is_same(call, other, is_native)), None):
            left.remove(found)
        elif canonical(call.arguments) is not None:  # else they are cut off, and a family of objects cannot say so
            got = next((canonical(other.arguments) for other in left if other.name == call.name), None)
            expected = f"the arguments {show(call.arguments)} of {show(call.name)}, as the upstream wrote"
            yield Breach("upstream.answer.tool-arguments", expected, got or "text that is not JSON")


def _is_same(up: ToolCall, down: ToolCall, is_native: bool) -> bool:
    """Whether a call is the upstream's. The only argument of a function may be the text of a custom tool."""
    if up.name != down.name:
        return False
    want = canonical(up.arguments)
    if want == canonical(down.arguments):
        return True
    return not is_native and want is not None and unwrapped(want) == down.arguments


def _ids(up: Sequence[ToolCall], down: Sequence[ToolCall], is_native: bool) -> Iterator[Breach]:
    want, got = sorted(call.id for call in up), sorted(call.id for call in down)
    if is_native and want != got:
        yield Breach("upstream.answer.tool-ids", f"the upstream's ids: {show(want)}", show(got))
    elif len(set(got)) < len(got) or (not is_native and "" in got):
        yield Breach("upstream.answer.tool-ids", "an id of its own for each call", show(got))


def _listed(ids: set[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
