"""Requests and events that a gateway does not carry: null as unset, newer members, long lines, split characters.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from conformance.core.model import JSON
from conformance.reference.changes import Change, drop, on_events, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.documents import edited, found
from conformance.reference.changes.flows import each, having, stop_after, together
from conformance.reference.changes.frames import Frame, event
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Call

_LONGEST_LINE = 64 * 1024
_PIECE = 256
_CALL = "/choices/0/delta/tool_calls/0"
_ARGUMENTS = f"{_CALL}/function/arguments"
_CHOICE = "/choices/0/index"
_NAMES = (drop(f"{_CALL}/id"), drop(f"{_CALL}/type"), drop(f"{_CALL}/function/name"))
"""Edits for the later pieces of a call."""


def _has_null(call: Call) -> bool:
    return re.search(rb":\s*null\b", call.body) is not None


def _says(text: bytes) -> Callable[[Call], bool]:
    return lambda call: text in call.body


_NULLS_FAIL: Change = if_(refuse(500, "The request could not be read: null is not allowed here."), _has_null)


def _in_pieces(frame: Frame) -> Iterator[Frame]:
    """The event with its arguments in pieces of 256 units of UTF-16, as JavaScript cuts texts."""
    units = str(found(frame.json, _ARGUMENTS)[0]).encode("utf-16-le")
    for start in range(0, len(units), 2 * _PIECE):
        piece: JSON = units[start : start + 2 * _PIECE].decode("utf-16-le", "surrogatepass")
        known = _NAMES if start else ()
        yield event(json.dumps(edited(frame.json, [put(_ARGUMENTS, piece), *known])))


FAULTS = (
    *(
        Fault(
            id=f"{name}-null-fails",
            family=family,
            sentence="A parameter that is null makes the gateway fail.",
            rules=("case.accepted", "case.status", "case.error-names-mistake", "error.type.agrees"),
            cases=f"{family}/nulls/*",
            apply=_NULLS_FAIL,
        )
        for name, family in (("chat", "chat_completions"), ("responses", "responses"), ("messages", "messages"))
    ),
    Fault(
        id="messages-cache-ttl-refused",
        family="messages",
        sentence="`cache_control` with a `ttl` is refused.",
        rules=("case.accepted",),
        cases="messages/whole-request/cache-for-an-hour*",
        apply=if_(refuse(400, "cache_control.ttl: Extra inputs are not permitted"), _says(b'"ttl"')),
        url="https://github.com/caozhiyuan/copilot-api/issues/143",
    ),
    Fault(
        id="messages-input-examples-refused",
        family="messages",
        sentence="A tool with `input_examples` is refused.",
        rules=("case.accepted",),
        cases="messages/whole-request/input-examples*",
        apply=if_(refuse(400, "tools.0.input_examples: Extra inputs are not permitted"), _says(b'"input_examples"')),
        url="https://github.com/anthropics/claude-code/issues/11678",
    ),
    Fault(
        id="messages-server-tool-refused",
        family="messages",
        sentence="A server tool is refused, because it has no `input_schema`.",
        rules=("case.accepted",),
        cases="messages/whole-request/unused-server-tool*",
        apply=if_(refuse(400, "tools.0.input_schema: Field required"), _says(b'"web_search_20')),
        url="https://github.com/experientiallabs/experiential/pull/690",
    ),
    Fault(
        id="sse-long-line-cut",
        family="responses",
        sentence="A stream ends after an event of more than 64 KiB.",
        rules=("responses.stream.terminal", "case.answer-text", "case.answer-stop"),
        cases="responses/whole-request/large-event",
        apply=on_events(stop_after(lambda frame: len(frame.raw) > _LONGEST_LINE)),
    ),
    Fault(
        id="chat-surrogates-apart",
        family="chat_completions",
        sentence="Long arguments are cut between the halves of surrogate pairs.",
        rules=("http.text.lone-surrogate",),
        cases="chat_completions/exact-arguments/emoji-in-two-choices",
        apply=on_events(together(_ARGUMENTS, _CHOICE), each(having(_ARGUMENTS), _in_pieces)),
        url="https://github.com/openclaw/openclaw/pull/115536",
    ),
)
