"""Two-sided steps that cannot be judged: the gateway was busy, and did not send the request up."""

from __future__ import annotations

from conformance.core.model import Step
from conformance.judge.control import TRANSIENT
from conformance.protocol.family import UNREACHABLE
from conformance.protocol.reading import Reading


def reason(step: Step, reading: Reading) -> str:
    """Return why nothing can be said: no request reached the upstream, and the gateway's own error is transient.

    This hides a gateway that stops using an upstream after it failed, so the report names the status. A gateway that is
    tested from both ends should not do that (docs/both-ends.md).
    """
    exchange = reading.exchange
    if step.upstream and step.upstream["family"] == UNREACHABLE:
        return ""
    if exchange.behind or step.expect["outcome"] == "refusal" or exchange.ended == "left":
        return ""
    if exchange.ended == "unreachable":
        return f"the gateway could not be reached ({exchange.problem})"
    if exchange.status in TRANSIENT:
        return f"the gateway answered {exchange.status} and did not send the request to its upstream"
    return ""
