"""What a profile claims, as a run keeps it for judging again."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.target.profile import Profile


def claims_document(profile: Profile) -> JSON:
    """What a profile claims, as a run keeps it for those who judge again: no address, no header, no key."""
    return {
        "endpoints": None if profile.endpoints is None else list(profile.endpoints),
        "capabilities": dict(profile.capabilities),
        "conversions": sorted(list(pair) for pair in profile.conversions),
        "serves": {model: list(endpoints) for model, endpoints in profile.serves.items()},
        "limits": dict(profile.limits),
    }


def claimed_profile(document: JSON) -> Profile:
    """The claims that a run keeps, as a profile."""
    kept = document["gateway"].get("claims", {})
    endpoints = kept.get("endpoints")
    return Profile(
        endpoints=None if endpoints is None else tuple(endpoints),
        capabilities=kept.get("capabilities", {}),
        conversions=frozenset((source, target) for source, target in kept.get("conversions", ())),
        serves=kept.get("serves", {}),
        limits=kept.get("limits", {}),
    )
