"""Reads what a user pastes: a request as JSON, a curl command, a HAR file or entry, or the text of an error."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterator, Mapping

from conformance.core import bounded_json
from conformance.core.bounded_json import TooDeepError
from conformance.core.model import JSON, Headers
from conformance.core.yaml_input import InputError
from conformance.doctor import curl_command, sdk_errors
from conformance.doctor.ticket import Credential, Said, Ticket, credential
from conformance.protocol import body_family

NOTHING = Ticket("nothing")
MAX_BYTES = 32 * 1024 * 1024
"""No request of these APIs is longer."""


def read(text: str) -> Ticket:
    """The ticket in a text. Raises InputError if it is none of the known forms."""
    bare = text.strip().lstrip("\ufeff")
    if not bare:
        raise InputError("the request: it is empty; give JSON, a curl command, a HAR entry or the text of an error")
    if len(bare) > MAX_BYTES:
        raise InputError(f"the request: it has more than {MAX_BYTES} bytes; give the failing entry alone")
    if bare[0] in "{[":
        return _document(bare)
    if curl_command.is_curl(bare):
        return curl_command.read(bare)
    said = sdk_errors.read(bare)
    if said.kind:
        return Ticket("error", said=said)
    raise InputError(
        "the request: it is not JSON, not a curl command, not a HAR entry, and not an error that is known; "
        "paste one of these"
    )


def _document(text: str) -> Ticket:
    try:
        value = bounded_json.loads(text)
    except TooDeepError as error:
        raise InputError(f"the request: it is {error}") from None
    except ValueError as error:
        return _broken(text, error)
    if not isinstance(value, dict):
        return Ticket("json", body=text.encode("utf-8", "surrogatepass"))
    if _entries(value) is not None:
        return _har(value)
    if isinstance(value.get("request"), dict) and "url" in value["request"]:
        return _entry(value)
    if isinstance(value.get("url"), str) and ("method" in value or "headers" in value or "body" in value):
        return _wrapped(value)
    if isinstance(value.get("error"), dict | str) and not body_family.families(value):
        return Ticket("error", said=sdk_errors.read(text))
    return Ticket("json", body=text.encode("utf-8", "surrogatepass"))


def _broken(text: str, error: ValueError) -> Ticket:
    """A body that is not JSON: the error that the client gets is about that, unless the text is an error itself."""
    said = sdk_errors.read(text)
    if said.kind == "status" and "model" not in text[:200]:
        return Ticket("error", said=said)
    body = text.encode("utf-8", "surrogatepass")
    note = f"the body is not JSON: {error}"
    return Ticket("json", body=body, notes=(note,), repaired=repaired(text))


def repaired(text: str) -> bytes | None:
    """The JSON that a broken text means: a Python dict, typographic quotes, commas at the end, comments; else None."""
    straight = text.translate({0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'", 0xA0: " "})
    plain = re.sub(r",(\s*[}\]])", r"\1", re.sub(r"(?m)(?<!:)//[^\n\"]*$", "", straight))
    for candidate in (straight, plain, f"{plain.rstrip()}}}", f"{plain.rstrip()}]}}"):
        try:
            return json.dumps(bounded_json.loads(candidate), ensure_ascii=False).encode()
        except ValueError:
            continue
    for candidate in (straight, plain):
        try:
            value = ast.literal_eval(candidate)
            return json.dumps(value, ensure_ascii=False).encode() if isinstance(value, dict) else None
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return None


def _entries(value: Mapping[str, JSON]) -> list[JSON] | None:
    log = value.get("log")
    entries = log.get("entries") if isinstance(log, dict) else None
    return entries if isinstance(entries, list) else None


def _har(value: Mapping[str, JSON]) -> Ticket:
    """The entry of a HAR file: the last one that failed, else the last one with a body."""
    found = [one for one in map(_readable, _entries(value) or []) if one is not None and one.method == "POST"]
    if not found:
        raise InputError("the HAR file: no entry with a POST request can be read; give the failing entry")
    failed = [one for one in found if one.said]
    return (failed or found)[-1]


def _readable(entry: JSON) -> Ticket | None:
    try:
        return _entry(entry)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _entry(entry: Mapping[str, JSON]) -> Ticket:
    request = entry["request"]
    posted = request.get("postData") or {}
    content = posted.get("text") if isinstance(posted, dict) else None
    body = None
    if isinstance(content, str):
        is_coded = posted.get("encoding") == "base64"
        body = base64.b64decode(content) if is_coded else content.encode("utf-8", "surrogatepass")
    pairs = tuple((str(one["name"]), str(one["value"])) for one in request.get("headers", ()))
    return _ticket("har", str(request.get("method", "POST")), str(request["url"]), pairs, body, _answered(entry))


def _answered(entry: Mapping[str, JSON]) -> Said | None:
    """The error in a recorded answer."""
    response = entry.get("response")
    if not isinstance(response, dict):
        return None
    status, content = response.get("status"), response.get("content")
    text = str(content.get("text") or "") if isinstance(content, dict) else ""
    if isinstance(status, int) and status >= 300:
        return sdk_errors.read(f"status: {status}\n{text}")
    return sdk_errors.read(str(response.get("_error"))) if response.get("_error") else None


def _wrapped(value: Mapping[str, JSON]) -> Ticket:
    """A request as `{method, url, headers, body}`."""
    body = value.get("body", value.get("json"))
    data = None if body is None else body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    headers = value.get("headers")
    pairs = tuple((str(name), str(text)) for name, text in headers.items()) if isinstance(headers, dict) else ()
    method = str(value.get("method") or ("GET" if data is None else "POST"))
    encoded = None if data is None else data.encode("utf-8", "surrogatepass")
    return _ticket("json", method, value["url"], pairs, encoded, None)


_OWN = ("host", "content-length", "connection", "cookie", "accept-encoding", "transfer-encoding", "origin", "referer")
"""Headers that the client makes itself, or that belong to a browser."""


def _ticket(source: str, method: str, url: str, pairs: Headers, body: bytes | None, said: Said | None) -> Ticket:
    kept = [pair for pair in pairs if not pair[0].startswith(":") and pair[0].lower() not in _OWN]
    kept = [pair for pair in kept if not pair[0].lower().startswith("sec-")]
    keys = tuple(_credentials(kept))
    others = tuple(pair for pair in kept if credential(*pair) is None)
    if body is not None and not any(name.lower() == "content-type" for name, _ in others):
        others = (*others, ("content-type", "application/json"))
    return Ticket(source, method.upper(), url, others, body, keys, said)


def _credentials(pairs: list[tuple[str, str]]) -> Iterator[Credential]:
    return (one for pair in pairs if (one := credential(*pair)) is not None)
