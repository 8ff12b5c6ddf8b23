"""Whether a case applies to a gateway, as far as its profile says so."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core import reasons
from conformance.core.model import Case
from conformance.target.profile import Profile

TWO_SIDED = "two_sided"
"""The mark of cases in which the suite is the gateway's upstream as well."""


def endpoints(case: Case) -> Sequence[str]:
    """The endpoints that a case sends requests to."""
    return list(dict.fromkeys((case.endpoint, *(str(step.request.get("to", case.endpoint)) for step in case.steps))))


def denied(case: Case, profile: Profile) -> str:
    """Why a case does not apply to a gateway with this profile; "" if the profile does not exclude it."""
    unmet = [need for need in case.needs if profile.claims(need) is False]
    if refused := [need for need in unmet if need in profile.capabilities]:
        return f"{reasons.DENIED}{', '.join(refused)}"
    if unmet:
        return f"{reasons.NOT_CLAIMED}{', '.join(unmet)}"
    if lane := _unclaimed_lane(case, profile):
        return lane
    absent = [endpoint for endpoint in endpoints(case) if profile.offers(endpoint) is False]
    return f"{reasons.NOT_OFFERED}{absent[0]}" if absent else ""


def _unclaimed_lane(case: Case, profile: Profile) -> str:
    """Why a two-sided case does not apply: the profile names no model whose requests arrive in the family."""
    for step in case.steps:
        endpoint = str(step.request.get("to", case.endpoint))
        up = step.upstream
        if up and profile.lane(endpoint, up["family"]) is None:
            return f"{reasons.NO_LANE}{endpoint} to {up['family']}"
        if up and up.get("gives_up") and profile.lane(endpoint, up["family"], gives_up=True) is None:
            return f"{reasons.NO_TIMEOUT}{endpoint} to {up['family']}"
    return ""
