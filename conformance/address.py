"""The base URL: what people paste, held against what SDKs expect, before anything is sent."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from conformance.yamls import InputError

ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/messages/count_tokens", "/messages", "/models")


def checked(url: str) -> str:
    """A base URL without trailing slashes. Raises InputError with the corrected URL where it cannot be one."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{url}: a gateway's URL starts with http:// or https://; {_with_scheme(url)}")
    if parts.username or parts.password:
        raise InputError(f"{parts.hostname}: the URL carries credentials; leave them out and set GATEWAY_API_KEY")
    path = parts.path.rstrip("/")
    endpoint = next((end for end in ENDPOINTS if path.endswith(end)), "")
    corrected = urlunsplit((parts.scheme, parts.netloc, path.removesuffix(endpoint), "", ""))
    if endpoint:
        raise InputError(f"{url}: the base URL ends in the path of an endpoint; leave it out: {corrected}")
    if parts.query or parts.fragment:
        raise InputError(f"{url}: a base URL has no query and no fragment; leave them out: {corrected}")
    try:
        parts.port  # noqa: B018 - reading it is the check
    except ValueError as error:
        raise InputError(f"{url}: the port is no number between 0 and 65535; correct it") from error
    return corrected


def root(base: str) -> str:
    """The base URL without its /v1: what paths in cases are relative to."""
    return base.removesuffix("/v1")


def _with_scheme(url: str) -> str:
    bare = url.strip().split("://")[-1].lstrip("/")
    scheme = "http" if bare.startswith(("localhost", "127.", "[::1]")) else "https"
    return f"did you mean {scheme}://{bare}?" if bare else "give one such as https://host/v1"
