"""Builds the Request for a step of a case."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping

import zstandard

from conformance.core.case_format import KeyForm, StepRequest
from conformance.core.credential import key_headers
from conformance.core.model import Headers, Request, Step
from conformance.protocol.family import ELSEWHERE, load_family
from conformance.protocol.reading import SWITCHED
from conformance.target.target import Target

WRONG_KEY = "sk-wrong-0000000000000000"
"""The key for requests that need a wrong one: plausible, but not valid anywhere."""


def request(step: Step, endpoint: str, target: Target) -> Request:
    """Return the request of a resolved step (one without $names) for an endpoint of the target."""
    spec = step.request
    family = load_family(endpoint)
    path = str(spec.get("path", "/v1" + family.path))
    query = f"?{spec['query']}" if "query" in spec else ""
    sent = body(step)
    auth = _auth(spec.get("auth", target.profile.key_header))
    others = {form: _other_key(kind) for form, kind in auth.items() if kind != "valid"}
    return Request(
        method=spec.get("method", family.method),
        url=target.url(path) + query,
        headers=_headers(spec.get("headers", {}), family.headers, target.profile.headers, bool(sent))
        + _content_encoding(spec)
        + key_headers(others),
        body=sent,
        auth=tuple(form for form, kind in auth.items() if kind == "valid"),
        follows=spec.get("follows", True),
        leaves_after=spec.get("leaves_after", ""),
        reads_slowly=spec.get("reads_slowly", 0.0),
    )


def judged_as(step: Step, endpoint: str, status: int | None) -> str:
    """Return the family of the exchange of a step.

    An error from a path or method that is not the endpoint's is judged as of an unknown path, and so is the answer of
    a gateway that does not switch to a WebSocket.
    """
    is_error = status is not None and (status >= _FIRST_ERROR or (step.upgrades and status != SWITCHED))
    return ELSEWHERE if is_error and not _is_endpoint_call(step, endpoint) else endpoint


_FIRST_ERROR = 400


def _is_endpoint_call(step: Step, endpoint: str) -> bool:
    """Whether a step uses the endpoint's own method and path; `{id}` in the path may be anything."""
    api = load_family(endpoint)
    own = "/v1" + api.path.partition("{")[0]
    path = step.request.get("path", own)
    is_own_path = path == own or (own.endswith("/") and path.startswith(own))
    return bool(is_own_path and step.request.get("method", api.method) == api.method)


def body(step: Step) -> bytes:
    """Return the body of a resolved step."""
    return _body(step.request)


def _body(spec: StepRequest) -> bytes:
    plain = _plain_body(spec)
    if spec.get("compress") == "zstd":
        return zstandard.ZstdCompressor().compress(plain)
    # mtime=0: without a timestamp, the same body always has the same bytes.
    return gzip.compress(plain, mtime=0) if "compress" in spec else plain


def _content_encoding(spec: StepRequest) -> Headers:
    return (("content-encoding", spec["compress"]),) if "compress" in spec else ()


def _plain_body(spec: StepRequest) -> bytes:
    if "raw_base64" in spec:
        return base64.b64decode(spec["raw_base64"])
    if "raw" in spec:
        pieces = spec["raw"] if isinstance(spec["raw"], list) else [spec["raw"]]
        return "".join(map(str, pieces)).encode()
    if "body" in spec:
        return json.dumps(spec["body"], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return b""


def _headers(
    case: Mapping[str, str | None], family: Mapping[str, str], profile: Mapping[str, str], has_body: bool
) -> Headers:
    """Merge headers: the case overrides the profile, and the profile the family. A null in the case removes one."""
    merged: dict[str, str | None] = {"accept-encoding": "identity"}
    if has_body:
        merged["content-type"] = "application/json"
    for source in (family, profile, case):
        merged.update({name.lower(): value for name, value in source.items()})
    return tuple((name, str(value)) for name, value in merged.items() if value is not None)


def _auth(auth: str | Mapping[str, KeyForm]) -> Mapping[str, KeyForm]:
    """Return the key headers by form; the value is "valid", "wrong" or {"text": ...}."""
    if isinstance(auth, str):
        return {} if auth == "none" else {auth: "valid"}
    return auth


def _other_key(kind: KeyForm) -> str:
    """Return what is sent instead of the valid key: the wrong key, or the text that the case gives."""
    return WRONG_KEY if isinstance(kind, str) else kind["text"]
