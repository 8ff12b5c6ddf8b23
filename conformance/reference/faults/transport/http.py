"""Faults of HTTP: statuses, headers, bytes of bodies, connections."""

from __future__ import annotations

from conformance.reference.changes import (
    DOCUMENT,
    ERROR,
    STREAM,
    drop_header,
    on_body,
    on_writes,
    set_header,
    set_status,
)
from conformance.reference.changes.writes import cut_after
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="http-errors-with-200",
        family="chat_completions",
        sentence="Errors have the status 200.",
        rules=(
            "http.status.error-in-success",
            "http.stream.expected",
            "case.refused",
            "chat.id",
            "chat.object",
            "chat.created",
            "chat.model",
            "chat.choices.list",
            "chat.usage.present",
        ),
        cases="chat_completions/errors/no-model* chat_completions/errors/unknown-role",
        apply=set_status(200, of=ERROR),
    ),
    Fault(
        id="http-request-id-lost",
        family="all",
        sentence="Answers have no request id.",
        rules=("http.header.request-id",),
        cases="*/text/system-and-user* responses/text/input-text*",
        apply=lambda answering: drop_header("request-id")(drop_header("x-request-id")(answering)),
    ),
    Fault(
        id="http-json-as-text",
        family="all",
        sentence="Answers in JSON have the content type of plain text.",
        rules=("http.content-type.json",),
        cases="*/text/*stream=false] */errors/no-model*",
        apply=set_header("content-type", "text/plain; charset=utf-8", of=DOCUMENT),
    ),
    Fault(
        id="http-json-with-bom",
        family="all",
        sentence="JSON bodies begin with a byte order mark.",
        rules=("http.body.encoding",),
        cases="*/text/system*stream=false]",
        apply=on_body(lambda body: b"\xef\xbb\xbf" + body, of=DOCUMENT),
    ),
    Fault(
        id="http-stream-cut",
        family="chat_completions",
        sentence="The connection breaks off in the middle of a stream.",
        rules=(
            "http.connection.cut",
            "sse.framing.unfinished",
            "chat.stream.finish-missing",
            "chat.stream.done-missing",
            "case.answered",
        ),
        cases="chat_completions/text/*stream=true]",
        apply=on_writes(cut_after(900), of=STREAM),
    ),
)
