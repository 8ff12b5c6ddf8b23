"""A case's step -> the Request that is sent."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping

from conformance.core.credential import key_headers
from conformance.core.model import JSON, Headers, Request, Step
from conformance.protocol.family import load_family
from conformance.target.target import Target

WRONG_KEY = "sk-wrong-0000000000000000"
"""What stands for a wrong key: of a plausible form, and nobody's."""


def request(step: Step, endpoint: str, target: Target) -> Request:
    """The request of a step whose names are filled in."""
    spec = step.request
    spoken = load_family(endpoint)
    path = str(spec.get("path", "/v1" + spoken.path))
    query = f"?{spec['query']}" if "query" in spec else ""
    body = _body(spec)
    auth = _auth(spec.get("auth", target.profile.key_header))
    others = {form: _other_key(kind) for form, kind in auth.items() if kind != "valid"}
    return Request(
        method=spec.get("method", spoken.method),
        url=target.url(path) + query,
        headers=_headers(spec.get("headers", {}), spoken.headers, target.profile.headers, bool(body))
        + _encoding(spec)
        + key_headers(others),
        body=body,
        auth=tuple(form for form, kind in auth.items() if kind == "valid"),
        follows=spec.get("follows", True),
        leaves_after=spec.get("leaves_after", ""),
    )


def _body(spec: Mapping[str, JSON]) -> bytes:
    plain = _plain_body(spec)
    # Without the time in it the same body is always the same bytes.
    return gzip.compress(plain, mtime=0) if "compress" in spec else plain


def _encoding(spec: Mapping[str, JSON]) -> Headers:
    return (("content-encoding", spec["compress"]),) if "compress" in spec else ()


def _plain_body(spec: Mapping[str, JSON]) -> bytes:
    if "raw_base64" in spec:
        return base64.b64decode(spec["raw_base64"])
    if "raw" in spec:
        pieces = spec["raw"] if isinstance(spec["raw"], list) else [spec["raw"]]
        return "".join(map(str, pieces)).encode()
    if "body" in spec:
        return json.dumps(spec["body"], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b""


def _headers(
    own: Mapping[str, JSON], spoken: Mapping[str, str], profile: Mapping[str, str], with_body: bool
) -> Headers:
    """The family's headers, then the profile's, then the case's, which may take one away with null."""
    merged: dict[str, JSON] = {"accept-encoding": "identity"}
    if with_body:
        merged["content-type"] = "application/json"
    for source in (spoken, profile, own):
        merged |= {name.lower(): value for name, value in source.items()}
    return tuple((name, str(value)) for name, value in merged.items() if value is not None)


def _auth(auth: JSON) -> Mapping[str, JSON]:
    if isinstance(auth, str):
        return {} if auth == "none" else {auth: "valid"}
    forms: Mapping[str, JSON] = auth
    return forms


def _other_key(kind: JSON) -> str:
    """What is sent in the place of the key: the wrong one, or a text of the case's own."""
    return WRONG_KEY if kind == "wrong" else str(kind["text"])
