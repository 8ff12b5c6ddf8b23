"""A diagnosis for support staff: one sentence, the five questions, the changes, and a `curl` that works."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.core.model import Request
from conformance.core.plural import counted
from conformance.core.redaction import is_secret, redact
from conformance.core.terminal_text import plain
from conformance.doctor.diagnosis import CAUSES, Answered, Converted, Diagnosis
from conformance.protocol.family import load_family
from conformance.records import curl
from conformance.report.width import wrapped

_WIDTH = max(len("base URL"), len("endpoint"))
_MARKS = {"ok": "ok", "wrong": "WRONG", "unknown": "-"}


def lines(found: Diagnosis, client: Sequence[str] = ()) -> Iterator[str]:
    """The diagnosis for the terminal. `client` are the requests that the named client sends."""
    yield from wrapped(f"{found.cause}: {redact(found.sentence)}")
    yield ""
    for one in found.questions:
        yield from _row(one)
    for title, texts in (("Change", found.changes), ("Note", found.notes), ("Client", client)):
        if texts:
            yield ""
        for text in texts:
            yield from wrapped(f"{title}: {redact(text)}")
    if found.also:
        yield from wrapped(f"Also: {', '.join(f'{cause} ({CAUSES[cause]})' for cause in found.also)}")
    if found.converted:
        yield ""
        yield from _conversion(found.converted)
    if found.cure:
        yield ""
        yield f"This request {'was sent, and is' if found.is_proven else 'should be'} answered:"
        yield plain(redact(curl.command(_shown(found.cure))))
    if found.sent:
        yield ""
        yield from wrapped(
            f"{counted(len(found.sent), 'request')}: {', '.join(_answer(one.status, one.kind) for one in found.sent)}"
        )


def _row(one: Answered) -> list[str]:
    head = f"  {one.question:<{_WIDTH}}  {_MARKS[one.state]:<5}  "
    return wrapped(f"{head}{redact(one.text)}", indent=" " * len(head))


def _answer(status: int | None, kind: str) -> str:
    return kind if status is None else f"{status} {kind}"


def _conversion(found: Converted) -> Iterator[str]:
    lost = f" (without {', '.join(found.lost)})" if found.lost else ""
    yield f"The body for {load_family(found.family).title}{lost}:"
    yield plain(redact(json.dumps(found.body, ensure_ascii=False)))


def _shown(request: Request) -> Request:
    """The request without the headers that may carry another secret."""
    headers = tuple((name, value) for name, value in request.headers if not is_secret(name))
    return Request(request.method, request.url, headers, request.body, request.auth)


def document(found: Diagnosis, client: Sequence[str] = ()) -> dict[str, Any]:
    """The same for programs."""
    return {
        "cause": found.cause,
        "sentence": redact(found.sentence),
        "proven": found.is_proven,
        "also": list(found.also),
        "questions": [
            {"question": one.question, "state": one.state, "text": redact(one.text)} for one in found.questions
        ],
        "changes": [redact(text) for text in found.changes],
        "notes": [redact(text) for text in found.notes],
        "client": list(client),
        "converted": None
        if found.converted is None
        else {
            "family": found.converted.family,
            "body": found.converted.body,
            "lost": list(found.converted.lost),
        },
        "curl": redact(curl.command(_shown(found.cure))) if found.cure else None,
        "requests": [
            {"why": one.why, "method": one.method, "url": redact(one.url), "status": one.status, "answer": one.kind}
            for one in found.sent
        ],
    }
