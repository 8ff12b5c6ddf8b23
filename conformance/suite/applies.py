"""Whether a case applies to a gateway, as far as its profile says so."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core import reasons
from conformance.core.model import Case
from conformance.target.profile import Profile


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
    absent = [endpoint for endpoint in endpoints(case) if profile.offers(endpoint) is False]
    return f"{reasons.NOT_OFFERED}{absent[0]}" if absent else ""
