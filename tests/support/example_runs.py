"""Runs for the tests of reports: a real run, and copies of it in which the gateway has a fault."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from conformance.analysis import problems, readiness, rejudge, stability
from conformance.core import data_files
from conformance.core.case_id import full_id
from conformance.core.model import JSON, Case, Verdict
from conformance.core.reasons import ABSENT, REFUSED, STOPPED
from conformance.judge.blame import blamed
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.records import replay, run_document, run_file, seal
from conformance.suite import resolve
from conformance.target.claims import claimed_profile
from conformance.target.target import model_for
from tests.support import suite
from tests.support.in_process import without_sockets

FEW = (
    "(_completions/text or messages/text or responses/text or /unicode/)"
    " and (system-and or system-prompt-counts or instructions or recall or content or empty or cjk)"
)
"""Streams and plain answers of three families, and refusals."""

Damage = Callable[[JSON], None]
"""Changes a recorded exchange in place."""


@cache
def _clean() -> str:
    """A whole run of the reference gateway as JSON, made once, by pytest and without sockets."""
    with tempfile.TemporaryDirectory() as folder, without_sockets():
        options = ("-q", "-k", FEW, "--gateway-set=none", f"--gateway-report-dir={folder}")
        result = suite.run(*options, GATEWAY_API_KEY=None)
        assert result.returncode == 0, result.stdout + result.stderr
        return json.dumps(suite.report(Path(folder)))


def clean() -> JSON:
    """A run of the reference gateway in which nothing is broken."""
    return json.loads(_clean())


@cache
def cases() -> dict[str, Case]:
    return {case.id: case for case in rejudge.cases(clean(), data_files.folder("cases"))}


def without_the_end(exchange: JSON) -> None:
    """Removes the last event of a Messages stream; other answers stay as they are."""
    kept: list[JSON] = []
    for chunk in exchange["chunks"]:
        before, cut, _ = chunk.get("text", "").partition("event: message_stop")
        kept += [{**chunk, "text": before}] if cut and before else [] if cut else [chunk]
        if cut:
            break
    exchange["chunks"] = kept


def damaged(document: JSON, damage: Damage, wanted: Callable[[JSON], bool]) -> JSON:
    """A copy of the run in which the exchanges of some verdicts are changed, and judged again."""
    changed = copy.deepcopy(document)
    for index, entry in enumerate(changed["verdicts"]):
        if wanted(entry):
            for exchange in entry["exchanges"]:
                damage(exchange)
            changed["verdicts"][index] = rejudged(changed, entry)
    gateway, started = changed["gateway"], changed["started"]
    judged = run_document.document(gateway, started, changed["seconds"], changed["verdicts"])
    return seal.sealed(readiness.renewed(problems.with_problems({**changed, **judged})))


def rejudged(document: JSON, entry: JSON) -> JSON:
    return run_document.verdict(judged(document, entry))


def judged(document: JSON, entry: JSON) -> Verdict:
    exchanges = [replay.exchange(recorded) for recorded in entry["exchanges"]]
    profile = claimed_profile(document["gateway"].get("claims", {}))
    model = partial(model_for, document["gateway"]["models"])
    case = resolve.resolve_steps(cases()[entry["id"]], model, profile, exchanges)
    return judge_exchanges(case, exchanges, profile, ASSUMED)


def streams_of(endpoint: str) -> Callable[[JSON], bool]:
    """Verdicts on streams of an endpoint."""
    return lambda entry: entry["endpoint"] == endpoint and run_file.streamed(entry) and entry["outcome"] == "passed"


@cache
def _worse() -> str:
    return json.dumps(damaged(clean(), without_the_end, streams_of("messages")))


def worse() -> JSON:
    """The clean run, in which the gateway has lost the last event of every Messages stream."""
    return json.loads(_worse())


ROUTES = {"eu.example": "https://eu.example/v1", "us.example": "https://us.example/v1"}


@cache
def _routed() -> str:
    """Streams lose their end on both routes. On the first, the upstream loses it; on the second, the gateway."""
    verdicts = []
    for entry, right in zip(worse()["verdicts"], clean()["verdicts"], strict=True):
        for route, behind in zip(ROUTES, (entry, right), strict=True):
            verdict = judged(clean(), entry)
            if entry["outcome"] == "failed":
                verdict = blamed(verdict, judged(clean(), behind))
            case = replace(verdict.case, id=full_id(entry["id"], route), route=route)
            verdicts.append(run_document.verdict(replace(verdict, case=case)))
    gateway = {**clean()["gateway"], "routes": ROUTES}
    upstream = {"base_url": "https://upstream.example/v1", "models": {"default": "reference-large"}}
    return json.dumps(run_document.document(gateway, clean()["started"], 1.0, verdicts, {"upstream": upstream}))


def routed() -> JSON:
    """A run with two routes and an upstream, in which both the gateway and the upstream have a fault."""
    return json.loads(_routed())


def repeated(hits: int, times: int, damage: Damage = without_the_end) -> JSON:
    """A run with two streamed cases, each repeated; `hits` of the repetitions of the first one are damaged."""
    first, second = [entry for entry in clean()["verdicts"] if streams_of("messages")(entry)][:2]
    wrong = damaged(clean(), damage, lambda entry: entry["id"] == first["id"])["verdicts"]
    [bad] = [entry for entry in wrong if entry["id"] == first["id"]]
    tries = [(bad if number <= hits else first, number) for number in range(1, times + 1)]
    tries += [(second, number) for number in range(1, times + 1)]
    verdicts = [{**copy.deepcopy(entry), "id": full_id(entry["id"], repetition=number)} for entry, number in tries]
    document = run_document.document(clean()["gateway"], clean()["started"], 1.0, verdicts)
    return json.loads(json.dumps(problems.with_problems(stability.with_repeated(document))))


REJECTED = f"{REFUSED}vision"
"""The reason of cases whose capability the gateway rejects, and whose profile does not mention it."""


def missing(endpoint: str) -> str:
    """The reason of cases whose endpoint the gateway does not have."""
    return f"{ABSENT}{endpoint} endpoint; list its endpoints in the profile if it should"


def inapplicable(document: JSON, wanted: Callable[[JSON], bool], reason: str) -> JSON:
    """A copy in which some cases do not apply."""
    changed = document
    for entry in filter(wanted, document["verdicts"]):
        changed = with_outcome(changed, entry["id"], "not_applicable", reason)
    return changed


def without(document: JSON, endpoint: str) -> JSON:
    """A copy in which the gateway answers that it does not have an endpoint."""
    return inapplicable(document, lambda entry: entry["endpoint"] == endpoint, missing(endpoint))


def with_outcome(document: JSON, name: str, outcome: str, reason: str = "the gateway answered 429") -> JSON:
    """A copy in which one case has another outcome, without findings."""
    ended = {"outcome": outcome, "reason": reason, "findings": []}
    return {
        **document,
        "verdicts": [{**entry, **(ended if entry["id"] == name else {})} for entry in document["verdicts"]],
    }


def worse_findings() -> list[JSON]:
    """The findings of a stream without its end."""
    return next(list(entry["findings"]) for entry in worse()["verdicts"] if entry["outcome"] == "failed")


def with_outage(document: JSON, answered: int) -> JSON:
    """A copy in which the gateway is down after some cases: the next three get a 502, the others are not sent."""
    changed = copy.deepcopy(document)
    for number, entry in enumerate(changed["verdicts"]):
        if answered <= number < answered + 3:
            finding = {"rule": "case.accepted", "level": "must", "step": 1, "expected": "success", "got": "status 502"}
            entry |= {"outcome": "failed", "findings": [{**finding, "where": dict[str, int]()}]}
            for seen, exchange in zip(entry["observed"], entry["exchanges"], strict=True):
                seen["facts"] = [*seen["facts"], "error", "status=502"]
                exchange["status"] = 502
        elif number >= answered + 3:
            entry |= {"outcome": "unverified", "reason": f"{STOPPED} (502)", "findings": [], "exchanges": []}
            del entry["observed"]
    return problems.with_problems(changed)
