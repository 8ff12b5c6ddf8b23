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
        "http-errors-with-200",
        "chat_completions",
        "Errors have the status 200.",
        (
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
        "chat_completions/errors/no-model* chat_completions/errors/unknown-role",
        set_status(200, of=ERROR),
    ),
    Fault(
        "http-request-id-lost",
        "all",
        "Answers have no request id.",
        ("http.header.request-id",),
        "*/text/system-and-user* responses/text/input-text*",
        lambda answering: drop_header("request-id")(drop_header("x-request-id")(answering)),
    ),
    Fault(
        "http-json-as-text",
        "all",
        "Answers in JSON have the content type of plain text.",
        ("http.content-type.json",),
        "*/text/*stream=false] */errors/no-model*",
        set_header("content-type", "text/plain; charset=utf-8", of=DOCUMENT),
    ),
    Fault(
        "http-json-with-bom",
        "all",
        "JSON bodies begin with a byte order mark.",
        ("http.body.encoding",),
        "*/text/system*stream=false]",
        on_body(lambda body: b"\xef\xbb\xbf" + body, of=DOCUMENT),
    ),
    Fault(
        "http-stream-cut",
        "chat_completions",
        "The connection breaks off in the middle of a stream.",
        (
            "http.connection.cut",
            "sse.framing.unfinished",
            "chat.stream.finish-missing",
            "chat.stream.done-missing",
            "case.answered",
        ),
        "chat_completions/text/*stream=true]",
        on_writes(cut_after(900), of=STREAM),
    ),
)
