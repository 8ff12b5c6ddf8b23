"""Whether everything that follows from the verdicts and exchanges of a run is what the report says.

Parts that depend on the code or the data of the suite are only compared if this suite made the run, and texts of
findings only with the same libraries: their messages are in these texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from conformance.analysis import levels, parameter_fates, readiness, stability
from conformance.analysis.authentic.run import CheckedRun
from conformance.analysis.authentic.selection import WHOLE
from conformance.analysis.rejudge import Difference
from conformance.core.model import JSON, Request, Verdict
from conformance.core.redaction import OWN, UPSTREAM
from conformance.records import replay, run_document
from conformance.records.jsonl import UNREADABLE
from conformance.records.run_format import ExchangeEntry, ReadinessEntry, RunDocument, UpstreamEntry, VerdictEntry
from conformance.suite.applies import TWO_SIDED
from conformance.suite.clients import load_clients

_ALWAYS = ("family", "area", "route", "tokens", "seconds")
"""The members of a verdict that any version computes in the same way."""
_OF_THE_SUITE = ("title", "source", "endpoint", "level", "needs", "model", "reason", "findings", "observed")
"""Those that depend on the suite that made the run."""
_TEXTS = ("expected", "got", "reason")
"""Those with messages of libraries."""
_NO_TOKENS = {"input": 0, "output": 0}
_ROUNDED = 0.001
"""Seconds for each exchange. The times in a report are rounded."""


def findings(run: CheckedRun) -> Iterator[Difference]:
    """The parts of a report that differ."""
    for entry in run.document["verdicts"]:
        yield from (Difference(entry["id"], text) for text in _of_entry(run, entry))
    found = dict(sorted(Counter(entry["outcome"] for entry in run.document["verdicts"]).items()))
    if run.document["summary"] != found:
        yield Difference(WHOLE, "its summary counts other outcomes than its verdicts have")
    yield from _spent(run)
    if run.is_of_this_suite and "digests" in run.document:
        yield from _of_run(run)


def _of_entry(run: CheckedRun, entry: VerdictEntry) -> Iterator[str]:
    members = [*_ALWAYS, *(_OF_THE_SUITE if run.is_of_this_suite else ())]
    verdict = run.again.verdicts.get(entry["id"])
    if verdict is None:
        case = run.case_of(entry)
        if case is None or entry["exchanges"]:
            return  # it differs already
        verdict = Verdict(case, entry["outcome"], reason=entry["reason"])
    again = run_document.described(verdict)
    if entry["outcome"] == "known":
        members = [name for name in members if name != "reason"]  # the list has it
    for name in members:
        if name in entry and not _same(run, name, entry.get(name), again.get(name), len(entry["exchanges"]) or 1):
            yield f"`{name}` is not what the exchanges and the case show"
    if verdict.upstream and "upstream" in entry:
        for name in ("reason", "findings") if run.is_of_this_suite else ():
            own = run_document.described(verdict.upstream)
            if not _same(run, name, entry["upstream"].get(name), own.get(name), 1):
                yield f"`{name}` of the upstream's part is not what the exchanges show"
    for part, key in ((entry, OWN), (entry.get("upstream"), UPSTREAM)):
        if part and _has_other_command(run, part, key):
            yield "a curl command is not that of the request"


def _same(run: CheckedRun, name: str, recorded: JSON, found: JSON, exchanges: int) -> bool:
    if name == "seconds":
        return bool(abs((recorded or 0.0) - (found or 0.0)) <= _ROUNDED * exchanges)
    if name == "tokens":
        return bool(recorded == (found or _NO_TOKENS))
    if run.has_same_libraries:
        return bool(_readable(recorded) == _readable(found))
    return name in _TEXTS or bool(_without_texts(recorded) == _without_texts(found))


def _readable(value: JSON) -> JSON:
    """The value, with empty texts in place of those from which a key was removed."""
    if isinstance(value, str):
        return "" if OWN in value or UPSTREAM in value else value
    if isinstance(value, list):
        return [_readable(one) for one in value]
    return {name: _readable(one) for name, one in value.items()} if isinstance(value, dict) else value


def _without_texts(value: JSON) -> JSON:
    if isinstance(value, list):
        return [_without_texts(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_texts(one) for name, one in value.items() if name not in _TEXTS}
    return value


def _has_other_command(run: CheckedRun, part: VerdictEntry | UpstreamEntry, key: str) -> bool:
    """Whether a curl command is not that of its request; an exchange that cannot be read has a finding already."""
    recorded, found = part["exchanges"], run.exchanges.get(id(part))
    if found is None:
        return any(_is_other(one["curl"], request, key) for one in recorded for request in _requests(one))
    return any(_is_other(one["curl"], exchange.request, key) for one, exchange in zip(recorded, found, strict=True))


def _requests(recorded: ExchangeEntry) -> Iterator[Request]:
    with suppress(*UNREADABLE):
        yield replay.exchange(recorded).request


def _is_other(command: str, request: Request, key: str) -> bool:
    is_cut = len(request.body) > run_document.KEPT_OF_BODY and request.body.endswith(run_document.CUT)
    return not is_cut and command != run_document.command(request, key)


def _spent(run: CheckedRun) -> Iterator[Difference]:
    """The requests that were counted are at least those that were recorded."""
    if run.is_resumed or "spent" not in run.document:
        return
    counted = sum(spent["requests"] for spent in run.document["spent"].values())
    parts = [part for entry in run.document["verdicts"] for part in (entry, entry.get("upstream")) if part]
    recorded = sum(len(part["exchanges"]) + len(part.get("attempts", ())) for part in parts)
    if recorded > counted:
        yield Difference(WHOLE, f"it spent {counted} requests, and {recorded} are recorded")


def _of_run(run: CheckedRun) -> Iterator[Difference]:
    """The members of the report that other members give."""
    whole = run.whole
    checks: Mapping[str, Callable[[], bool]] = {
        "problems": lambda: _equal(run, run.document.get("problems"), whole["problems"]),
        "rules": lambda: _has_rules(run, whole),
        "parameters": lambda: run.document.get("parameters", []) == [*parameter_fates.entries(run.document)],
        "readiness": lambda: _has_readiness(run, whole),
        "repeated": lambda: run.document.get("repeated", []) == stability.repeated(run.document["verdicts"]),
        "levels": lambda: _has_levels(run, whole),
    }
    for name, holds in checks.items():
        if not holds():
            yield Difference(WHOLE, f"`{name}` is not what its verdicts show")


def _equal(run: CheckedRun, recorded: JSON, found: JSON) -> bool:
    return _same(run, "problems", recorded, found, 1)


def _has_rules(run: CheckedRun, whole: RunDocument) -> bool:
    """Whether the report has the rules that it names. Merged shards may have broken further ones on their own."""
    recorded = run.document["rules"]
    if run.shards > 1:
        recorded = {name: rule for name, rule in recorded.items() if name in whole["rules"]}
    return bool(recorded == whole["rules"])


def _has_readiness(run: CheckedRun, whole: RunDocument) -> bool:
    recorded = run.document.get("readiness", [])
    stated = {entry["client"] for entry in recorded}
    every = load_clients()
    named = run.options.get("--gateway-client")
    wanted = {part.strip() for part in named.split(",")} if isinstance(named, str) else {one.id for one in every}
    if stated != wanted:
        return False
    chosen = [client for client in every if client.id in wanted]
    ids = [case.id for case in run.library if TWO_SIDED not in case.marks]
    again: list[list[ReadinessEntry]] = [readiness.readiness(whole, chosen, ids)]
    if run.shards > 1:
        again = [readiness.with_readiness(whole, chosen)["readiness"], *again]
    return any(_equal(run, recorded, one) for one in again)


def _has_levels(run: CheckedRun, whole: RunDocument) -> bool:
    """Whether the levels are those that the verdicts show; a report without levels is read by its verdicts."""
    return "levels" not in run.document or _equal(run, run.document["levels"], levels.levels(whole))
