"""Stores a profile's claims in run.json, from which `verify` reads them to judge the run again."""

from __future__ import annotations

from typing import TypedDict

from conformance.target.profile import Profile


class Claims(TypedDict, total=False):
    """The claims of a profile; `endpoints` is None where the profile does not list them."""

    endpoints: list[str] | None
    capabilities: dict[str, bool]
    conversions: list[list[str]]
    serves: dict[str, list[str]]
    limits: dict[str, int]
    aliases: dict[str, list[str]]
    upstreams: dict[str, dict[str, str]]
    timeouts: dict[str, float]


def claims_document(profile: Profile) -> Claims:
    """Return the claims of a profile as JSON, without address, headers and key."""
    claims: Claims = {
        "endpoints": None if profile.endpoints is None else list(profile.endpoints),
        "capabilities": dict(profile.capabilities),
        "conversions": sorted(list(pair) for pair in profile.conversions),
        "serves": {model: list(endpoints) for model, endpoints in profile.serves.items()},
        "limits": dict(profile.limits),
    }
    if profile.aliases:
        claims["aliases"] = {model: list(names) for model, names in profile.aliases.items()}
    if profile.upstreams:
        claims["upstreams"] = {model: dict(families) for model, families in profile.upstreams.items()}
    if profile.timeouts:
        claims["timeouts"] = dict(profile.timeouts)
    return claims


def claimed_profile(claims: Claims) -> Profile:
    """Return a profile with these claims; older files without claims give an empty profile."""
    endpoints = claims.get("endpoints")
    return Profile(
        endpoints=None if endpoints is None else tuple(endpoints),
        capabilities=claims.get("capabilities", {}),
        conversions=frozenset((source, target) for source, target in claims.get("conversions", ())),
        serves=claims.get("serves", {}),
        limits=claims.get("limits", {}),
        aliases=claims.get("aliases", {}),
        upstreams=claims.get("upstreams", {}),
        timeouts=claims.get("timeouts", {}),
    )
