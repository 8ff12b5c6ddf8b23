"""Changes of a whole answer: its status, its headers, and its body."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from conformance.core.model import JSON, Headers
from conformance.reference.changes.change import Change, on_answer
from conformance.reference.changes.documents import Edit, edited
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import first, whole, without

Kind = Callable[[Answer], bool]
"""Whether a change is for an answer."""


def _type(answer: Answer) -> str:
    return (first(answer.headers, "content-type") or "").partition(";")[0].strip().lower()


def ANY(_answer: Answer) -> bool:  # noqa: N802 (reads as a constant in tables)
    """Every answer."""
    return True


def ERROR(answer: Answer) -> bool:  # noqa: N802
    """Answers with a status of 400 or above."""
    return answer.status >= 400


def STREAM(answer: Answer) -> bool:  # noqa: N802
    """Successful event streams."""
    return answer.status < 300 and _type(answer) == "text/event-stream"


def DOCUMENT(answer: Answer) -> bool:  # noqa: N802
    """JSON answers, including errors."""
    return _type(answer) == "application/json"


def SUCCESS(answer: Answer) -> bool:  # noqa: N802
    """JSON answers that are not errors."""
    return answer.status < 300 and DOCUMENT(answer)


def _on(of: Kind, edit: Callable[[Answer], Answer]) -> Change:
    async def change(_call: Call, answer: Answer) -> Answer:
        return edit(answer) if of(answer) else answer

    return on_answer(change)


def set_status(status: int, of: Kind = SUCCESS) -> Change:
    """Replaces the status."""
    return _on(of, lambda answer: replace(answer, status=status))


def on_headers(edit: Callable[[Headers], Headers], of: Kind = ANY) -> Change:
    """Edits the headers."""
    return _on(of, lambda answer: replace(answer, headers=edit(answer.headers)))


def set_header(name: str, value: str, of: Kind = ANY) -> Change:
    """Sets a header, instead of those with the same name."""
    return on_headers(lambda headers: (*without(headers, frozenset({name.lower()})), (name, value)), of)


def add_header(name: str, value: str, of: Kind = ANY) -> Change:
    """Adds a header."""
    return on_headers(lambda headers: (*headers, (name, value)), of)


def drop_header(name: str, of: Kind = ANY) -> Change:
    """Removes all headers with this name."""
    return on_headers(lambda headers: without(headers, frozenset({name.lower()})), of)


def on_body(edit: Callable[[bytes], bytes], of: Kind = DOCUMENT) -> Change:
    """Edits the whole body, and corrects the content length."""

    async def change(_call: Call, answer: Answer) -> Answer:
        if not of(answer):
            return answer
        body = edit(b"".join([piece async for piece in answer.body]))
        return replace(answer, headers=_measured(answer.headers, len(body)), body=whole(body))

    return on_answer(change)


def set_body(body: bytes, of: Kind = DOCUMENT) -> Change:
    """Replaces the body."""
    return on_body(lambda _body: body, of)


def on_json(*edits: Edit, of: Kind = SUCCESS) -> Change:
    """Edits the JSON document, which keeps its style: on several lines or on one."""

    def edit(body: bytes) -> bytes:
        document = edited(json.loads(body), edits)
        return body if document == json.loads(body) else written(document, body)

    return on_body(edit, of)


def on_error(*edits: Edit) -> Change:
    """Edits the JSON document of errors."""
    return on_json(*edits, of=lambda answer: ERROR(answer) and DOCUMENT(answer))


def written(document: JSON, like: bytes) -> bytes:
    """JSON text formatted like `like`."""
    indent = 2 if b"\n" in like.strip() else None
    compact = (",", ":") if indent is None and b'": ' not in like[:40] else None
    return json.dumps(document, ensure_ascii=False, indent=indent, separators=compact).encode("utf-8", "surrogatepass")


Writes = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]
"""Takes the pieces of a body, each of which is one write, and yields other pieces."""


def on_writes(*flows: Writes, of: Kind = ANY) -> Change:
    """Changes the bytes of a body as they pass, or how and when they are written."""

    def edit(answer: Answer) -> Answer:
        body = answer.body
        for flow in flows:
            body = flow(body)
        return replace(answer, body=body)

    return _on(of, edit)


def on_stream_body(edit: Callable[[bytes], bytes]) -> Change:
    """Edits the bytes of a whole stream, and sends them in one piece."""

    async def flow(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        yield edit(b"".join([piece async for piece in body]))

    return on_writes(flow, of=STREAM)


def _measured(headers: Headers, length: int) -> Headers:
    return tuple((name, str(length) if name.lower() == "content-length" else value) for name, value in headers)
