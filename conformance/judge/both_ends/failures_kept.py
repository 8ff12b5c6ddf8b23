"""An error of the upstream is kept in the error for the client: its status, type, code, words and wait.

Gateways may do much, because they retry, choose another upstream and have error classes of their own. So these rules
only name what misleads a client: its own request is at fault or is not, and waiting helps or does not.
- 400, 413 and 422 are the client's mistakes. LiteLLM and OpenRouter send 400 for all of them; a 5xx makes SDKs retry.
- 404 is the client's unknown model or the gateway's wrong configuration, so 400, 404 and any 5xx are right.
- 401 and 403 are about the gateway's own key. SDKs tell the user to check the key of the client, so 401 is wrong. 403
  may be about a region or the content, and may stay. A gateway that sends the client's own key up, or has no
  keys, passes both on.
- 402 and 409 are about the gateway's account and its concurrent requests, or the client's: all but 401 is right.
- 408 and 504 are time-outs, which LiteLLM calls 408 and Azure API Management 504 or 500.
- 500 to 504 may become another 5xx: proxies send 502 for most of them. 529 is not registered with HTTP, and no SDK of
  OpenAI names it, so 503 is right, too.
- A failure without a status is the upstream's or the gateway's, so 5xx is right.
Sources: RFC 9110, section 15; https://platform.openai.com/docs/guides/error-codes,
https://docs.anthropic.com/en/api/errors, https://docs.litellm.ai/docs/exception_mapping.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from conformance.core import redaction
from conformance.core.model import Breach
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import Failure
from conformance.judge.both_ends.failures_told import last_failure
from conformance.protocol.reading import Reading

_SERVER = range(500, 600)
_MISTAKE = (400, 413, 422)

_ALLOWED: Mapping[int, Collection[int]] = {
    400: _MISTAKE,
    401: (403, *_SERVER),
    402: (400, 402, 403, 429, *_SERVER),
    403: (403, *_SERVER),
    404: (400, 404, *_SERVER),
    408: (408, *_SERVER),
    409: (400, 409, 429, *_SERVER),
    413: _MISTAKE,
    422: _MISTAKE,
    429: (429,),
    504: (408, *_SERVER),
    529: (503, 529),
}
"""Status of the upstream -> the statuses that say the same to the client."""

_WAITS = (429, 503, 529)
"""Statuses whose `retry-after` clients obey."""

_BLAMING = frozenset({
    "invalid_request_error", "authentication_error", "permission_error", "not_found_error", "request_too_large",
    "billing_error",
})  # fmt: skip
"""Types of errors that say that the client is at fault."""

_SEARCHED = 60
"""Characters of the upstream's message that have to be kept: gateways may shorten a long one."""


def status(ends: Ends) -> Iterator[Breach]:
    """The status of the error fits the upstream's failure."""
    failed, given = last_failure(ends), ends.front.exchange.status
    if failed is None or ends.front.kind != "error" or (_is_about_key(failed) and _uses_clients_key(ends)):
        return
    allowed = allowed_statuses(failed)
    if given not in allowed:
        yield Breach("upstream.failure.status", f"{_shown(allowed)}: the upstream failed ({failed.what})", str(given))


def allowed_statuses(failed: Failure) -> Collection[int]:
    """The statuses with which a client may learn of a failure."""
    return _ALLOWED.get(failed.status or 500, _SERVER)


def kind(ends: Ends) -> Iterator[Breach]:
    """An error event does not blame the client for a failure of the upstream. (Of an error status, other rules do.)"""
    failed = last_failure(ends)
    if failed is None or ends.front.kind != "stream" or (failed.status or 500) not in _SERVER:
        return
    for error in ends.front.errors:
        for name in ("type", "code"):
            given = error.fields.get(name)
            if isinstance(given, str) and given in _BLAMING:
                want = f"a type of the server's errors: the upstream failed ({failed.what})"
                yield Breach("upstream.failure.type", want, given)
                return


def code(ends: Ends) -> Iterator[Breach]:
    """On endpoints whose errors have a code, the code of the upstream's error is kept if it names the mistake."""
    failed, front = last_failure(ends), ends.front
    if failed is None or not failed.code or failed.status not in _MISTAKE or front.family.envelope != "openai":
        return
    if front.kind != "error" or front.parsed[1] or ends.last is None or ends.last.family.envelope != "openai":
        return
    given = next((error.fields.get("code") for error in front.errors), None)
    if given != failed.code:
        yield Breach("upstream.failure.code", failed.code, str(given))


def words(ends: Ends) -> Iterator[Breach]:
    """The words of the upstream's error are in the error, unless they are about the gateway's own key."""
    failed, front = last_failure(ends), ends.front
    if failed is None or not failed.message or _is_about_key(failed):
        return
    if front.kind != "error" and not front.errors:
        return
    wanted = _plain(failed.message)[:_SEARCHED]
    if wanted not in _plain(front.text):
        yield Breach("upstream.failure.words", f"the upstream's words: {failed.message[:200]}", _message(front))


def wait(ends: Ends) -> Iterator[Breach]:
    """The wait that the upstream asks for is kept, and not shortened by more than has passed."""
    failed, front, last = last_failure(ends), ends.front, ends.last
    if failed is None or last is None or front.exchange.status not in _WAITS or failed.status not in _WAITS:
        return
    asked = last.header("retry-after")
    if asked is None or "headers" in front.exchange.lacks:
        return
    given = front.header("retry-after")
    if given is None and front.header("retry-after-ms") is None:
        yield Breach("upstream.failure.wait", f"retry-after: {asked}", "no such header")
    elif given is not None and _is_shorter(given, asked, last.exchange.date, front.exchange.seconds):
        yield Breach("upstream.failure.wait", f"retry-after: {asked}", f"retry-after: {given}")


def _is_shorter(given: str, asked: str, when: str, passed: float) -> bool:
    """Whether a wait is shorter than the one asked for at the time `when`, less the seconds that have passed.

    Both may be seconds or an HTTP date (RFC 9110, section 10.2.3). Other rules judge other values.
    """
    want, have = _seconds(asked, when), _seconds(given, when)
    return want is not None and have is not None and have < want - passed - 1


def _seconds(wait: str, when: str) -> float | None:
    """A wait in seconds from the time `when`; None if it is neither a number nor a date."""
    if wait.isdecimal():
        return int(wait)
    try:
        return (parsedate_to_datetime(wait) - datetime.fromisoformat(when)).total_seconds()
    except (ValueError, TypeError):
        return None


def _is_about_key(failed: Failure) -> bool:
    return failed.status in (401, 403)


def _uses_clients_key(ends: Ends) -> bool:
    """Whether the key that goes up is the client's own: then the client is the one to learn that it is refused.

    A gateway without keys gets the upstream's key from the client, in a header or in a configuration that comes with
    the request.
    """
    if ends.profile.claims("keys") is False:
        return True
    headers = ends.last.exchange.request.headers if ends.last else ()
    return any(redaction.OWN in value for _, value in headers)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _message(front: Reading) -> str:
    found = (error.fields.get("message") for error in front.errors)
    return next((text[:200] for text in found if isinstance(text, str)), front.text[:200])


def _shown(allowed: Collection[int]) -> str:
    named = [str(one) for one in allowed if one not in _SERVER or len(allowed) < len(_SERVER)]
    return " or ".join([*named, "5xx"] if set(_SERVER) <= set(allowed) else named)
