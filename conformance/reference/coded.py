"""Decodes compressed bodies of requests (RFC 9110, 8.4), up to a limit of the decoded size."""

from __future__ import annotations

import zlib

import zstandard

CODINGS = ("gzip", "deflate", "zstd")
_FORMATS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class UnknownCodingError(ValueError):
    """The body has another coding than its header says, or one that is not known."""


class TooLargeError(ValueError):
    """The decoded body is larger than the limit."""


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """The body without its coding. Raises UnknownCodingError and TooLargeError."""
    name = coding.strip().lower()
    try:
        if name in _FORMATS:
            inflate = zlib.decompressobj(_FORMATS[name])
            plain, whole = inflate.decompress(body, limit + 1), inflate.eof
        elif name == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                plain, whole = reader.read(limit + 1), True
        else:
            raise UnknownCodingError(name)
    except (zlib.error, zstandard.ZstdError) as error:
        raise UnknownCodingError(name) from error
    if len(plain) > limit:
        raise TooLargeError(name)
    if not whole or (body and not plain):
        raise UnknownCodingError(name)
    return plain
