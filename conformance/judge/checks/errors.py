"""The content of errors of all families: a readable message, and a type, code and status that agree.

Each family's schema checks the envelope. Sources: the error tables of both vendors,
https://platform.openai.com/docs/guides/error-codes and https://docs.anthropic.com/en/api/errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conformance.core import bounded_json
from conformance.core.model import JSON, Breach
from conformance.core.redaction import redact
from conformance.judge.checks import breach, check
from conformance.judge.checks.schema import HEADERS_TOO_LONG
from conformance.protocol.error_envelope import ErrorObject
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_PLACEHOLDERS = frozenset(
    {"[object object]", "none", "null", "undefined", "nan", "true", "false", "{}", "[]", "<nil>", "nil", "error", '""'}
)
_PLACEHOLDER_VALUES = frozenset({"None", "null", "undefined", "nil", "<nil>", ""})
_CODE_ONLY = re.compile(r"\W*(?:\d+|\w*_\w*|'[^']*'|\"[^\"]*\"|[A-Z]\w+(?:Error|Exception))\W*")
_MAX_CODE_LENGTH = 200
"""Characters. A longer text is not just a code."""
_MAX_SEARCHED = 200_000
"""The limit of characters of a message that are searched for errors and program text inside."""
_PAGE = re.compile(r"(?i)\s*<(?:!doctype|html|head|body)\b")
_EMBEDDED = re.compile(r"\{\s*[\"'](?:error|detail|message)[\"']\s*:")
_PROGRAM = re.compile(
    r"NoneType|object has no attribute|object is not (?:subscriptable|iterable|callable)|list index out of range"
    r"|unhashable type|<class '|object at 0x[0-9a-f]+|Cannot read propert(?:y|ies) of|is not a function\b"
    r"|nil pointer dereference|index out of range \[|\b(?:Key|Type|Attribute|Index|Name|Assertion)Error\b"
    r"|NullPointerException|unexpected keyword argument|coroutine '"
)
_TYPE_NAME = re.compile(r"[a-z][a-z0-9]*(?:[_.-][a-z0-9]+)*")
_WAITING_DOES_NOT_HELP = ("insufficient_quota", "credit_balance_exhausted", "spend_limit", "billing", "too large")

_ANTHROPIC: Mapping[int, frozenset[str]] = {
    400: frozenset({"invalid_request_error"}),
    401: frozenset({"authentication_error"}),
    404: frozenset({"not_found_error"}),
    429: frozenset({"rate_limit_error"}),
    529: frozenset({"overloaded_error"}),
}
"""Status -> type, for the statuses with only one type in Anthropic's error table."""

BELONGS: Mapping[str, range | tuple[int, ...]] = {
    "invalid_request_error": range(400, 500),
    "authentication_error": (401, 403),
    "permission_error": (403,),
    "not_found_error": (404,),
    "request_too_large": (413,),
    "rate_limit_error": (429,),
    "rate_limit_exceeded": (429,),
    "insufficient_quota": (402, 403, 429),
    "server_error": range(500, 600),
    "api_error": range(500, 600),
    "timeout_error": (408, 504),
    "overloaded_error": (503, 529),
    "invalid_api_key": (401, 403),
    "model_not_found": (400, 403, 404),
    "context_length_exceeded": (400, 413),
    "missing_required_parameter": (400, 422),
    "unknown_parameter": (400, 422),
    "unsupported_parameter": (400, 422),
}
"""Type or code -> the statuses that the vendors' tables list for it."""

_RULES_OF_MESSAGES = (
    "error.message.empty",
    "error.message.placeholder",
    "error.message.html",
    "error.message.json",
    "error.message.embedded-error",
    "error.message.program-text",
    "error.message.code-only",
)


@check(*_RULES_OF_MESSAGES)
def messages(reading: Reading) -> Iterator[Breach]:
    """The message says in words what went wrong."""
    for error in reading.errors:
        message = error.error if isinstance(error.error, str) else error.fields.get("message")
        if isinstance(message, str) and (rule := _fault(message)):
            yield _at(error, rule, "a sentence in plain words", redact(show(message)), "message")


@check("error.fields.placeholder", "error.type.name")
def fields(reading: Reading) -> Iterator[Breach]:
    """Type, code and param are names or null, not placeholders such as `None` or `undefined`."""
    for error in reading.errors:
        for name in ("type", "code", "param"):
            value = error.fields.get(name)
            if isinstance(value, str) and value in _PLACEHOLDER_VALUES:
                yield _at(error, "error.fields.placeholder", "a name, or null", show(value), name)
        kind = error.fields.get("type")
        if isinstance(kind, str) and kind not in _PLACEHOLDER_VALUES and not _TYPE_NAME.fullmatch(kind):
            yield _at(error, "error.type.name", "a lowercase name, such as invalid_request_error", show(kind), "type")


@check("error.code.status")
def codes(reading: Reading) -> Iterator[Breach]:
    """The code names the mistake and does not repeat the HTTP status."""
    for error in reading.errors:
        code = error.fields.get("code")
        if isinstance(code, str) and code.isdecimal():
            yield _at(error, "error.code.status", "a name, or null", show(code), "code")


@check("error.type.documented", on="error")
def documented_type(reading: Reading) -> Iterator[Breach]:
    """The type is the one that Anthropic's table lists for the status."""
    types = _ANTHROPIC.get(reading.exchange.status or 0)
    if reading.family.envelope != "anthropic" or types is None:
        return
    for error in reading.errors:
        kind = error.fields.get("type")
        if isinstance(kind, str) and kind not in types and kind not in _PLACEHOLDER_VALUES:
            expected = f"{' or '.join(types)} with status {reading.exchange.status}"
            yield _at(error, "error.type.documented", expected, show(kind), "type")


@check("error.type.agrees", "error.code.agrees", on="error")
def agreement(reading: Reading) -> Iterator[Breach]:
    """Type and code match the status."""
    status = reading.exchange.status
    for error in reading.errors:
        for name, rule in (("type", "error.type.agrees"), ("code", "error.code.agrees")):
            value = error.fields.get(name)
            belongs = BELONGS.get(value) if isinstance(value, str) else None
            if belongs is not None and status not in belongs:
                yield _at(error, rule, f"{value} with status {_statuses(belongs)}", f"status {status}", name)


@check("error.status.agrees", on="error")
def one_status(reading: Reading) -> Iterator[Breach]:
    """A status in the body is the HTTP status."""
    document = reading.json
    for error in reading.errors:
        for holder, pointer in ((error.fields, error.pointer), (document, "")):
            for name in ("status", "status_code", "statusCode", "code"):
                value = holder.get(name) if isinstance(holder, dict) else None
                number = _as_status(value)
                if number is not None and number != reading.exchange.status:
                    got = f"{number} in the body of a {reading.exchange.status} response"
                    yield breach("error.status.agrees", "the HTTP status", got, f"{pointer}/{name}", error.event)
            if not error.pointer:
                break


@check("error.status.validation", on="error")
def validation_status(reading: Reading) -> Iterator[Breach]:
    """An invalid request is answered with 400, not 422, which neither vendor uses."""
    if reading.exchange.status == 422:
        yield breach("error.status.validation", "400", "422")


@check("error.status.wait", on="error", needs=("headers",))
def wait(reading: Reading) -> Iterator[Breach]:
    """A rate-limit error says how long to wait, unless waiting does not help."""
    names = ("retry-after", "retry-after-ms")
    if reading.exchange.status != 429 or any(reading.header(name) for name in names):
        return
    said = reading.body.decode("utf-8", "replace")
    if reading.header("x-should-retry") != "false" and not any(word in said for word in _WAITING_DOES_NOT_HELP):
        yield breach("error.status.wait", "a retry-after header", "none")


@check("error.message.reason", on="error")
def reason(reading: Reading) -> Iterator[Breach]:
    """An error has a message. (For unknown paths, the schema of that family requires it.)"""
    if reading.family.envelope == "any" or reading.exchange.status == HEADERS_TOO_LONG:
        return
    for error in reading.errors:
        if not isinstance(error.error, str) and "message" not in error.fields:
            yield _at(error, "error.message.reason", "a message", redact(show(error.error)), "message")


def _fault(message: str) -> str | None:
    """Return the first rule that a message breaks, so that one message gives one finding."""
    text = message.strip()
    if not text:
        return "error.message.empty"
    if text.lower() in _PLACEHOLDERS:
        return "error.message.placeholder"
    if _PAGE.match(text):
        return "error.message.html"
    if text[0] in "{[" and _is_document(text):
        return "error.message.json"
    if _EMBEDDED.search(text, 0, _MAX_SEARCHED):
        return "error.message.embedded-error"
    if _PROGRAM.search(text, 0, _MAX_SEARCHED):
        return "error.message.program-text"
    code_only = len(text) <= _MAX_CODE_LENGTH and _CODE_ONLY.fullmatch(text)
    return "error.message.code-only" if code_only else None


def _is_document(text: str) -> bool:
    try:
        return isinstance(bounded_json.loads(text), dict | list)
    except ValueError:
        return False


def _as_status(value: JSON) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) == 3:
        value = int(value)
    return value if isinstance(value, int) and 100 <= value < 600 else None


def _statuses(belongs: range | tuple[int, ...]) -> str:
    if isinstance(belongs, range):
        return f"{belongs.start} to {belongs.stop - 1}"
    return " or ".join(map(str, belongs))


def _at(error: ErrorObject, rule: str, expected: str, got: str, name: str) -> Breach:
    pointer = f"{error.pointer}/{name}" if isinstance(error.error, dict) else error.pointer
    return breach(rule, expected, got, pointer, error.event)
