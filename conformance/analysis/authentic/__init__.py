"""Whether a report follows from its recording, in every part, as it does unless it was edited.

`rejudge` judges the exchanges again. The checks here compare the requests with the cases, the cases with what was
selected, excuses with the evidence for them, and everything else with what follows from verdicts and exchanges. None of
them sees an invented answer: only another run shows that.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.authentic import derived, evidence, identity, known, requests, selection, times
from conformance.analysis.authentic.run import CheckedRun
from conformance.analysis.rejudge import Difference
from conformance.target.profile import Profile


def findings(run: CheckedRun, profile: Profile | None = None) -> tuple[Difference, ...]:
    """The traces of an edit, those of the whole run first."""
    found = list(_findings(run, profile))
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.id != selection.WHOLE, one.id)))


def _findings(run: CheckedRun, profile: Profile | None) -> Iterator[Difference]:
    yield from identity.findings(run, profile)
    yield from selection.findings(run)
    yield from requests.findings(run)
    yield from evidence.findings(run)
    yield from known.findings(run)
    yield from times.findings(run)
    if not run.again.unkept:
        yield from derived.findings(run)


def notes(run: CheckedRun) -> Iterator[str]:
    """Notes for the reader: what the report leaves out, and which parts could not be compared."""
    selected = run.document.get("selected")
    if "digests" not in run.document:
        yield "the run has no digests, because an earlier version made it: some changes to it are not noticed"
    elif not run.is_of_this_suite:
        yield "another build of the suite made the run: its problems, texts and readiness are not compared"
    elif not run.has_same_libraries:
        yield "the run was made with other versions of Python or jsonschema: the texts of findings are not compared"
    if selected and selected["count"] < selected["of"]:
        by = ", ".join(selected["by"])
        yield f"{selected['count']:,} of {selected['of']:,} cases were selected, by {by}"
    if selected and selected["unrun"]:
        yield f"{len(selected['unrun']):,} of the selected cases have no verdict: the run was interrupted"


__all__ = ["CheckedRun", "findings", "notes"]
