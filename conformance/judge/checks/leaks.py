"""Leaks in answers: credentials, stack traces, and addresses of the internal network.

Only text from the gateway itself is searched: headers, error bodies, errors in a stream, and bodies that are not JSON.
The model's text is not searched, and text from the request is not a leak.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from conformance.core import redaction
from conformance.core.model import Breach, Where
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

MAX_LENGTH = 200_000
"""The limit of characters that are searched in one text. Leaks in errors are near the start."""

_HEADER = Where()

_SESSION = ("set-cookie",)  # cookies are credentials that are meant for the client

_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"\n]{1,300}\", line \d+"
    r"|(?:^|[\n\s])at [\w.$<>\[\]/ ]{1,200} ?\([^()\n]{1,300}:\d+(?::\d+)?\)"  # JavaScript, Java
    r"|(?:^|[\n\s])at (?:async )?(?:file://)?/[\w./@-]{1,300}:\d+:\d+"
    r"|\bgoroutine \d+ \["
    r"|(?:^|[\n\s\"])panic: "
    r"|thread '[^'\n]{0,100}' panicked at"
    r"|\b(?:node_modules|site-packages|dist-packages)/"
    r"|\b(?:java\.lang|org\.springframework|System)\.[\w.]{0,100}Exception\b"
    r"|/(?:usr|home|app|opt|var|root|srv|workspace|go/src)/[\w./@-]{1,300}\.(?:py|js|mjs|ts|go|rs|java|rb|php|cs)\b"
)
_ADDRESS = re.compile(
    r"\b(?:127(?:\.\d{1,3}){3}|0\.0\.0\.0|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}"
    r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})(?![\w.])(?::\d{2,5})?"
    r"|\blocalhost:\d{2,5}\b|\bhttps?://localhost\b|\[::1\]"
    r"|(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.svc(?:\.cluster\.local)?\b|\bhost\.docker\.internal\b"
)

TRACE_SIGNS = (
    "Traceback (", 'File "', "at ", "goroutine ", "panic: ", "' panicked", "node_modules/", "-packages/", "Exception",
    "/usr/", "/home/", "/app/", "/opt/", "/var/", "/root/", "/srv/", "/workspace/", "/go/src/",
)  # fmt: skip
ADDRESS_SIGNS = ("127.", "0.0.0.", "10.", "192.168.", "172.", "localhost", "[::1]", ".svc", "host.docker.internal")
"""A text that matches a pattern contains one of these: each alternative of a pattern needs one.

To look for them takes a tenth of the time of the pattern.
"""


@check("http.secret.own-credential")
def own_credential(reading: Reading) -> Iterator[Breach]:
    """The key of the request is not in the answer, not even in an error."""
    for placeholder in (redaction.OWN, *redaction.variables(reading.exchange.request.headers)):
        yield from _echoed(reading, "http.secret.own-credential", placeholder, "the client's own credential")


@check("http.secret.foreign-credential")
def foreign_credential(reading: Reading) -> Iterator[Breach]:
    """No credential of the gateway or of its upstream is in the answer."""
    for placeholder in (redaction.UPSTREAM, redaction.PROVIDER):
        yield from _echoed(reading, "http.secret.foreign-credential", placeholder, "the upstream's credential")
    for where, text in _gateway_texts(reading):
        for secret in redaction.find_credentials(text):
            if not _known(reading, secret):
                got = f"{redaction.redact(secret)} ({len(secret)} characters)"
                yield Breach("http.secret.foreign-credential", "no credential", got, where)


@check("http.leak.trace")
def traces(reading: Reading) -> Iterator[Breach]:
    """Errors contain no stack traces."""
    yield from _leaks(reading, "http.leak.trace", _TRACE, TRACE_SIGNS, "no stack trace and no source file path")


@check("http.leak.address")
def addresses(reading: Reading) -> Iterator[Breach]:
    """Errors contain no addresses of the internal network."""
    yield from _leaks(reading, "http.leak.address", _ADDRESS, ADDRESS_SIGNS, "no internal network address")


def _echoed(reading: Reading, rule: str, placeholder: str, whose: str) -> Iterator[Breach]:
    """Report a key of the run in the answer; the recording has its placeholder instead."""
    for name, value in reading.exchange.headers:
        if placeholder in value:
            yield breach(rule, "no credential", f"{whose}, in the header {name}")
    offset = reading.body.find(placeholder.encode())
    if offset >= 0:
        yield breach(rule, "no credential", f"{whose}, in the body", offset=offset)


def _leaks(
    reading: Reading, rule: str, pattern: re.Pattern[str], signs: tuple[str, ...], expected: str
) -> Iterator[Breach]:
    for where, text in _gateway_texts(reading):
        if not any(sign in text for sign in signs):
            continue
        found = next((hit for hit in pattern.finditer(text) if not _known(reading, hit.group().strip())), None)
        if found:
            yield Breach(rule, expected, redaction.redact(show(found.group().strip())), where)


def _gateway_texts(reading: Reading) -> Iterator[tuple[Where, str]]:
    """Yield (place, text) for what comes from the gateway itself, each text up to the limit."""
    return ((where, text[:MAX_LENGTH]) for where, text in _pieces(reading))


def _pieces(reading: Reading) -> Iterator[tuple[Where, str]]:
    for name, value in reading.exchange.headers:
        if not (len(value) <= _SHORT and _is_harmless(value)) and name.lower() not in _SESSION:
            yield _HEADER, value
    if reading.kind == "error" or (reading.kind == "json" and reading.parsed[1]):
        yield Where(offset=0), _unescaped(reading.body.decode("utf-8", "replace"))
    elif reading.kind in ("json", "stream"):
        for error in reading.errors:
            yield Where(error.pointer, error.event), _unescaped(json.dumps(error.error, ensure_ascii=False))
    if reading.kind == "stream":
        for quirk in reading.stream.quirks:
            if quirk.kind == "unknown-field":
                yield Where(event=quirk.event, offset=quirk.offset), quirk.detail


_SHORT = 200
"""The longest value of a header whose search is remembered: most answers of a gateway have the same values."""


@lru_cache(maxsize=1024)
def _is_harmless(value: str) -> bool:
    """Whether no search finds anything in a header's value."""
    is_suspicious = any(sign in value for sign in (*TRACE_SIGNS, *ADDRESS_SIGNS))
    return not is_suspicious and next(redaction.find_credentials(value), None) is None


def _unescaped(text: str) -> str:
    """Return JSON text without escape sequences, as far as the search needs it."""
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')


def _known(reading: Reading, text: str) -> bool:
    """Whether the request itself contains the text, in its body or URL."""
    request = reading.exchange.request
    return text in request.url or text in request.body.decode("utf-8", "replace")
