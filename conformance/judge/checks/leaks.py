"""What no answer may give away: credentials, the insides of programs, addresses of an inner network.

Only what the gateway itself says is searched: headers, error bodies, errors in a stream, and bodies that cannot
be read. What a model writes is its own affair, and what the client sent is no secret to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from conformance.core import redaction
from conformance.core.model import Breach, Where
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

MAX_LENGTH = 200_000
"""Characters of one text that are searched; an error that leaks does not wait so long with it."""

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


@check("http.secret.own-credential")
def own_credential(reading: Reading) -> Iterator[Breach]:
    """The credential of the request is nowhere in the answer: not even an error repeats it."""
    for sign in (redaction.OWN, *redaction.variables(reading.exchange.request.headers)):
        yield from _repeated(reading, "http.secret.own-credential", sign, "the client's own credential")


@check("http.secret.foreign-credential")
def foreign_credential(reading: Reading) -> Iterator[Breach]:
    """No credential of the gateway or of its upstream leaves it."""
    yield from _repeated(reading, "http.secret.foreign-credential", redaction.UPSTREAM, "the upstream's credential")
    for where, text in _said(reading):
        for secret in redaction.find_credentials(text):
            if not _known(reading, secret):
                got = f"{redaction.redact(secret)} ({len(secret)} characters)"
                yield Breach("http.secret.foreign-credential", "no credential", got, where)


@check("http.leak.trace")
def traces(reading: Reading) -> Iterator[Breach]:
    """An error speaks of the request, not of the lines of the program that failed."""
    yield from _leaks(reading, "http.leak.trace", _TRACE, "no stack trace and no source file path")


@check("http.leak.address")
def addresses(reading: Reading) -> Iterator[Breach]:
    """An error does not tell how the inner network is built."""
    yield from _leaks(reading, "http.leak.address", _ADDRESS, "no internal network address")


def _repeated(reading: Reading, rule: str, sign: str, whose: str) -> Iterator[Breach]:
    """A key of the run, which the recording has replaced."""
    for name, value in reading.exchange.headers:
        if sign in value:
            yield breach(rule, "no credential", f"{whose}, in the header {name}")
    offset = reading.body.find(sign.encode())
    if offset >= 0:
        yield breach(rule, "no credential", f"{whose}, in the body", offset=offset)


def _leaks(reading: Reading, rule: str, pattern: re.Pattern[str], expected: str) -> Iterator[Breach]:
    for where, text in _said(reading):
        found = next((hit for hit in pattern.finditer(text) if not _known(reading, hit.group().strip())), None)
        if found:
            yield Breach(rule, expected, redaction.redact(show(found.group().strip())), where)


def _said(reading: Reading) -> Iterator[tuple[Where, str]]:
    """What the gateway itself says, piece by piece, as far as it is searched."""
    return ((where, text[:MAX_LENGTH]) for where, text in _pieces(reading))


def _pieces(reading: Reading) -> Iterator[tuple[Where, str]]:
    for name, value in reading.exchange.headers:
        if name.lower() not in _SESSION:
            yield Where(), value
    if reading.kind == "error" or (reading.kind == "json" and reading.parsed[1]):
        yield Where(offset=0), _unescaped(reading.body.decode("utf-8", "replace"))
    elif reading.kind in ("json", "stream"):
        for error in reading.errors:
            yield Where(error.pointer, error.event), _unescaped(json.dumps(error.error, ensure_ascii=False))
    if reading.kind == "stream":
        for quirk in reading.stream.quirks:
            if quirk.kind == "unknown-field":
                yield Where(event=quirk.event, offset=quirk.offset), quirk.detail


def _unescaped(text: str) -> str:
    """The text of a JSON document as a person would read it, near enough to search it."""
    return text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')


def _known(reading: Reading, text: str) -> bool:
    """Whether the client said it first, in its body or its URL."""
    request = reading.exchange.request
    return text in request.url or text in request.body.decode("utf-8", "replace")
