"""A run judged once more from the exchanges that it recorded: does anybody come to the same verdicts?

What the judge needs besides them is in the run too: the claims of the profile as `gateway.claims`, and with each
verdict what the control requests did not show, as `lacks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.core.model import JSON, Case, Verdict
from conformance.core.reasons import NOT_SENT
from conformance.core.yaml_input import InputError
from conformance.judge import control
from conformance.judge.blame import blamed
from conformance.judge.verdict import judge_case
from conformance.records import replay, run_file
from conformance.records.jsonl import RecordingError
from conformance.suite import requirement_sets, resolve
from conformance.suite.load import load_cases
from conformance.suite.requirement_sets import load_set
from conformance.target.claims import claimed_profile
from conformance.target.profile import Profile


@dataclass(frozen=True, slots=True)
class Difference:
    """A verdict that was not found again, and the sentence that says what is unlike."""

    id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What judging again came to. `unrecorded` verdicts rest on no exchange; `missing` cases are not in the run."""

    same: int
    differences: tuple[Difference, ...]
    unrecorded: tuple[str, ...]
    missing: tuple[str, ...]


def cases(document: JSON, folder: Path, claimed: Profile | None = None) -> tuple[Case, ...]:
    """The cases below a folder as they counted in a run: for its models, and under its set. Raises InputError."""
    date = document.get("cases", {}).get("set", "")
    if date not in ("", requirement_sets.NONE, *requirement_sets.names(folder)):
        raise InputError(
            f"the run was made under the set of {date}, which this suite has not; verify with the version that made it"
        )
    return requirement_sets.under(
        load_cases(folder, (claimed or claimed_profile(document)).serves), load_set(folder, date)
    )


def verify(document: JSON, cases: Sequence[Case], claimed: Profile | None = None) -> Verification:
    """Judges every verdict of a run again, by the cases of this suite; `claimed` stands for the run's own claims."""
    known = {case.id: case for case in cases}
    chosen = claimed or claimed_profile(document)
    recorded = [entry for entry in document["verdicts"] if entry["exchanges"]]
    found = [difference for entry in recorded for difference in _compare(document, entry, known, chosen)]
    bare = [entry for entry in document["verdicts"] if not entry["exchanges"]]
    found += [difference for entry in bare for difference in _groundless(entry, known)]
    ran = {run_file.entry_case_id(entry) for entry in document["verdicts"]}
    return Verification(
        same=len(recorded) - len({difference.id for difference in found} & {entry["id"] for entry in recorded}),
        differences=tuple(sorted(found, key=lambda difference: difference.id)),
        unrecorded=tuple(entry["id"] for entry in bare),
        missing=tuple(name for name in known if name not in ran),
    )


def _compare(
    document: JSON, entry: JSON, known: Mapping[str, Case], claimed: Profile
) -> Iterator[Difference]:  # fmt: skip
    case = known.get(run_file.entry_case_id(entry))
    if case is None:
        yield Difference(entry["id"], "this suite has no such case; verify with the version that made the run")
        return
    own = replace(case, id=entry["id"])
    try:
        verdict = _judged(own, run_file.asked(document["gateway"]["models"]), entry, claimed)
        if "upstream" in entry:
            behind = document.get("upstream", {"models": {}})
            again = _judged(
                own, run_file.asked(behind["models"]), entry["upstream"], claimed_profile({"gateway": behind})
            )
            verdict = blamed(verdict, again)
    except RecordingError as error:
        yield Difference(entry["id"], str(error))
        return
    if not _same(entry, verdict):
        yield Difference(entry["id"], _sentence(entry, verdict))


def _judged(case: Case, model: Callable[[str], str], entry: JSON, claimed: Profile) -> Verdict:
    """The verdict on what an entry, or its part about the upstream, has recorded. Raises RecordingError."""
    if not entry["exchanges"]:
        return Verdict(case, entry["outcome"], reason=entry["reason"])
    exchanges = replay.of_verdict(entry)
    if len(exchanges) > len(case.steps):
        told = f"{len(exchanges)} exchanges are recorded, and the case has {len(case.steps)} steps"
        raise RecordingError(f"{told}; verify with the version that made the run")
    shown = control.without(entry.get("lacks", ()))
    return judge_case(
        resolve.resolve_steps(case, model, claimed.limits, exchanges), exchanges, claimed, shown, _unsent(entry)
    )


def _unsent(entry: JSON) -> str:
    """Why the run ended before the case did; "" where it did not. That is unverified, and never green."""
    reason = str(entry["reason"])
    return reason if entry["outcome"] == "unverified" and reason.startswith(NOT_SENT) else ""


def _groundless(entry: JSON, known: Mapping[str, Case]) -> Iterator[Difference]:
    """A verdict that needs exchanges, and has none."""
    if entry["outcome"] in run_file.CONCLUSIVE:
        yield Difference(entry["id"], f"it says {entry['outcome']}, but no exchange is recorded")
    elif run_file.entry_case_id(entry) not in known:
        yield Difference(entry["id"], "this suite has no such case; verify with the version that made the run")


def _same(entry: JSON, verdict: Verdict) -> bool:
    """Whether a verdict is the recorded one. A known failure is a failed or warned one that somebody listed."""
    outcomes = ("failed", "warned") if entry["outcome"] == "known" else (entry["outcome"],)
    return verdict.outcome in outcomes and _recorded(entry) == _found(verdict)


def _recorded(entry: JSON) -> list[tuple[str, str, int]]:
    return sorted((finding["rule"], finding["level"], finding["step"]) for finding in entry["findings"])


def _found(verdict: Verdict) -> list[tuple[str, str, int]]:
    return sorted((finding.rule, finding.level, finding.step + 1) for finding in verdict.findings)


def _sentence(entry: JSON, verdict: Verdict) -> str:
    was, now = _recorded(entry), _found(verdict)
    more = [rule for rule, _, _ in now if rule not in {rule for rule, _, _ in was}]
    less = [rule for rule, _, _ in was if rule not in {rule for rule, _, _ in now}]
    parts = [
        f"recorded as {entry['outcome']}, judged again it is {verdict.outcome}",
        f"only now broken: {', '.join(sorted(set(more)))}" if more else "",
        f"no longer broken: {', '.join(sorted(set(less)))}" if less else "",
        "the same rules, at other levels, steps or times" if was != now and not (more or less) else "",
    ]
    return "; ".join(part for part in parts if part)
