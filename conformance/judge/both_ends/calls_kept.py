"""The client gets the upstream's tool calls.

A gateway is free to write arguments with other white space, in another order of members, and calls in another order.
When it translates, it may give calls other ids, and it may emulate a feature with a tool of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from conformance.core.model import JSON, Breach, ToolCall
from conformance.judge.both_ends.answers import Answers, answers
from conformance.judge.both_ends.ends import Ends
from conformance.protocol.common_terms import values
from conformance.protocol.reading import parse
from conformance.protocol.schema_check import show


def tool_calls(ends: Ends) -> Iterator[Breach]:
    """The same tools are called, with the same arguments and, in a native lane, under the same ids."""
    both = answers(ends)
    if both is None or _is_emulated(both, ends.front.sent):
        return
    up, down = both.up.answer.tool_calls, both.down.answer.tool_calls
    want, got = (sorted(call.name for call in calls) for calls in (up, down))
    if want != got:
        yield Breach("upstream.answer.tool-calls", f"the upstream's calls: {show(want)}", show(got))
        return
    yield from _arguments(up, down)
    yield from _ids(up, down, both.is_native)


def _arguments(up: Sequence[ToolCall], down: Sequence[ToolCall]) -> Iterator[Breach]:
    got = [(call.name, _canonical(call.arguments)) for call in down]
    for call in up:
        want = (call.name, _canonical(call.arguments))
        if want in got:
            got.remove(want)
        elif want[1] is not None:  # else they are cut off, and a family of objects cannot say so
            other = next((arguments for name, arguments in got if name == call.name), None)
            expected = f"the arguments {show(call.arguments)} of {show(call.name)}, as the upstream wrote"
            yield Breach("upstream.answer.tool-arguments", expected, other or "text that is not JSON")


def _canonical(arguments: JSON) -> str | None:
    """Arguments in a form that is the same for equal ones; None if they are not JSON. "" stands for no arguments."""
    value, problem = parse(arguments or "{}") if isinstance(arguments, str) else (arguments, "")
    return None if problem else json.dumps(_plain(value), sort_keys=True)


def _plain(value: JSON) -> JSON:
    """JSON in which a whole number is always an integer: 3.0 is 3."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ids(up: Sequence[ToolCall], down: Sequence[ToolCall], is_native: bool) -> Iterator[Breach]:
    want, got = sorted(call.id for call in up), sorted(call.id for call in down)
    if is_native and want != got:
        yield Breach("upstream.answer.tool-ids", f"the upstream's ids: {show(want)}", show(got))
    elif len(set(got)) < len(got) or (not is_native and "" in got):
        yield Breach("upstream.answer.tool-ids", "an id of its own for each call", show(got))


def _is_emulated(both: Answers, sent: JSON) -> bool:
    """Whether the upstream called a tool that the gateway added, and not the client."""
    if both.is_native:
        return False
    own = values("tools", both.down.family, sent)
    added = [name for name in values("tools", both.up.family, both.up.reading.sent) if name not in own]
    return any(call.name in added for call in both.up.answer.tool_calls)


def _listed(ids: set[str]) -> str:
    return ", ".join(sorted(ids)) or "none"
