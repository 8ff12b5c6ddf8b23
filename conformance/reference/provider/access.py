"""Checks the API key and the API version that Anthropic's endpoints require.

https://platform.openai.com/docs/api-reference/authentication, https://docs.anthropic.com/en/api/versioning
"""

from __future__ import annotations

import hmac

from starlette.requests import Request

from .errors import Refused
from .messages.rules import VERSIONS, Dialect
from .vendors import Vendor

_SHOWN_FROM = 12


def authorise(request: Request, vendor: Vendor, key: str) -> None:
    """Raises `Refused` with 401 unless the key is a bearer token, or in `x-api-key` at Anthropic's endpoints."""
    given = _given(request, vendor)
    if any(hmac.compare_digest(each.encode(), key.encode()) for each in given):
        return
    if vendor.accepts_api_key_header:
        raise Refused("invalid API key" if given else "an API key is needed, as x-api-key or bearer token", status=401)
    if not given:
        raise Refused("No API key was given: send it in the header Authorization, as 'Bearer KEY'.", status=401)
    message = f"The API key {_masked(given[0])} is incorrect."
    raise Refused(message, code="invalid_api_key", status=401)


def dialect(request: Request) -> Dialect:
    """The API version and whether betas are on; raises `Refused` for a missing or unknown version."""
    versions = request.headers.getlist("anthropic-version")
    if not versions:
        raise Refused("anthropic-version: this header is required")
    version = ", ".join(versions)
    if version not in VERSIONS:
        raise Refused(f"anthropic-version: '{version}' is not a valid version")
    return Dialect(version, beta=bool(request.headers.get("anthropic-beta")))


def _given(request: Request, vendor: Vendor) -> list[str]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    keys = [token.strip()] if scheme.lower() == "bearer" else []
    keys += [request.headers.get("x-api-key", "")] if vendor.accepts_api_key_header else []
    return [each for each in keys if each]


def _masked(key: str) -> str:
    """The key with only its end readable; a short key is masked completely."""
    return "*" * 8 + (key[-4:] if len(key) >= _SHOWN_FROM else "")
