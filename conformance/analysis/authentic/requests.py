"""Whether each request is the one that its case composes: an exchange of another case, model or gateway is not.

A request is built again from the case, the models, the base URL and the earlier answers. The headers of the profile and
the form of the key are not in a report; all requests of a run have the same ones.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import zstandard

from conformance.analysis.authentic.run import CheckedRun, Part, Party
from conformance.analysis.rejudge import Difference
from conformance.client import build_request
from conformance.core.canary import canary
from conformance.core.model import Headers, Request, Step
from conformance.judge import abilities
from conformance.records import replay
from conformance.records.jsonl import UNREADABLE
from conformance.records.run_document import shortened
from conformance.records.run_format import ControlEntry
from conformance.suite.resolve import step_token
from conformance.target.profile import Profile
from conformance.target.target import Target

_MAX_PLAIN = 1 << 28
"""Bytes. The longest body of a case is a few MB."""


def findings(run: CheckedRun) -> Iterator[Difference]:
    """The requests that are not those of their cases."""
    for party in (run.gateway, run.upstream):
        if party is None:
            continue
        own = [part for part in run.parts if part.party is party]
        profile = _profile_of(own)
        for part in own:
            if found := next(_differences(run, part, profile), ""):
                yield Difference(part.entry["id"], found)
    yield from _controls(run)


def _differences(run: CheckedRun, part: Part, profile: Profile) -> Iterator[str]:
    """The differences between the exchanges of a verdict and those that the case composes."""
    target = Target(part.party.base_url(part.entry.get("route", "")), profile, "")
    whose = "" if part.party is run.gateway else f"{part.party.name}'s part: "
    for index, exchange in enumerate(part.exchanges):
        step = part.case.steps[index]
        endpoint = str(step.request.get("to", part.case.endpoint))
        place = f"{whose}the request of step {index + 1}"
        composed = build_request.request(step, endpoint, target)
        for what in _unlike(run, composed, exchange.request, step):
            other = _other_case(run, part, exchange.request)
            if run.has_same_cases or other or what == "URL":
                yield f"{place} has another {what} than the case composes{other}"
        if exchange.family != build_request.judged_as(step, endpoint, exchange.status):
            yield f"{place} is recorded as one to {exchange.family}, which its path and status do not say"
        token = step_token(part.case, index)
        for behind in exchange.behind:
            if token.encode() not in behind.request.body:
                yield f"{place}: a request of the gateway to its upstream lacks the token of this step"


def _unlike(run: CheckedRun, composed: Request, sent: Request, step: Step) -> Iterator[str]:
    """The parts of a request that differ from the composed one."""
    if composed.method != sent.method:
        yield "method"
    if run.comparable(composed.url) != run.comparable(sent.url):
        yield "URL"
    if composed.auth != sent.auth:
        yield "form of the key"
    if Counter(composed.headers) != Counter(sent.headers):
        yield "header"
    if _plain(shortened(composed.body), step) != _plain(sent.body, step):
        yield "body"


def _plain(body: bytes, step: Step) -> bytes:
    """The body before its compression, which other versions of a library do in another way."""
    coding = step.request.get("compress")
    try:
        if coding == "zstd":
            return zstandard.ZstdDecompressor().decompress(body, max_output_size=_MAX_PLAIN)
        return gzip.decompress(body) if coding else body
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return body


def _other_case(run: CheckedRun, part: Part, sent: Request) -> str:
    """The case of this run from which a request was taken, if its words show it, as the end of a sentence."""
    text = sent.body.decode("utf-8", "replace")
    own = canary(part.case.id)
    if own in text:
        return ""
    for word, name in run.words.items():
        if word in text and name != part.case.id:
            return f"; it is a request of {name}"
    return ""


def _profile_of(parts: Sequence[Part]) -> Profile:
    """The form of the key and the headers that the profile adds to every request: those of most requests."""
    forms, added = Counter[str](), Counter[Headers]()
    for part in parts:
        target = Target(part.party.base_url(part.entry.get("route", "")), Profile(), "")
        for step, exchange in zip(part.case.steps, part.exchanges, strict=False):
            spec = step.request
            if "auth" not in spec and len(exchange.request.auth) == 1:
                forms[exchange.request.auth[0]] += 1
            if "headers" not in spec and "compress" not in spec:
                composed = build_request.request(step, str(spec.get("to", part.case.endpoint)), target)
                more = Counter(exchange.request.headers) - Counter(composed.headers)
                added[tuple(sorted(more))] += 1
    form = forms.most_common(1)[0][0] if forms else Profile().key_header
    headers: Mapping[str, str] = dict(added.most_common(1)[0][0]) if added else {}
    return Profile(key_header=form, headers=headers)


def _controls(run: CheckedRun) -> Iterator[Difference]:
    """The control requests that are not those of cases/_controls.yaml."""
    for number, entry in enumerate(run.document.get("controls", ()), 1):
        party = run.upstream if entry.get("upstream") else run.gateway
        if "case" in entry:
            continue  # with the verdict
        if party is None or not _is_control(run, entry, party):
            name = f"{entry['control']} at {entry['endpoint']}"
            yield Difference("the whole run", f"control request {number} ({name}) is not the one that the suite sends")


def _is_control(run: CheckedRun, entry: ControlEntry, party: Party) -> bool:
    try:
        exchange = replay.exchange(entry["exchange"])
    except UNREADABLE:
        return False
    endpoint, name = entry["endpoint"], entry["control"]
    base = run.comparable(party.base_url(entry.get("route", "")))
    if not run.comparable(exchange.request.url).startswith(f"{base}/"):
        return False
    if name == "models":
        return exchange.request.method == "GET"
    bodies = abilities.bodies(name) if name in abilities.NAMES else {}
    if endpoint not in bodies:
        return False
    word = canary(f"control {name} {endpoint}")
    steps = (abilities.step(endpoint, name, party.model(endpoint), word, stream) for stream in (False, True))
    target = Target(party.base_url(entry.get("route", "")), Profile(), "")
    built = [build_request.request(step, endpoint, target) for step in steps]
    return exchange.request.body in [one.body for one in built] and exchange.request.method == built[0].method
