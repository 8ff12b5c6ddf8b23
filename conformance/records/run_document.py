"""Writes run.json: what was judged, by which suite, against which gateway, and every verdict.

The format is schemas/report.schema.json. Verdicts cross process borders in this form, so everything in it is plain
JSON; entries are in the order of their ids, so that two runs compare line by line.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Sequence

from conformance.core.model import (
    WRITTEN_BODY,
    Attempt,
    Case,
    Chunk,
    Exchange,
    Finding,
    Headers,
    Request,
    Verdict,
    Where,
)
from conformance.core.redaction import OWN, UPSTREAM
from conformance.protocol import rulebook, usage
from conformance.records import curl
from conformance.records.run_format import (
    AttemptEntry,
    BehindEntry,
    BytesEntry,
    ChunkEntry,
    ControlEntry,
    ExchangeEntry,
    FindingEntry,
    GatewayFacts,
    OptionalFacts,
    RuleEntry,
    RunDocument,
    TokensEntry,
    UpstreamEntry,
    VerdictEntry,
    WhereEntry,
)

FORMAT = 3
"""The format that is written; files of formats 1 and 2 are read as well."""
KEPT_OF_BODY = 64 * 1024
"""Bytes that are kept of a request's body that is too long to be written down whole."""
CUT = b" more bytes, which are left out here"
"""The end of such a body."""

_NO_FACTS: OptionalFacts = {}


def document(
    gateway: GatewayFacts,
    started: str,
    seconds: float,
    verdicts: Sequence[VerdictEntry],
    more: OptionalFacts = _NO_FACTS,
) -> RunDocument:
    """The whole report; `more` are the members that not every run has."""
    ordered = sorted(verdicts, key=lambda entry: entry["id"])
    return {
        "format": FORMAT,
        "suite": {"name": "gateway-conformance", "version": suite_version()},
        "gateway": gateway,
        "started": started,
        "seconds": round(seconds, 3),
        "summary": dict(sorted(Counter(entry["outcome"] for entry in ordered).items())),
        "rules": rule_entries(_broken(ordered, more)),
        **more,
        "verdicts": ordered,
    }


def suite_version() -> str:
    """The version of the installed suite."""
    # Imported here: it takes a tenth of the start of a command, and few commands need it.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("gateway-conformance")
    except PackageNotFoundError:
        return "unknown"


def verdict(result: Verdict, key: str = OWN) -> VerdictEntry:
    """A verdict as JSON; `key` is the variable that stands for the key in curl commands."""
    entry = described(result)
    entry["exchanges"] = [_exchange(exchange, key) for exchange in result.exchanges]
    return entry


def described(result: Verdict) -> VerdictEntry:
    """A verdict as JSON, without its exchanges."""
    case, tokens = result.case, _tokens(result)
    entry: VerdictEntry = {
        "id": case.id,
        "title": case.title,
        "family": case.family,
        "area": case.area,
        "endpoint": case.endpoint,
        "level": case.level,
        "source": case.source,
        "file": case.file,
        "line": case.line,
        "outcome": result.outcome,
        "reason": _writable(result.reason),
        "seconds": round(result.seconds, 4),
        "findings": [_finding(finding) for finding in result.findings],
        "observed": [{"facts": [*map(_writable, one.facts)], "held": [*one.held]} for one in result.observed],
        "exchanges": [],
    }
    if any(tokens.values()):
        entry["tokens"] = tokens
    if result.attempts:
        entry["attempts"] = [_attempt(attempt) for attempt in result.attempts]
    if result.lacks:
        entry["lacks"] = list(result.lacks)
    if case.needs:
        entry["needs"] = list(case.needs)
    if result.arrival:
        entry["arrival"] = result.arrival
    if case.route:
        entry["route"] = case.route
    if model := _model(case):
        entry["model"] = model
    if result.plain_error:
        entry["plain_error"] = _writable(result.plain_error)
    if result.upstream:
        entry["upstream"] = _upstream(result.upstream)
    return entry


def control(
    name: str, endpoint: str, exchange: Exchange, route: str = "", upstream: bool = False, case: str = ""
) -> ControlEntry:  # fmt: skip
    """A control request as JSON; `upstream` is whether it went to the upstream of the gateway."""
    entry: ControlEntry = {
        "control": name,
        "endpoint": endpoint,
        "exchange": _exchange(exchange, UPSTREAM if upstream else OWN),
    }
    if route:
        entry["route"] = route
    if upstream:
        entry["upstream"] = True
    if case:
        entry["case"] = case
    return entry


def _model(case: Case) -> str:
    """The case's own model, which only the cases about the profile's `serves` have."""
    return str(case.values.get("served") or case.values.get("refused") or "")


def _tokens(result: Verdict) -> TokensEntry:
    """The tokens that the answers report; attempts before the last one do not count."""
    used = [usage.tokens(b"".join(chunk.data for chunk in exchange.chunks)) for exchange in result.exchanges]
    return {"input": sum(read for read, _ in used), "output": sum(written for _, written in used)}


def _upstream(result: Verdict) -> UpstreamEntry:
    """The result at the upstream, without the members that repeat the case."""
    entry = verdict(result, UPSTREAM)
    own: UpstreamEntry = {
        "outcome": entry["outcome"],
        "reason": entry["reason"],
        "seconds": entry["seconds"],
        "lacks": list(result.lacks),
        "attempts": entry.get("attempts", []),
        "findings": entry["findings"],
        "exchanges": entry["exchanges"],
    }
    if result.arrival:
        own["arrival"] = result.arrival
    if "plain_error" in entry:
        own["plain_error"] = entry["plain_error"]
    return own


def _broken(verdicts: Sequence[VerdictEntry], more: OptionalFacts) -> set[str]:
    over_run = {entry["rule"] for entry in more.get("over_run", [])}
    return over_run | {finding["rule"] for entry in verdicts for finding in entry["findings"]}


def rule_entries(names: Iterable[str]) -> dict[str, RuleEntry]:
    """These rules with level and sentence, so that the report can be read without the suite."""
    return {name: _rule(name) for name in sorted(set(names))}


def _rule(name: str) -> RuleEntry:
    rule = rulebook.rules()[name]
    entry: RuleEntry = {
        "level": rule.level,
        "impact": rule.impact,
        "sentence": rule.sentence,
        "source": rule.source,
    }
    if rule.breaks:
        entry["breaks"] = rule.breaks
    return entry


def _attempt(attempt: Attempt) -> AttemptEntry:
    return {
        "step": attempt.step + 1,
        "got": _writable(attempt.got),
        "waited": attempt.waited,
        "status": attempt.status,
        "ended": attempt.ended,
    }


def _finding(finding: Finding) -> FindingEntry:
    entry: FindingEntry = {
        "rule": finding.rule,
        "level": finding.level,
        "step": finding.step + 1,
        "expected": _writable(finding.expected),
        "got": _writable(finding.got),
        "where": _where(finding.where),
    }
    if finding.blame:
        entry["blame"] = finding.blame
    return entry


def _where(where: Where) -> WhereEntry:
    entry: WhereEntry = {}
    if where.pointer is not None:
        entry["pointer"] = _writable(where.pointer)  # member names in it come from the gateway
    if where.event is not None:
        entry["event"] = where.event
    if where.offset is not None:
        entry["offset"] = where.offset
    return entry


def _exchange(exchange: Exchange, key: str) -> ExchangeEntry:
    request = exchange.request
    entry: ExchangeEntry = {
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
            "body": _bytes(shortened(request.body)),
        },
        "curl": command(request, key),
        "status": exchange.status,
        "headers": _pairs(exchange.headers),
        "chunks": [_chunk(chunk) for chunk in exchange.chunks],
    }
    if exchange.behind:
        entry["behind"] = [_behind(one) for one in exchange.behind]
    return entry


def command(request: Request, key: str) -> str:
    """The curl command of a request; `key` is the variable that stands for the key."""
    return _writable(curl.command(request, key))


def _behind(exchange: Exchange) -> BehindEntry:
    """A request of the gateway to its upstream; it is kept whole, because the judge compares it with the client's."""
    request = exchange.request
    return {
        "family": exchange.family,
        "date": exchange.date,
        "seconds": round(exchange.seconds, 4),
        "ended": exchange.ended,
        "problem": _writable(exchange.problem),
        "request": {
            "method": request.method,
            "url": _writable(request.url),
            "headers": _pairs(request.headers),
            "body": _bytes(request.body),
        },
        "status": exchange.status,
        "headers": _pairs(exchange.headers),
        "chunks": [_chunk(chunk) for chunk in exchange.chunks],
    }


def _pairs(headers: Headers) -> list[list[str]]:
    """Headers as JSON; a request's headers may repeat what an earlier answer said."""
    return [[_writable(name), _writable(value)] for name, value in headers]


def shortened(body: bytes) -> bytes:
    """A request's body; the end of a very long one, which only its length makes special, is left out."""
    if len(body) <= WRITTEN_BODY:
        return body
    return body[:KEPT_OF_BODY] + b"... and %d" % (len(body) - KEPT_OF_BODY) + CUT


def _chunk(chunk: Chunk) -> ChunkEntry:
    return {"at": round(chunk.at, 4), **_bytes(chunk.data)}


def _writable(text: str) -> str:
    """The text with lone surrogates escaped, which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _bytes(data: bytes) -> BytesEntry:
    """Bytes as text where they are UTF-8, else in base64."""
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}
