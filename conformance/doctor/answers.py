"""Reads an answer for its request. Statuses and structure decide, and words where a status has several meanings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from conformance.core.model import JSON, Exchange
from conformance.core.pointer import get
from conformance.core.reasons import AT_PROXY
from conformance.doctor.ticket import Said
from conformance.protocol.reading import Reading

Kind = Literal[
    "healthy", "refused", "dns", "tls", "timeout", "cut", "not-http", "proxy", "key", "forbidden", "budget", "rate",
    "busy", "outage", "absent", "redirect", "page", "strange", "rejected",
]  # fmt: skip
"""`absent`: nothing at this path or method. `strange`: a 2xx without an answer of the API. `rejected`: another 4xx."""

BUDGET = re.compile(
    r"(?i)insufficient[_ -](?:user[_ -])?(?:quota|credits?|balance|funds)|exceeded your current quota|out of credits"
    r"|credit balance is too low|budget.{0,30}exceeded|exceeded.{0,30}budget|budget_exceeded|billing_error"
    r"|billing_hard_limit|payment required|spend(?:ing)?[_ ]limit|credit_balance_exhausted"
    r"|quota.{0,20}(?:not enough|exhausted)"
    r"|requires more credits|\u989d\u5ea6|\u4f59\u989d"
)
"""Words for money that is spent; the last two are Chinese for quota and balance, as one-api and new-api write them."""

_PER_TIME = re.compile(r"(?i)per (?:minute|second|hour)|\b[rt]p[md]\b|try again in|retry in|too many requests")
_NO_UPSTREAM = re.compile(
    r"(?i)no (?:available |healthy |active )(?:upstreams?|deployments?|providers?|backends?|instances?)"
    r"|no deployments available|no healthy upstream|all .{0,40}(?:unavailable|cooling down|in cooldown)"
    r"|upstream connect error"
)
_OVERLOADED = re.compile(r"(?i)overloaded|server_is_overloaded|at capacity|slow_down")
_KEY = re.compile(
    r"(?i)invalid_api_key|auth_error|authentication[_ ]error|no_db_connection|invalid x-api-key"
    r"|(?:incorrect|invalid|missing|unknown|expired|malformed|wrong).{0,20}\b(?:api[ _-]?key|token|credential)"
    r"|\bapi[ _-]?key\b.{0,30}(?:invalid|incorrect|not valid|expired|required|missing|not found|disabled)"
)
BLAMES_MODEL = re.compile(
    r"(?i)model_not_found|\bmodels?\b.{0,120}?\b(?:not found|not exist|doesn't exist|unavailable|not available|unknown"
    r"|not supported|not allowed|access)\b|\b(?:unknown|no such|invalid|unsupported) model\b|\bnot a valid model\b"
    r"|\bno (?:available )?(?:channels?|deployments?|endpoints?|providers?) .{0,60}\bmodel\b|\bmodel: |\u6a21\u578b"
)
"""Words that blame the model; the last is Chinese for model."""

_NO_PATH = re.compile(
    r"(?i)unexpected endpoint|invalid url|unknown (?:request )?(?:url|endpoint|path)|(?:route|path|endpoint) not found"
    r"|no route matched|cannot (?:get|post) /|unknown_url"
)
"""Words for a path that is not there."""

_CONNECTION = (
    ("proxy", f"^{AT_PROXY}"),
    ("dns", r"Name or service not known|nodename nor servname|getaddrinfo|No address associated|resolution"),
    ("tls", r"CERTIFICATE|SSL|TLS|certificate"),
    ("timeout", r"ConnectTimeout"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The reading of an answer. `text` is its message in one line, `param` the parameter that it names, or ""."""

    kind: Kind
    status: int | None
    text: str = ""
    code: str = ""
    param: str = ""

    @property
    def is_healthy(self) -> bool:
        return self.kind == "healthy"

    @property
    def blames_model(self) -> bool:
        return BLAMES_MODEL.search(f"{self.code} {self.text}") is not None


def verdict(exchange: Exchange) -> Verdict:
    """Reads one answer."""
    if exchange.status is None:
        return Verdict(_connection(exchange), None, exchange.problem)
    reading = Reading(exchange)
    error = reading.errors[0].fields if reading.errors else {}
    text = _text(reading, error)
    if not error and reading.errors and isinstance(reading.errors[0].error, str):
        text = reading.errors[0].error[:300]
    code = " ".join(str(error[name]) for name in ("code", "type") if isinstance(error.get(name), str | int))
    param = error.get("param")
    named = param if isinstance(param, str) else ""
    return Verdict(_kind(reading, exchange, f"{code} {text}"), exchange.status, text, code, named)


def of_words(said: Said) -> Verdict:
    """Reads the error that a client printed."""
    words = f"{said.code} {said.type} {said.message}"
    if said.status is not None:
        return Verdict(
            _of_status(said.status, words), said.status, said.message[:300], f"{said.code} {said.type}", said.param
        )
    kinds: dict[str, Kind] = {
        "refused": "refused", "dns": "dns", "tls": "tls", "timeout": "timeout", "cut": "cut", "connection": "refused",
        "page": "page", "no-key": "key",
    }  # fmt: skip
    return Verdict(kinds.get(said.kind, "rejected"), None, said.message[:300])


def _connection(exchange: Exchange) -> Kind:
    for kind, pattern in _CONNECTION:
        if re.search(pattern, exchange.problem):
            return kind  # type: ignore[return-value]
    if exchange.ended == "timeout":
        return "timeout"
    if exchange.ended == "unreachable":
        return "refused"
    return "not-http" if re.search(r"RemoteProtocolError: (?!Server disc|peer)", exchange.problem) else "cut"


def _text(reading: Reading, error: dict[str, JSON]) -> str:
    message = error.get("message")
    document = reading.json
    if not isinstance(message, str) and reading.errors and isinstance(reading.errors[0].error, str):
        message = reading.errors[0].error
    for name in ("/message", "/detail", "/error_description", "/msg", "/detail/error/message"):
        message = message if isinstance(message, str) else get(document, name, str)
    details = get(document, "/detail", list)
    if not isinstance(message, str) and details:
        message = "; ".join(f"{one.get('loc')}: {one.get('msg')}" for one in details if isinstance(one, dict))
    if not isinstance(message, str):
        message = "" if reading.content_type == "text/html" else reading.text
    return " ".join(message.split())[:300]


def _kind(reading: Reading, exchange: Exchange, words: str) -> Kind:
    status = exchange.status or 0
    if 300 <= status < 400:
        return "redirect"
    if status < 300:
        return _of_success(reading, exchange, words)
    found = _of_status(status, words)
    if found in ("key", "forbidden", "rejected", "absent") and _is_page(reading):
        return "page" if status in (403, 404, 405) else found
    return found


def _of_status(status: int, words: str) -> Kind:
    if status in (400, 402, 403, 429) and BUDGET.search(words) and not _PER_TIME.search(words):
        return "budget"
    if status == 402:
        return "budget"
    if status == 429:
        return "outage" if _NO_UPSTREAM.search(words) else "rate"
    if status == 401:
        return "key"
    if status == 403:
        return "key" if _KEY.search(words) else "forbidden"
    if status == 400 and _KEY.search(words):
        return "key"
    if status == 400 and _NO_PATH.search(words):
        return "absent"
    if status == 529 or (status == 503 and _OVERLOADED.search(words)):
        return "busy"
    if status == 501:
        return "absent"
    if status >= 500:
        return "outage"
    return "absent" if status in (404, 405, 410) else "rejected"


def _of_success(reading: Reading, exchange: Exchange, words: str) -> Kind:
    """Whether a 2xx is an answer of its API. Some gateways answer errors and unknown paths with 200."""
    if _is_page(reading):
        return "page"
    if reading.errors:
        own: JSON = get(reading.errors[0].error, "/code", object) or get(reading.json, "/code", object)
        return _of_status(_own_status(own), words)
    if reading.kind == "stream":
        return "healthy" if any(parsed.json for parsed in reading.events) else "strange"
    document = reading.json
    name = exchange.family
    member = {"chat_completions": "choices", "messages": "content", "responses": "output"}.get(name)
    if member is None:
        return "healthy" if document is not None else "strange"
    if isinstance(document, dict) and isinstance(document.get(member), list):
        return "healthy"
    if isinstance(document, dict) and document.get("object") == "error":
        own = document.get("code")
        return _of_status(_own_status(own), words)
    return "timeout" if exchange.ended == "timeout" else "strange"


def _own_status(code: JSON) -> int:
    """The status that the code of an error stands for; 400 for another code."""
    return int(code) if str(code).isdecimal() and 400 <= int(code) < 600 else 400


def _is_page(reading: Reading) -> bool:
    start = reading.body[:200].lstrip().lower()
    return reading.content_type == "text/html" or start.startswith((b"<!doctype", b"<html"))
