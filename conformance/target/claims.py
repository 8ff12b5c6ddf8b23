"""Stores a profile's claims in run.json, from which `verify` reads them to judge the run again."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.target.profile import Profile


def claims_document(profile: Profile) -> JSON:
    """Return the claims of a profile as JSON, without address, headers and key."""
    return {
        "endpoints": None if profile.endpoints is None else list(profile.endpoints),
        "capabilities": dict(profile.capabilities),
        "conversions": sorted(list(pair) for pair in profile.conversions),
        "serves": {model: list(endpoints) for model, endpoints in profile.serves.items()},
        "limits": dict(profile.limits),
    }


def claimed_profile(document: JSON) -> Profile:
    """Return a profile with the claims in a run.json; older files without claims give an empty profile."""
    claims = document["gateway"].get("claims", {})
    endpoints = claims.get("endpoints")
    return Profile(
        endpoints=None if endpoints is None else tuple(endpoints),
        capabilities=claims.get("capabilities", {}),
        conversions=frozenset((source, target) for source, target in claims.get("conversions", ())),
        serves=claims.get("serves", {}),
        limits=claims.get("limits", {}),
    )
