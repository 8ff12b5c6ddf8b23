"""The base URL: what people paste, held against what SDKs expect, before anything is sent."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from conformance.core.redaction import redact
from conformance.core.yaml_input import InputError

ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/messages/count_tokens", "/messages", "/models")


def checked_url(url: str) -> str:
    """A base URL without trailing slashes. Raises InputError with the corrected URL where it cannot be one."""
    shown = _without_secrets(url)
    parts = _split(url, shown)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{shown}: a gateway's URL starts with http:// or https://; {_with_scheme(shown)}")
    path = parts.path.rstrip("/")
    endpoint = next((end for end in ENDPOINTS if path.endswith(end)), "")
    netloc = parts.netloc.rpartition("@")[2]
    corrected = urlunsplit((parts.scheme, netloc, path.removesuffix(endpoint).rstrip("/"), "", ""))
    if "@" in parts.netloc:
        raise InputError(f"{shown}: the URL carries credentials; set GATEWAY_API_KEY, and give {corrected}")
    if endpoint:
        raise InputError(f"{shown}: the base URL ends in the path of an endpoint; leave it out: {corrected}")
    if parts.query or parts.fragment:
        raise InputError(f"{shown}: a base URL has no query and no fragment; leave them out: {corrected}")
    return corrected


def _split(url: str, shown: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - reading it is the check
    except ValueError as error:
        hint = "the host's brackets or the port are wrong"
        raise InputError(f"{shown}: this is no URL, {hint}; give one such as https://host:8080/v1") from error
    return parts


def root(base: str) -> str:
    """The base URL without its /v1: what paths in cases are relative to."""
    return base.removesuffix("/v1")


def _without_secrets(url: str) -> str:
    """The URL as it may be shown: what stands before an @ is a credential, and so may be part of the query."""
    return redact(re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://|//)?[^?#]*@", r"\1", url.strip()))


def _with_scheme(url: str) -> str:
    bare = re.sub(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?/+", "", url)
    scheme = "http" if bare.startswith(("localhost", "127.", "[::1]")) else "https"
    return f"did you mean {scheme}://{bare}?" if bare else "give one such as https://host/v1"
