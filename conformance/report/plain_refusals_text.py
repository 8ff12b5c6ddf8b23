"""The endpoints that refuse a plain request, as sentences: every report begins with them."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.plain_refusals import plain_refusals
from conformance.core.plural import counted
from conformance.records.run_format import RunDocument
from conformance.report.text import words


def lines(document: RunDocument) -> Iterator[str]:
    """A sentence for each endpoint that refuses a plain request."""
    for refusal in plain_refusals(document):
        cases = f"; {counted(refusal.cases, 'case')} got the same error" if refusal.cases else ""
        yield f"{words(refusal.endpoint)} refuses a plain request with {refusal.error}{cases}"
