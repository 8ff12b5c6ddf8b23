"""Decides whether a gateway may refuse a case because its profile does not claim what the case needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conformance.core.case_format import Expectation
from conformance.core.model import Case
from conformance.core.reasons import REFUSED
from conformance.judge.control import ABSENT, Control, same_error
from conformance.judge.expectations.context import error_line
from conformance.judge.inconclusive.refusal_text import declined
from conformance.judge.named_parameter import names_a_parameter
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile

CLAIMED = frozenset({"tools", "stop_sequences", "usage_in_stream", "keys"})
"""Capabilities that agents and metering depend on: every gateway is assumed to have them, unless its profile denies
them or its error says that they are not supported."""

OK = 200

UNSUPPORTED = frozenset({400, 403, 404, 405, 415, 422, 426, 501})
"""Statuses with which a gateway says that it does not support something; 426 is for an upgrade to WebSockets."""

IGNORED = frozenset(range(200, 400))
"""Statuses with which a server may ignore an upgrade (RFC 9110, section 7.8)."""


def unclaimed(case: Case, index: int, readings: Sequence[Reading], profile: Profile, control: Control) -> str:
    """Return the reason if step `index` was refused and needs an unclaimed capability, else "".

    An earlier step that was answered and used the same parameters shows that they are supported. An error that the
    gateway also answers to the plain control request is not about a capability.
    """
    reading = readings[index]
    unsaid = [need for need in case.needs if profile.claims(need) is None]
    open_needs = [need for need in unsaid if need not in CLAIMED or declined(need, reading)]
    step = case.steps[index]
    declining = _declining(case, step.expect, reading) | (IGNORED if step.upgrades else frozenset())
    if not open_needs or reading.exchange.status not in declining:
        return ""
    if _shown(case, index, readings) or same_error(control.error, error_line(reading)):
        return ""
    return f"{REFUSED}{', '.join(open_needs)}"


def _declining(case: Case, expect: Expectation, reading: Reading) -> frozenset[int]:
    """Return the statuses that mean "not supported". If the case expects an error, only a missing path counts."""
    if expect["outcome"] != "refusal":
        return UNSUPPORTED
    may_be_absent = load_family(case.endpoint).beside and not names_a_parameter(reading)
    absent = frozenset(ABSENT) if may_be_absent else frozenset()
    return absent.difference(expect.get("status", ()))


def _shown(case: Case, index: int, readings: Sequence[Reading]) -> bool:
    """Whether an earlier step with the same parameters was answered, so that they cannot be unsupported."""
    wanted = case.steps[index].request.get("body")
    place = _place(readings[index])
    return isinstance(wanted, Mapping) and any(
        reading.exchange.status == OK
        and _place(reading) == place
        and set(wanted) <= set(step.request.get("body") or ())
        for step, reading in zip(case.steps[:index], readings, strict=False)
    )


def _place(reading: Reading) -> tuple[str, str]:
    """Return the method and the URL of the request."""
    return reading.exchange.request.method, reading.exchange.request.url
