"""An outage as one sentence: every report begins with it, because most of what follows comes from it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.gate import Assessment
from conformance.core.plural import counted
from conformance.core.reasons import NOT_SENT, STOPPED
from conformance.protocol.outage import is_outage
from conformance.records import replay
from conformance.records.run_format import RunDocument, VerdictEntry
from conformance.report.text import words


def lines(document: RunDocument, assessment: Assessment) -> Iterator[str]:
    """A sentence about a gateway that stopped answering, and one about endpoints that do not answer."""
    if assessment.unsent:
        yield f"outage: {_reason(document)}: {_effects(document, assessment.unsent)}"
    elif assessment.silent:
        one = len(assessment.silent) == 1
        names = " and ".join(map(words, assessment.silent))
        cases = sum(entry["endpoint"] in assessment.silent for entry in document["verdicts"])
        said = f"{names} {'does' if one else 'do'} not answer: none of {'its' if one else 'their'}"
        yield f"outage: {said} {counted(cases, 'case')} could be judged"


def _reason(document: RunDocument) -> str:
    """The reason of the unsent cases: `the gateway has stopped answering (status 502, to a plain request as well)`."""
    reasons = (entry["reason"] for entry in document["verdicts"])
    return next(reason for reason in reasons if reason.startswith(STOPPED)).removeprefix(NOT_SENT)


def _effects(document: RunDocument, unsent: int) -> str:
    """How many cases were not sent, and how many others ended with such an answer."""
    reached = [entry for entry in document["verdicts"] if not entry["reason"].startswith(STOPPED)]
    failed = sum(entry["outcome"] == "failed" and _met_outage(entry) for entry in reached)
    more = f", and {failed} failed with the answers of a proxy" if failed else ""
    return f"{unsent:,} of {counted(len(document['verdicts']), 'case')} were not sent{more}"


def _met_outage(entry: VerdictEntry) -> bool:
    return any(one.status is None or is_outage(one) for one in replay.of_verdict(entry))
