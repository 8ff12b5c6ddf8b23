"""Re-judges a run from its recorded exchanges: another machine must reach the same verdicts.

Besides the exchanges, the run keeps what the judge needs: the claims of the profile as `gateway.claims`, and with each
verdict the abilities that the control requests did not show, as `lacks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from conformance.analysis import over_run
from conformance.core.model import Attempt, Case, Verdict
from conformance.core.reasons import NOT_AWAITED, NOT_SENT
from conformance.core.yaml_input import InputError
from conformance.judge import control
from conformance.judge.blame import blamed
from conformance.judge.over_a_run import Answered
from conformance.judge.verdict import judge_case
from conformance.protocol.reading import Reading
from conformance.records import replay, run_file
from conformance.records.jsonl import UNREADABLE, RecordingError
from conformance.records.run_format import OverRunEntry, RunDocument, UpstreamEntry, VerdictEntry
from conformance.suite import requirement_sets, resolve
from conformance.suite.applies import TWO_SIDED
from conformance.suite.load import load_cases
from conformance.suite.requirement_sets import load_set
from conformance.target.claims import Claims, claimed_profile
from conformance.target.profile import Profile
from conformance.target.target import model_for

_UNKNOWN_CASE = "this suite has no such case; verify with the version that made the run"
_NO_CLAIMS: Claims = {}


@dataclass(frozen=True, slots=True)
class Difference:
    """A verdict that was not reproduced, and a sentence that says how it differs."""

    id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result: how many verdicts were reproduced, and which differ.

    `unrecorded` verdicts have no exchange; `missing` cases are in the suite, but not in the run. `unstated` are the
    rules that the whole run breaks, if it was made by a version of the suite without such rules. `unkept` verdicts have
    exchanges that were not written (`--gateway-keep=failed`); then the rules over the whole run are not judged either.
    """

    same: int
    differences: tuple[Difference, ...]
    unrecorded: tuple[str, ...]
    missing: tuple[str, ...]
    unstated: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """The verdicts that were judged again, by id; those that differ are not among them."""


@dataclass(frozen=True, slots=True)
class _Again:
    """The results that did not differ, by the id of the verdict: verdicts, and the identities of their answers."""

    verdicts: dict[str, Verdict]
    answers: dict[str, Sequence[Answered]]


@dataclass(frozen=True, slots=True)
class _Party:
    """The gateway or its upstream: endpoint -> model, and its claims."""

    model: Callable[[str], str]
    claims: Profile


def cases(document: RunDocument, folder: Path, claimed: Profile | None = None) -> tuple[Case, ...]:
    """The cases in a folder, for the models and under the requirement set of the run. Raises InputError."""
    date = document["cases"]["set"] if "cases" in document else ""
    if date not in ("", requirement_sets.NONE, *requirement_sets.names(folder)):
        raise InputError(
            f"the run used the requirement set {date}, which this suite does not have; "
            "verify with the version that made the run"
        )
    profile = claimed or _gateway_claims(document)
    return requirement_sets.under(load_cases(folder, profile.serves), load_set(folder, date))


def verify(document: RunDocument, cases: Sequence[Case], claimed: Profile | None = None) -> Verification:
    """Re-judges every verdict of a run with these cases; `claimed` replaces the claims that the run keeps."""
    known = {case.id: case for case in cases}
    gateway = _Party(partial(model_for, document["gateway"]["models"]), claimed or _gateway_claims(document))
    upstream = _upstream(document)
    recorded = [entry for entry in document["verdicts"] if entry["exchanges"]]
    unkept = run_file.unkept(document)
    unrecorded = [entry for entry in document["verdicts"] if not run_file.is_sent(entry)]
    again = _Again({}, {})
    differing = [found for entry in recorded for found in _compare(entry, known, gateway, upstream, again)]
    unfounded = [found for entry in unrecorded for found in _without_exchanges(entry, known)]
    over_all = [] if unkept else [*_over_run(document, gateway, again)]
    in_the_run = {run_file.entry_case_id(entry) for entry in document["verdicts"]}
    return Verification(
        same=len(recorded) - len(differing),
        differences=tuple(sorted([*differing, *unfounded, *over_all], key=lambda difference: difference.id)),
        unrecorded=tuple(entry["id"] for entry in unrecorded),
        missing=tuple(name for name in known if name not in in_the_run and _is_due(known[name], document)),
        unstated=() if "over_run" in document or unkept else _rules(_found_over_run(document, gateway, again)),
        unkept=tuple(entry["id"] for entry in unkept),
        verdicts=again.verdicts,
    )


def _is_due(case: Case, document: RunDocument) -> bool:
    """Whether a run has a case: cases from both ends need the scripted provider."""
    return TWO_SIDED not in case.marks or "provider" in document["gateway"]


def _over_run(document: RunDocument, gateway: _Party, again: _Again) -> Iterator[Difference]:
    """The difference between the recorded findings over the run and those found again, if there is any."""
    recorded, found = document.get("over_run"), _found_over_run(document, gateway, again)
    if recorded is not None and found is not None and not over_run.same(recorded, found):
        was, now = (", ".join(_rules(one)) or "none" for one in (recorded, found))
        yield Difference("the whole run", f"recorded with other findings over the run ({was}; re-judged: {now})")


def _rules(found: Sequence[OverRunEntry] | None) -> tuple[str, ...]:
    return tuple(sorted({entry["rule"] for entry in found or ()}))


def _found_over_run(document: RunDocument, gateway: _Party, again: _Again) -> list[OverRunEntry] | None:
    """The findings over the run, judged again; None if a verdict cannot be read, and so differs."""
    try:
        return over_run.entries(document["verdicts"], gateway.claims.aliases, again.answers)
    except UNREADABLE:
        return None


def _gateway_claims(document: RunDocument) -> Profile:
    return claimed_profile(document["gateway"].get("claims", _NO_CLAIMS))


def _upstream(document: RunDocument) -> _Party:
    """The upstream of the run; one without models and claims if the run has none."""
    if "upstream" not in document:
        return _Party(partial(model_for, {}), Profile())
    facts = document["upstream"]
    return _Party(partial(model_for, facts["models"]), claimed_profile(facts.get("claims", _NO_CLAIMS)))


def _compare(
    entry: VerdictEntry,
    known: Mapping[str, Case],
    gateway: _Party,
    upstream: _Party,
    again: _Again,
) -> Iterator[Difference]:
    """The difference between a recorded verdict and the same one judged again, if there is any.

    A verdict that was reproduced, and its answers, are added to `again`.
    """
    if run_file.entry_case_id(entry) not in known:
        yield Difference(entry["id"], _UNKNOWN_CASE)
        return
    case = replace(known[run_file.entry_case_id(entry)], id=entry["id"], route=entry.get("route", ""))
    try:
        verdict, readings = _judged(case, gateway, entry)
        if "upstream" in entry:
            verdict = blamed(verdict, _judged(case, upstream, entry["upstream"])[0])
    except RecordingError as error:
        yield Difference(entry["id"], str(error))
        return
    if not _same(entry, verdict):
        yield Difference(entry["id"], _sentence(entry, verdict))
    else:
        again.verdicts[entry["id"]] = verdict
        again.answers[entry["id"]] = [*over_run.of_readings(entry["id"], readings)]


def _judged(case: Case, party: _Party, entry: VerdictEntry | UpstreamEntry) -> tuple[Verdict, Sequence[Reading]]:
    """The verdict on the exchanges of an entry, and their readings. Raises RecordingError."""
    if not entry["exchanges"]:
        return Verdict(case, entry["outcome"], reason=entry["reason"]), ()
    exchanges = replay.of_verdict(entry)
    if len(exchanges) > len(case.steps):
        counts = f"{len(exchanges)} exchanges are recorded, and the case has {len(case.steps)} steps"
        raise RecordingError(f"{counts}; verify with the version that made the run")
    shown = control.without(entry.get("lacks", []), entry.get("arrival", ""), entry.get("plain_error", ""))
    resolved = resolve.resolve_steps(case, party.model, party.claims, exchanges)
    readings = [Reading(exchange) for exchange in exchanges]
    attempts = tuple(_attempts(entry))
    return judge_case(resolved, exchanges, party.claims, shown, _unsent(entry), attempts, readings), readings


def _attempts(entry: VerdictEntry | UpstreamEntry) -> Iterator[Attempt]:
    """The tries before the recorded exchanges. Older files do not say how these ended."""
    for tried in entry.get("attempts", ()):
        status, ended = tried.get("status"), tried.get("ended", "complete")
        yield Attempt(tried["step"] - 1, tried["got"], tried["waited"], status, ended)


def _unsent(entry: VerdictEntry | UpstreamEntry) -> str:
    """Why the run ended before the case did, or ""; such a case is unverified and never passes."""
    is_unsent = entry["outcome"] == "unverified" and entry["reason"].startswith((NOT_SENT, NOT_AWAITED))
    return entry["reason"] if is_unsent else ""


def _without_exchanges(entry: VerdictEntry, known: Mapping[str, Case]) -> Iterator[Difference]:
    """The mistake in a verdict without exchanges, if there is any."""
    if entry["outcome"] in run_file.CONCLUSIVE:
        yield Difference(entry["id"], f"recorded as {entry['outcome']}, but no exchange is recorded")
    elif run_file.entry_case_id(entry) not in known:
        yield Difference(entry["id"], _UNKNOWN_CASE)


def _same(entry: VerdictEntry, verdict: Verdict) -> bool:
    """Whether a verdict is the recorded one; `known` stands for a failed or warned verdict that is listed."""
    outcomes = ("failed", "warned") if entry["outcome"] == "known" else (entry["outcome"],)
    return verdict.outcome in outcomes and _recorded(entry) == _found(verdict)


def _recorded(entry: VerdictEntry) -> list[tuple[str, str, int]]:
    return sorted((finding["rule"], finding["level"], finding["step"]) for finding in entry["findings"])


def _found(verdict: Verdict) -> list[tuple[str, str, int]]:
    return sorted((finding.rule, finding.level, finding.step + 1) for finding in verdict.findings)


def _sentence(entry: VerdictEntry, verdict: Verdict) -> str:
    was, now = _recorded(entry), _found(verdict)
    before, after = {rule for rule, _, _ in was}, {rule for rule, _, _ in now}
    more, less = sorted(after - before), sorted(before - after)
    parts = [
        f"recorded as {entry['outcome']}, re-judged as {verdict.outcome}",
        f"only now broken: {', '.join(more)}" if more else "",
        f"no longer broken: {', '.join(less)}" if less else "",
        "the same rules, but other levels, steps or counts" if was != now and not (more or less) else "",
    ]
    return "; ".join(part for part in parts if part)
