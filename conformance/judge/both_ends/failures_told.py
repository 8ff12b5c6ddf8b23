"""A failure of the upstream reaches the client: as an error in its family's form, and never as a normal end.

SDKs raise an error for an error status, an error event and a broken connection, but take a stream that ends regularly
as complete, also without its last event (openai-python `_streaming.py`, anthropic-sdk-python `_streaming.py`), and
read a body with status 200 as an answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.core.pointer import get
from conformance.judge.both_ends.ends import Ends, once
from conformance.judge.both_ends.failed import Failure, failure, is_terminated
from conformance.judge.expectations.context import shown_answer
from conformance.protocol.family import UNREACHABLE
from conformance.protocol.reading import Reading


def told(ends: Ends) -> Iterator[Breach]:
    """The client gets an error if the upstream's last answer failed."""
    failed = last_failure(ends)
    if failed is None or ends.front.exchange.ended in ("left", "unreachable"):
        return
    if hidden := _hidden(ends.front):
        yield Breach("upstream.failure.hidden", f"an error: the upstream failed ({failed.what})", hidden)
    elif broken := _broken(ends.front):
        want = f"an error in the family's form: the upstream failed ({failed.what})"
        yield Breach("upstream.failure.form", want, broken)


@once
def last_failure(ends: Ends) -> Failure | None:
    """How the upstream's last answer failed; None if it did not, or if nothing was sent up.

    Nothing arrives at an upstream that refuses connections.
    """
    if ends.upstream == UNREACHABLE:
        return Failure("it refuses connections")
    return failure(ends.last) if ends.last is not None else None


def is_broken_off(front: Reading) -> bool:
    """Whether an answer with status 2xx lacks its end, and says nothing about the reason."""
    if front.kind not in ("json", "stream") or front.errors:
        return False
    return front.exchange.ended != "complete" or (front.kind == "stream" and not is_terminated(front))


def _hidden(front: Reading) -> str:
    """The answer that the client gets instead of an error, in words; "" if it can notice that the answer failed."""
    if front.kind not in ("json", "stream") or front.exchange.ended != "complete":
        return ""
    if front.kind == "stream":
        if front.errors:
            return ""
        return shown_answer(front) if is_terminated(front) else "a stream that ends regularly, without its last event"
    if not front.errors:
        return shown_answer(front)
    if get(front.json, "/status", str) == "failed":  # Responses tells failures so
        return ""
    return f"status {front.exchange.status}, with an error in the body"


def _broken(front: Reading) -> str:
    """How the exchange broke off without an error, in words; "" if it did not."""
    if front.kind == "none":
        return f"no answer ({front.exchange.problem or front.exchange.ended})"
    if front.kind in ("json", "stream") and front.exchange.ended != "complete" and not front.errors:
        return f"status {front.exchange.status}, then a broken connection"
    return ""
