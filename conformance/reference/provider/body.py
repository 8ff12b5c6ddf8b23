"""Reads a request's body as a JSON object, as strictly as the official APIs read it.

A body may be compressed. Duplicate keys: the last one counts (RFC 8259 leaves it open). Lone surrogates, NaN and bytes
that are not UTF-8 are refused (RFC 8259, 8.1 and 8.2).
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.requests import Request

from conformance.core import bounded_json

from .. import coded
from .errors import Refused
from .prompt import JSON

MAX_BYTES = 32 * 1024 * 1024
_DRAINED = 4 * MAX_BYTES


async def read(request: Request) -> dict[str, Any]:
    """The body as an object. Raises `Refused` with 400, or with 413 above 32 MB, also after decoding."""
    data = _plain(await _bytes(request), request.headers.get("content-encoding", "identity"))
    _check_media_type(request.headers.get("content-type", ""))
    body = _parsed(data)
    if not isinstance(body, dict):
        raise Refused("The body of the request has to be a JSON object.")
    return body


async def _bytes(request: Request) -> bytes:
    """The whole body. A body that is too large is still read, so that a client that is sending gets the error."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BYTES:
            parts.append(part)
        if size > _DRAINED:
            break
    if size > MAX_BYTES:
        raise Refused(
            f"The body of the request is larger than {MAX_BYTES} bytes.", code="request_too_large", status=413
        )
    return b"".join(parts)


def _plain(data: bytes, coding: str) -> bytes:
    """The body without its content coding."""
    if coding.strip().lower() == "identity":
        return data
    try:
        return coded.decoded(data, coding, MAX_BYTES)
    except coded.TooLargeError:
        message = f"The body of the request is larger than {MAX_BYTES} bytes after decoding."
        raise Refused(message, code="request_too_large", status=413) from None
    except coded.UnknownCodingError:
        message = f"The body is not in the content coding '{coding}', or it is not supported: send {_CODINGS} or none."
        raise Refused(message, code="request_body_encoding_unsupported") from None


_CODINGS = ", ".join(coded.CODINGS)


def _check_media_type(header: str) -> None:
    media_type, _, parameters = header.partition(";")
    if media_type.strip().lower() != "application/json":
        shown = media_type.strip() or "none"
        raise Refused(f"The content type has to be application/json; it is {shown}.", code="unsupported_content_type")
    charset = parameters.lower().partition("charset=")[2].strip('" ')
    if charset not in ("", "utf-8", "utf8"):
        raise Refused("The charset of the body has to be utf-8.", code="unsupported_content_type")


def _parsed(data: bytes) -> JSON:
    try:
        body = bounded_json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("The body of the request is not valid JSON: it has half a surrogate pair.") from None
    except UnicodeDecodeError:
        raise Refused("The body of the request is not valid JSON: it is not UTF-8.") from None
    except json.JSONDecodeError as error:
        at = f"line {error.lineno} column {error.colno}"
        raise Refused(f"The body of the request is not valid JSON: {error.msg} at {at}.") from None
    except ValueError:
        raise Refused("The body of the request is not valid JSON: a value in it is out of bounds.") from None
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
