"""A failure of the upstream reaches the client: as an error in its family's form, and never as a normal end."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.failed import failure, is_terminated
from conformance.judge.expectations.context import shown_answer


def told(ends: Ends) -> Iterator[Breach]:
    """The client does not get a normal end if the upstream's last answer failed."""
    if ends.last is None or ends.last.exchange.ended == "left":
        return
    failed = failure(ends.last)
    if not failed:
        return
    front = ends.front
    if front.exchange.ended == "left" or front.kind in ("error", "none", "other"):
        return
    if front.exchange.ended != "complete":
        got = f"status {front.exchange.status}, then a broken connection"
        yield Breach("upstream.failure.form", f"an error in the family's form: the upstream failed ({failed})", got)
        return
    if front.errors:
        return
    if front.kind == "stream" and not is_terminated(front):
        got = "a stream that ends without its last event and without an error"
        yield Breach("upstream.failure.form", f"an error in the family's form: the upstream failed ({failed})", got)
        return
    yield Breach("upstream.failure.hidden", f"an error: the upstream failed ({failed})", shown_answer(front))
