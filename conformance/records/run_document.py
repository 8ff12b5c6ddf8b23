"""A run as JSON: what was judged, by which suite, against which gateway, and every verdict.

The format is schemas/report.schema.json. Verdicts cross process borders in this form, so everything in it
is plain JSON; entries are in the order of their ids, so that two runs compare line by line.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from conformance.core.model import JSON, Attempt, Case, Chunk, Exchange, Finding, Headers, Verdict
from conformance.core.redaction import OWN, UPSTREAM
from conformance.protocol import rulebook, usage
from conformance.records import curl
from conformance.records.curl import MAX_BODY

FORMAT = 1
KEPT_OF_BODY = 64 * 1024
"""Bytes of a request's body that is too long to be written down whole."""


def document(
    gateway: Mapping[str, JSON],
    started: str,
    seconds: float,
    verdicts: Sequence[JSON],
    more: Mapping[str, JSON] = MappingProxyType({}),
) -> JSON:
    """The whole report from verdicts that are JSON already; `more` are members that not every run has."""
    ordered = sorted(verdicts, key=lambda entry: str(entry["id"]))
    return {
        "format": FORMAT,
        "suite": {"name": "gateway-conformance", "version": suite_version()},
        "gateway": dict(gateway),
        "started": started,
        "seconds": round(seconds, 3),
        "summary": dict(sorted(Counter(entry["outcome"] for entry in ordered).items())),
        "rules": _rules(ordered),
        **more,
        "verdicts": ordered,
    }


def suite_version() -> str:
    """The version of the installed suite."""
    try:
        return version("gateway-conformance")
    except PackageNotFoundError:
        return "unknown"


def verdict(result: Verdict, key: str = OWN) -> JSON:
    """One verdict as JSON; `key` stands in commands for the key."""
    case = result.case
    return {
        "id": case.id,
        **({"route": case.route} if case.route else {}),
        "title": case.title,
        "family": case.family,
        "area": case.area,
        "endpoint": case.endpoint,
        **({"model": model} if (model := _model(case)) else {}),
        "level": case.level,
        "source": case.source,
        "file": case.file,
        "line": case.line,
        "outcome": result.outcome,
        "reason": _writable(result.reason),
        "seconds": round(result.seconds, 4),
        "attempts": [_attempt(attempt) for attempt in result.attempts],
        "tokens": _tokens(result),
        "lacks": list(result.lacks),
        "findings": [_finding(finding) for finding in result.findings],
        "exchanges": [_exchange(exchange, key) for exchange in result.exchanges],
        **({"upstream": _upstream(result.upstream)} if result.upstream else {}),
    }


def _model(case: Case) -> str:
    """The model, where a case asks for another one than the run does: those of the matrix of models and endpoints."""
    return str(case.values.get("served") or case.values.get("refused") or "")


def _tokens(result: Verdict) -> dict[str, int]:
    """What the answers told of, the tries that were not the last left out."""
    told = [usage.tokens(b"".join(chunk.data for chunk in exchange.chunks)) for exchange in result.exchanges]
    return {"input": sum(used for used, _ in told), "output": sum(used for _, used in told)}


def _upstream(result: Verdict) -> JSON:
    """The same case at the upstream: what a verdict says of itself, without what it says of the case."""
    told = verdict(result, UPSTREAM)
    return {name: told[name] for name in ("outcome", "reason", "seconds", "lacks", "findings", "exchanges")}


def _rules(verdicts: Sequence[JSON]) -> dict[str, JSON]:
    """The rules that were broken, with their weight and words, so that the report explains itself."""
    broken = sorted({finding["rule"] for entry in verdicts for finding in entry["findings"]})
    book = rulebook.rules()
    return {
        name: {"level": book[name].level, "impact": book[name].impact, "sentence": book[name].sentence,
               "source": book[name].source}
        for name in broken
    }  # fmt: skip


def _attempt(attempt: Attempt) -> JSON:
    return {"step": attempt.step + 1, "got": _writable(attempt.got), "waited": attempt.waited}


def _finding(finding: Finding) -> JSON:
    where = finding.where
    pointer = None if where.pointer is None else _writable(where.pointer)  # names in it are the gateway's
    place = {"pointer": pointer, "event": where.event, "offset": where.offset}
    return {
        "rule": finding.rule,
        "level": finding.level,
        **({"blame": finding.blame} if finding.blame else {}),
        "step": finding.step + 1,
        "expected": _writable(finding.expected),
        "got": _writable(finding.got),
        "where": {name: value for name, value in place.items() if value is not None},
    }


def _exchange(exchange: Exchange, key: str) -> JSON:
    request = exchange.request
    return {
        "family": exchange.family,
        "date": exchange.date,
        "seconds": round(exchange.seconds, 4),
        "ended": exchange.ended,
        "problem": _writable(exchange.problem),
        "http_version": exchange.http_version,
        "request": {
            "method": request.method,
            "url": _writable(request.url),
            "headers": _pairs(request.headers),
            "auth": list(request.auth),
            "body": _bytes(_shortened(request.body)),
        },
        "curl": _writable(curl.command(request, key)),
        "status": exchange.status,
        "headers": _pairs(exchange.headers),
        "chunks": [_chunk(chunk) for chunk in exchange.chunks],
    }


def _pairs(headers: Headers) -> list[list[str]]:
    """Headers; those of a request may hold what an earlier answer said."""
    return [[_writable(name), _writable(value)] for name, value in headers]


def _shortened(body: bytes) -> bytes:
    """A request's body without what would fill the report: a body that is too long on purpose is so for its length."""
    if len(body) <= MAX_BODY:
        return body
    return body[:KEPT_OF_BODY] + b"... and %d more bytes, which are left out here" % (len(body) - KEPT_OF_BODY)


def _chunk(chunk: Chunk) -> JSON:
    return {"at": round(chunk.at, 4), **_bytes(chunk.data)}


def _writable(text: str) -> str:
    """The text with halves of characters, which a worker process could not hand over, made visible."""
    return text.encode("utf-8", "backslashreplace").decode()


def _bytes(data: bytes) -> dict[str, str]:
    """Bytes as text where they are UTF-8, else in base64."""
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}
