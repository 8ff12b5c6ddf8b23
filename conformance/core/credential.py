"""The key of a run: the headers that carry it, and how it is removed from answers.

An answer may repeat the key in many spellings, in pieces, compressed, and split over chunks: `core/leaks` finds it.

The placeholder (`redaction.OWN`) has the form of a shell variable, so that a printed request can be run as it is. The
rules about leaks look for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from conformance.core import leaks
from conformance.core.model import Chunk, Exchange, Finding, Headers, Verdict
from conformance.core.redaction import OWN

FORMS = {
    "bearer": ("authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "bearer-in-small-letters": ("authorization", "bearer {}"),
    "bearer-in-capitals": ("authorization", "BEARER {}"),
    "authorization-in-capitals": ("AUTHORIZATION", "Bearer {}"),
    "x-api-key-in-capitals": ("X-API-KEY", "{}"),
}
"""Form -> (header name, template of the value): the vendors' own forms, and spellings that HTTP treats as the same."""
Secrets = Sequence[tuple[str, str]]
"""(placeholder, secret) pairs; a secret is replaced by its placeholder."""
MAX_REMEMBERED = 200
"""Characters of a text whose result is remembered: most names and values of headers are the same in every answer."""


def key_headers(keys: Mapping[str, str]) -> Headers:
    """Return the headers for a mapping of form (see FORMS) to key."""
    return tuple((FORMS[form][0], FORMS[form][1].format(key)) for form, key in keys.items())


def redact_text(text: str, key: str, placeholder: str = OWN) -> str:
    """Replace the key in a text, in all its spellings, by the placeholder."""
    return (_remembered if len(text) <= MAX_REMEMBERED else _redacted)(text, key, placeholder)


def _redacted(text: str, key: str, placeholder: str) -> str:
    data = text.encode("utf-8", "surrogatepass")
    found = leaks.find(data, key, placeholder.encode())
    return _replace_matches(data, 0, len(data), found).decode("utf-8", "replace") if found else text


_remembered = lru_cache(maxsize=4096)(_redacted)


def redact_exchange(exchange: Exchange, secrets: Secrets) -> Exchange:
    """Replace the secrets in everything that was received: headers, body and error message."""
    problem = exchange.problem
    for placeholder, secret in secrets:
        problem = redact_text(problem, secret, placeholder)
    headers = _redact_head(exchange.headers, secrets)
    return replace(exchange, headers=headers, chunks=_redact_body(exchange.chunks, secrets), problem=problem)


def redact_behind(exchange: Exchange, secrets: Secrets) -> Exchange:
    """Replace the secrets in an exchange behind the gateway, also in its request, which the gateway made."""
    request = exchange.request
    url = request.url
    for placeholder, secret in secrets:
        url = redact_text(url, secret, placeholder)
    headers = _redact_head(request.headers, secrets)
    (body,) = _redact_body((Chunk(0.0, request.body),), secrets)
    return replace(
        redact_exchange(exchange, secrets), request=replace(request, url=url, headers=headers, body=body.data)
    )


def redact_headers(headers: Headers, key: str, placeholder: str = OWN) -> Headers:
    """Replace the key in names and values of headers, also if it is in pieces over several of them."""
    names, values = ([redact_text(pair[at], key, placeholder) for pair in headers] for at in (0, 1))
    return tuple(zip(*(leaks.hide_in_texts(texts, key, placeholder) for texts in (names, values)), strict=True))


def redact_verdict(verdict: Verdict, key: str, placeholder: str = OWN) -> Verdict:
    """Replace the key in the texts of a verdict.

    The exchanges are redacted already, but a check joins pieces of an answer, and the joined text may contain the key.
    """

    def clean(finding: Finding) -> Finding:
        expected, got = redact_text(finding.expected, key, placeholder), redact_text(finding.got, key, placeholder)
        return replace(finding, expected=expected, got=got)

    reason, error = (redact_text(text, key, placeholder) for text in (verdict.reason, verdict.plain_error))
    return replace(verdict, findings=tuple(map(clean, verdict.findings)), reason=reason, plain_error=error)


def _redact_head(headers: Headers, secrets: Secrets) -> Headers:
    """Replace the secrets in headers, one after the other, if any of them may be there."""
    keys = tuple(secret for _, secret in secrets)
    names, values = ([pair[at] for pair in headers] for at in (0, 1))
    is_in_one = any(_may_contain(text, keys) for text in (*names, *values))
    if is_in_one or any(leaks.is_in_texts(texts, key) for texts in (names, values) for key in keys):
        for placeholder, secret in secrets:
            headers = redact_headers(headers, secret, placeholder)
    return headers


def _may_contain(text: str, keys: tuple[str, ...]) -> bool:
    return (_remembered_test if len(text) <= MAX_REMEMBERED else _test)(text, keys)


def _test(text: str, keys: tuple[str, ...]) -> bool:
    return leaks.may_contain(text.encode("utf-8", "surrogatepass"), keys)


_remembered_test = lru_cache(maxsize=4096)(_test)


def _redact_body(chunks: tuple[Chunk, ...], secrets: Secrets) -> tuple[Chunk, ...]:
    """Replace the secrets in a body, one after the other, if any of them may be there."""
    if leaks.may_contain(b"".join([chunk.data for chunk in chunks]), [secret for _, secret in secrets]):
        for placeholder, secret in secrets:
            chunks = redact_chunks(chunks, secret, placeholder)
    return chunks


def redact_chunks(chunks: Iterable[Chunk], key: str, placeholder: str = OWN) -> tuple[Chunk, ...]:
    """Replace the key in a body, also if it is split over chunks: the placeholder goes where the key begins."""
    kept = tuple(chunks)
    body = b"".join(chunk.data for chunk in kept)
    found = leaks.find(body, key, placeholder.encode())
    if not found:
        return kept
    cleaned = []
    start = 0
    for chunk in kept:
        end = start + len(chunk.data)
        cleaned.append(Chunk(chunk.at, _replace_matches(body, start, end, found)))
        start = end
    return tuple(cleaned)


def _replace_matches(body: bytes, start: int, end: int, found: Iterable[leaks.Leak]) -> bytes:
    """Return body[start:end] without the leaks: what replaces them goes where they begin in this range."""
    parts: list[bytes] = []
    for leak in found:
        if leak.end <= start or leak.start >= end:
            continue
        if leak.start >= start:
            parts += (body[start : leak.start], leak.instead)
        start = leak.end
    return b"".join([*parts, body[start:end]])
