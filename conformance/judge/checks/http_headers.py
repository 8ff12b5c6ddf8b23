"""Response headers, by themselves and compared with the body; and redirects.

Sources: RFC 9110 (semantics), RFC 9112 (messages), and the header tables of both vendors' API references.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from conformance.core import redaction
from conformance.core.model import Breach
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading

_SINGLE = ("content-type", "content-length", "location", "retry-after")
_IDS = ("request-id", "x-request-id")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|d|h|m|s))+")
_NUMBER = re.compile(r"\d+")
_CHANGES_METHOD = (301, 302, 303)

_LIMITS: Mapping[str, re.Pattern[str]] = {
    r"x-ratelimit-(?:limit|remaining)-(?:requests|tokens)": _NUMBER,
    r"x-ratelimit-reset-(?:requests|tokens)": _DURATION,
    r"anthropic-ratelimit-(?:requests|tokens|input-tokens|output-tokens)-(?:limit|remaining)": _NUMBER,
    r"anthropic-ratelimit-(?:requests|tokens|input-tokens|output-tokens)-reset": re.compile(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
    ),
}
"""Name of a rate-limit header -> the pattern of its value."""


@lru_cache(maxsize=1024)
def _shape(name: str) -> re.Pattern[str] | None:
    """The pattern of the value of a rate-limit header; None for other headers."""
    return next((shape for pattern, shape in _LIMITS.items() if re.fullmatch(pattern, name.lower())), None)


@check("http.header.contradiction", "http.header.repeated", needs=("headers",))
def once(reading: Reading) -> Iterator[Breach]:
    """Headers with one value are not repeated: clients would choose different ones."""
    names = [key.lower() for key, _ in reading.exchange.headers]
    for name in (*_SINGLE, *_IDS):
        if names.count(name) < 2:
            continue
        values = [value for key, value in reading.exchange.headers if key.lower() == name]
        if len(set(values)) > 1 and name in _SINGLE:
            yield breach("http.header.contradiction", f"one {name} header", " and ".join(values))
        else:
            yield breach("http.header.repeated", f"one {name} header", f"{len(values)} of them")


@check("http.header.request-id", needs=("headers",))
def request_id(reading: Reading) -> Iterator[Breach]:
    """The answer has the request id that the family's SDK shows to users, for support."""
    name, status = reading.family.request_id, reading.exchange.status
    if name and reading.kind != "other" and status is not None and status < 500 and not (reading.header(name) or ""):
        others = ", ".join(key for key, _ in reading.exchange.headers if key.lower() in _IDS)
        yield breach("http.header.request-id", f"the header {name}", others or "no request id")


@check("http.header.content-length", needs=("headers", "bytes", "framing"))
def length(reading: Reading) -> Iterator[Breach]:
    """content-length is the length of the body."""
    value = reading.header("content-length")
    if value is None or reading.exchange.ended != "complete" or _is_encoded(reading):
        return
    if value.isdecimal() and (value.lstrip("0") or "0") == str(len(reading.body)):  # int() fails on 5,000 digits
        return
    placeholders = (*redaction.PLACEHOLDERS, *redaction.variables(reading.exchange.request.headers))
    if not any(placeholder.encode() in reading.body for placeholder in placeholders):  # as long as the key by chance
        yield breach("http.header.content-length", f"content-length: {len(reading.body)}", value)


@check("http.header.stream-length", on="stream", needs=("headers", "framing"))
def stream_length(reading: Reading) -> Iterator[Breach]:
    """A stream has no content-length: its length is only known if the whole stream was collected first."""
    value = reading.header("content-length")
    if value is not None:
        yield breach("http.header.stream-length", "no content-length on a stream", f"content-length: {value}")


@check("http.header.two-framings", needs=("headers", "framing"))
def two_framings(reading: Reading) -> Iterator[Breach]:
    """There is not both chunked coding and a content-length: servers and proxies may disagree about the end."""
    if reading.header("transfer-encoding") is not None and reading.header("content-length") is not None:
        yield breach("http.header.two-framings", "transfer-encoding or content-length", "both")


@check("http.header.content-encoding", needs=("headers",))
def unasked_encoding(reading: Reading) -> Iterator[Breach]:
    """The body is only compressed if the request accepts it. Without accept-encoding, everything is accepted."""
    wishes = [value for key, value in reading.exchange.request.headers if key.lower() == "accept-encoding"]
    coding = (reading.header("content-encoding") or "identity").strip().lower()
    if wishes and coding != "identity" and not _accepts(",".join(wishes), coding):
        yield breach("http.header.content-encoding", f"one of: {', '.join(wishes) or 'identity'}", coding)


@check("http.header.retry-after", needs=("headers",))
def retry_after(reading: Reading) -> Iterator[Breach]:
    """Retry-After is a number of whole seconds or a date; clients ignore other values."""
    value = reading.header("retry-after")
    if value is not None and not _NUMBER.fullmatch(value.strip()) and not _is_date(value):
        yield breach("http.header.retry-after", "whole seconds or an HTTP date", value)


@check("http.header.rate-limit", needs=("headers",))
def rate_limits(reading: Reading) -> Iterator[Breach]:
    """The values of rate-limit headers have the format that client libraries parse."""
    for name, value in reading.exchange.headers:
        shape = _shape(name)
        if shape is not None and not shape.fullmatch(value.strip()):
            yield breach("http.header.rate-limit", f"{name} matching {shape.pattern}", value)


@check("http.header.should-retry", needs=("headers",))
def should_retry(reading: Reading) -> Iterator[Breach]:
    """x-should-retry has a value that the SDKs know."""
    value = reading.header("x-should-retry")
    if value is not None and value not in ("true", "false"):
        yield breach("http.header.should-retry", "true or false", value)


@check("http.header.cacheable", on="success", needs=("headers",))
def private(reading: Reading) -> Iterator[Breach]:
    """Answers are not cacheable for other users."""
    value = (reading.header("cache-control") or "").lower()
    stored = re.search(r"\bpublic\b|\b(?:s-maxage|max-age)\s*=\s*[1-9]", value)
    if stored and reading.exchange.request.method == "POST":
        yield breach("http.header.cacheable", "a response that is not cacheable", f"cache-control: {value}")


@check("http.header.stream-cache", families=("messages",), on="stream", needs=("headers",))
def stream_cache(reading: Reading) -> Iterator[Breach]:
    """A stream has cache-control: no-cache, so that proxies do not hold it back."""
    value = (reading.header("cache-control") or "").lower()
    if "no-cache" not in value and "no-store" not in value:
        yield breach("http.header.stream-cache", "cache-control: no-cache", value or "no cache-control")


@check("http.redirect.method", "http.redirect.other-place", "http.redirect.downgrade")
def redirect(reading: Reading) -> Iterator[Breach]:
    """An endpoint does not answer with a redirect."""
    status, request = reading.exchange.status, reading.exchange.request
    if status is None or not 300 <= status < 400 or status == 304:
        return
    location = reading.header("location") or ""
    got = f"{status}, a redirect to another URL" if location else f"{status} without a location header"
    if status in _CHANGES_METHOD and request.method == "POST":
        yield breach("http.redirect.method", "a direct response, or a redirect with 307 or 308", got)
    else:
        yield breach("http.redirect.other-place", "a direct response", got)
    if request.url.lower().startswith("https:") and location.lower().startswith("http:"):
        yield breach("http.redirect.downgrade", "an https location", "an http location")


def _is_encoded(reading: Reading) -> bool:
    return (reading.header("content-encoding") or "identity").strip().lower() != "identity"


def _accepts(wish: str, coding: str) -> bool:
    for entry in wish.lower().split(","):
        name, _, weight = entry.replace(" ", "").partition(";q=")
        if name in (coding, "*"):
            return weight.strip("0.") != "" if weight else True
    return False


def _is_date(value: str) -> bool:
    try:
        return isinstance(parsedate_to_datetime(value), datetime)
    except (ValueError, TypeError, OverflowError):
        return False
