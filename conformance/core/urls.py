"""Checks the base URL before anything is sent, and suggests a corrected one."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from conformance.core.redaction import redact
from conformance.core.yaml_input import InputError

ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/messages/count_tokens", "/messages", "/models")


def checked_url(url: str) -> str:
    """Return the base URL without trailing slashes. Raises InputError, with a corrected URL, if it is not usable."""
    shown = without_user_info(url)
    parts = _split(url, shown)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{shown}: the gateway's URL must start with http:// or https://; {_with_scheme(shown)}")
    path = parts.path.rstrip("/")
    endpoint = next((end for end in ENDPOINTS if path.endswith(end)), "")
    netloc = parts.netloc.rpartition("@")[2]
    corrected = urlunsplit((parts.scheme, netloc, path.removesuffix(endpoint).rstrip("/"), "", ""))
    if "@" in parts.netloc:
        raise InputError(f"{shown}: the URL contains credentials; set GATEWAY_API_KEY and use {corrected}")
    if endpoint:
        raise InputError(f"{shown}: the base URL must not end in the path of an endpoint; use {corrected}")
    if parts.query or parts.fragment:
        raise InputError(f"{shown}: a base URL must not have a query or a fragment; use {corrected}")
    return corrected


def _split(url: str, shown: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - reading the property validates the port
    except ValueError as error:
        hint = "the brackets around the host or the port are wrong"
        raise InputError(f"{shown}: not a valid URL, {hint}; use one such as https://host:8080/v1") from error
    return parts


def root(base: str) -> str:
    """Return the base URL without /v1; paths in case files are relative to it."""
    return base.removesuffix("/v1")


def without_user_info(url: str) -> str:
    """Return the URL for messages: without user info (before an @), and with credentials in the query shortened."""
    return redact(re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://|//)?[^?#]*@", r"\1", url.strip()))


def _with_scheme(url: str) -> str:
    bare = re.sub(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?/+", "", url)
    scheme = "http" if bare.startswith(("localhost", "127.", "[::1]")) else "https"
    return f"did you mean {scheme}://{bare}?" if bare else "use one such as https://host/v1"
