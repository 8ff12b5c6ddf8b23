"""Faults of a gateway whose upstream fails: the client gets a normal end, or less than the upstream said.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from conformance.reference.changes import ERROR, Change, Frame, event, family_of, on_answer, on_events
from conformance.reference.changes.flows import each
from conformance.reference.changes.frames import typed
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.upstream.swallowing import instead_of_error, is_error, swallow
from conformance.reference.gateway import Answer, Answering, BrokenOffError, Call
from conformance.reference.gateway.wire import whole, without
from conformance.reference.scripted import replies

_BLAME = "invalid_request_error"
_TYPES = {
    400: (_BLAME, _BLAME),
    401: (_BLAME, "authentication_error"),
    500: ("server_error", "api_error"),
}
"""Status -> its type at OpenAI's endpoints, and at Anthropic's."""
_USAGE = {"output_tokens": 3}


def _stopped(_sent: Sequence[Frame]) -> Iterable[Frame]:
    yield typed({"type": "content_block_stop", "index": 0})
    yield typed({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": _USAGE})
    yield typed({"type": "message_stop"})


def _completed(sent: Sequence[Frame]) -> Iterable[Frame]:
    started: dict[str, Any] = next((one.json["response"] for one in sent if one.type == "response.created"), {})
    response = {**started, "status": "completed"}
    yield typed({"type": "response.completed", "response": response, "sequence_number": len(sent)})


def _break(_sent: Sequence[Frame]) -> Iterable[Frame]:
    raise BrokenOffError


def repeated(times: int, status: int = 0) -> Change:
    """Sends each call up this many times, if the first answer has this status (any error without one)."""

    def change(answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            answer = await answering(call)
            if not ERROR(answer) or status not in (0, answer.status):
                return answer
            for _ in range(times - 1):
                await answer.close()
                answer = await answering(call)
            return answer

        return changed

    return change


def _retold(status: int) -> Change:
    """Gives every error this status, and the type that belongs to it."""

    async def change(call: Call, answer: Answer) -> Answer:
        kind = _TYPES[status][family_of(call) == "messages"]
        return replace(await _typed(answer, kind), status=status) if ERROR(answer) else answer

    return on_answer(change)


async def _typed(answer: Answer, kind: str) -> Answer:
    document = json.loads(b"".join([piece async for piece in answer.body]))
    document["error"]["type"] = kind
    body = json.dumps(document).encode()
    headers = (*without(answer.headers, frozenset({"content-length"})), ("content-length", str(len(body))))
    return replace(answer, headers=headers, body=whole(body))


async def _with_status_200(_call: Call, answer: Answer) -> Answer:
    return replace(answer, status=200) if ERROR(answer) else answer


def _blamed(frame: Frame) -> Sequence[Frame]:
    """An error event that says that the request is invalid. Responses has errors with and without an envelope."""
    document = json.loads(frame.data)
    error = document.get("error")
    blaming = {"code": _BLAME} if error is None else {"error": {**error, "type": _BLAME}}
    return [event({**document, **blaming}, frame.name)]


def _instead(*, stream: bool) -> Change:
    """Answers with the scripted text as a stream, or as JSON, whatever the client asks for."""

    async def change(call: Call, answer: Answer) -> Answer:
        await answer.close()
        return replies.answer({"text": "Pelican."}, call, family_of(call), stream=stream)

    return on_answer(change)


_FAMILIES = ("chat_completions", "responses", "messages")
_SILENT = "upstream/failures-cut/{silent,silent-unstreamed,silent-json}[*]"


def _statuses(cases: str) -> str:
    return f"upstream/failures-status/error[lane=*,status={cases},stream=true]"


_IN_TEXT = "upstream/failures-cut/translated[to={0},upstream={0},how={{close,error}},stream=true]"
_ANY_TEXT = " ".join(_IN_TEXT.format(name) for name in ("chat_completions", "responses", "messages"))

FAULTS = (
    Fault(
        id="upstream-failure-empty",
        family="all",
        sentence="An error of the upstream becomes an empty answer with status 200.",
        rules=("upstream.failure.hidden", "chat.answer.empty", "messages.content.says-something"),
        cases=_statuses("{500,502,503,529}"),
        apply=swallow(lambda _failed: ""),
        url="https://github.com/router-for-me/CLIProxyAPI/issues/4512",
    ),
    Fault(
        id="upstream-failure-apology",
        family="all",
        sentence="An error of the upstream becomes an apology of the assistant.",
        rules=("upstream.failure.hidden",),
        cases=_statuses("{400,500,529}"),
        apply=swallow(lambda _failed: "I am sorry, but something went wrong. Please try again."),
        url="https://github.com/diegosouzapw/OmniRoute/issues/3406",
    ),
    Fault(
        id="upstream-failure-as-text",
        family="all",
        sentence="The words of the upstream's error become the text of the assistant.",
        rules=("upstream.failure.hidden",),
        cases=_statuses("{404,422,503}"),
        apply=swallow(lambda failed: f"Error: {failed.words}"),
        url="https://github.com/diegosouzapw/OmniRoute/issues/3406",
    ),
    Fault(
        id="upstream-cut-as-end",
        family="all",
        sentence="A stream that the upstream cuts becomes a complete answer with the text so far.",
        rules=("upstream.failure.hidden",),
        cases=_ANY_TEXT,
        apply=swallow(lambda failed: failed.text),
        url="https://github.com/wicm84266964/Buddy2api/pull/69",
    ),
    Fault(
        id="upstream-cut-silent",
        family="all",
        sentence="A stream that the upstream cuts ends regularly, without its last event.",
        rules=("upstream.failure.hidden",),
        cases=_ANY_TEXT,
        apply=on_events(instead_of_error(lambda _sent: ())),
    ),
    Fault(
        id="upstream-cut-done",
        family="chat_completions",
        sentence="A chat stream that the upstream cuts ends with `[DONE]`.",
        rules=("upstream.failure.hidden", "chat.stream.finish-missing"),
        cases=_IN_TEXT.format("chat_completions"),
        apply=on_events(instead_of_error(lambda _sent: [event("[DONE]")])),
        url="https://github.com/askalf/dario/pull/1205",
    ),
    Fault(
        id="upstream-cut-stop",
        family="messages",
        sentence="A Messages stream that the upstream cuts ends with `end_turn` and `message_stop`.",
        rules=("upstream.failure.hidden",),
        cases=_IN_TEXT.format("messages"),
        apply=on_events(instead_of_error(_stopped)),
        url="https://github.com/saberjack/SHTUCodeProxy/pull/4",
    ),
    Fault(
        id="upstream-cut-completed",
        family="responses",
        sentence="A Responses stream that the upstream cuts ends with `response.completed`.",
        rules=(
            "upstream.failure.hidden",
            "responses.item.finished",
            "responses.output.not-empty",
            "responses.part.finished",
            "responses.usage.present",
        ),
        cases=_IN_TEXT.format("responses"),
        apply=on_events(instead_of_error(_completed)),
    ),
    Fault(
        id="upstream-cut-broken-off",
        family="all",
        sentence="If the upstream cuts a stream, the gateway closes the connection without a word.",
        rules=("upstream.failure.form",),
        cases=_ANY_TEXT,
        apply=on_events(instead_of_error(_break)),
    ),
    Fault(
        id="upstream-error-status-200",
        family="chat_completions",
        sentence="Errors of the upstream have the status 200.",
        rules=(
            "upstream.failure.hidden",
            "http.status.error-in-success",
            "chat.id",
            "chat.object",
            "chat.created",
            "chat.model",
            "chat.choices.list",
            "chat.usage.present",
        ),
        cases="upstream/failures-status/limited[to=chat_completions,upstream=chat_completions,stream=false]",
        apply=on_answer(_with_status_200),
        url="https://github.com/azrtydxb/Fastllm-proxy/issues/28",
    ),
    Fault(
        id="upstream-error-event-blames",
        family="all",
        sentence="The error event of a stream that the upstream cuts says that the request is invalid.",
        rules=("upstream.failure.type",),
        cases=_ANY_TEXT,
        apply=on_events(each(is_error, _blamed)),
    ),
    Fault(
        id="upstream-error-all-500",
        family="all",
        sentence="Every error of the upstream has the status 500.",
        rules=("upstream.failure.status",),
        cases=_statuses("{400,413,422,529}"),
        apply=_retold(500),
    ),
    Fault(
        id="upstream-error-all-400",
        family="all",
        sentence="Every error of the upstream has the status 400.",
        rules=("upstream.failure.status",),
        cases=_statuses("{500,502,503}"),
        apply=_retold(400),
    ),
    Fault(
        id="upstream-timeout-as-400",
        family="all",
        sentence="A time-out of the upstream, and a refused connection, have the status 400.",
        rules=("upstream.failure.status",),
        cases=f"{_SILENT} upstream/failures-cut/refused[*]",
        apply=_retold(400),
    ),
    Fault(
        id="upstream-timeout-as-end",
        family="all",
        sentence="If a stream of the upstream stops for ever, the text so far is told as the whole answer.",
        rules=("upstream.failure.hidden",),
        cases=" ".join(f"upstream/failures-cut/silent-stream[to={one},upstream={one},*" for one in _FAMILIES),
        apply=swallow(lambda failed: failed.text),
    ),
    Fault(
        id="upstream-refused-as-answer",
        family="all",
        sentence="If the upstream refuses connections, the client gets an answer that no model wrote.",
        rules=("upstream.failure.hidden",),
        cases="upstream/failures-cut/refused[*]",
        apply=swallow(lambda _failed: "The assistant is not available."),
    ),
    Fault(
        id="upstream-json-for-stream",
        family="all",
        sentence="A client that asks for a stream gets JSON.",
        rules=("http.stream.expected",),
        cases="upstream/failures-body/json-for-stream[*]",
        apply=_instead(stream=False),
    ),
    Fault(
        id="upstream-stream-for-json",
        family="all",
        sentence="A client that asks for JSON gets a stream.",
        rules=("http.stream.unasked",),
        cases="upstream/failures-body/stream-for-json[*]",
        apply=_instead(stream=True),
    ),
    Fault(
        id="upstream-key-refused-401",
        family="all",
        sentence="If the upstream refuses the gateway's key, the client gets the status 401.",
        rules=("upstream.failure.status",),
        cases="upstream/failures-status/key-quoted[to=*,upstream=*,stream=false]",
        apply=_retold(401),
        url="https://github.com/nyroway/nyro/issues/67",
    ),
    Fault(
        id="upstream-limit-as-500",
        family="all",
        sentence="A rate limit of the upstream has the status 500.",
        rules=("upstream.failure.status", "error.code.agrees"),
        cases="upstream/failures-status/limited[to=*,upstream=*,stream=false]",
        apply=_retold(500),
    ),
    Fault(
        id="upstream-storm",
        family="all",
        sentence="A request that the upstream refuses for a while is sent to it twelve times.",
        rules=("upstream.storm",),
        cases=_statuses("503"),
        apply=repeated(12),
    ),
    Fault(
        id="upstream-mistake-repeated",
        family="all",
        sentence="A request that the upstream refuses as invalid is sent to it again.",
        rules=("upstream.once",),
        cases=_statuses("{400,422}"),
        apply=repeated(2),
    ),
)
