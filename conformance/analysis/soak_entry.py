"""The member `soak` of run.json: the counts of a soak, and their judgement; pure."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.analysis.binomial import Share
from conformance.analysis.soak import Drift, Tally, judge
from conformance.records.run_format import DriftEntry, ShareEntry, SoakEntry


def entry(tally: Tally, endpoints: Sequence[str], at_once: int, seed: str) -> SoakEntry:
    """The entry of a soak of these endpoints; `at_once` is the number of sessions at once."""
    judged = judge(tally)
    found: SoakEntry = {
        "endpoints": list(endpoints),
        "at_once": at_once,
        "seed": seed,
        "seconds": round(tally.seconds, 1),
        "sessions": tally.sessions,
        "streams": tally.streams,
        "kinds": dict(tally.kinds),
        "reasons": dict(tally.reasons.most_common()),
        "empty_or_cut": _share(judged.bad),
        "failed": _share(judged.failed),
        "crossed": tally.crossed,
        "aborts": {"sent": tally.aborted, "followed": tally.followed, "left_open": tally.left},
        "open_at_end": tally.open_at_end,
        "machine_was_busy": tally.is_machine_busy,
        "examples": [
            {
                "what": example.what,
                "endpoint": example.family,
                "session": example.session,
                "turn": example.turn,
                "status": example.status,
                "excerpt": example.excerpt,
            }
            for example in tally.examples
        ],
        "problems": list(judged.found),
    }
    if judged.drift is not None:
        found["first_event"] = _drift(judged.drift)
    return found


def _share(found: Share) -> ShareEntry:
    return {"hits": found.hits, "trials": found.trials, "low": found.low, "high": found.high}


def _drift(found: Drift) -> DriftEntry:
    by = found.difference
    return {
        "first": found.first,
        "middle": found.middle,
        "last": found.last,
        "difference": {"value": by.value, "low": by.low, "high": by.high},
    }
