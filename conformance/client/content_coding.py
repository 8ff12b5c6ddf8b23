"""Decodes content codings (gzip, deflate) with a size limit: a few bytes may decompress to many gigabytes.

Sources: RFC 9110, section 8.4 (codings), RFC 1950 to 1952 (zlib, deflate, gzip).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

MAX_CODINGS = 3
"""Codings applied one after the other. Ordinary answers use one at most."""

MAX_MEMBERS = 100_000
"""Members of a gzip body. Each takes time, even an empty one."""

_PIECE = 16 * 1024
"""Bytes decoded at once. zlib copies the rest of its input at the end of each member, so the input is kept small."""

_GZIP_ID = b"\x1f"
"""The first byte of a gzip member. Other bytes after the last member are ignored, as other clients do."""

_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS
"""Values of zlib's `wbits`, which select the format."""


class DecodingError(Exception):
    """The body does not have the format that its content-encoding names."""


class Decoder:
    """Decodes a body piece by piece. With an unknown coding the body is passed through unchanged."""

    def __init__(self, header: str, max_bytes: int) -> None:
        """`header` is the value of content-encoding, `max_bytes` the limit of the decoded size.

        Raises DecodingError if the header names too many codings.
        """
        names = [name.strip().lower() for name in header.split(",") if name.strip().lower() not in ("", "identity")]
        if len(names) > MAX_CODINGS:
            raise DecodingError(f"more than {MAX_CODINGS} content codings")
        self.is_known = all(name in _CODINGS for name in names)
        self._max_bytes = max_bytes
        self._stages = [_Stage(_CODINGS[name]) for name in reversed(names)] if self.is_known else []

    def feed(self, data: bytes) -> bytes:
        """Return the decoded bytes, at most one more than the limit. Raises DecodingError."""
        for stage in self._stages:
            data = stage.feed(data, self._max_bytes + 1)
        return data

    def finish(self) -> None:
        """Raises DecodingError if the body is incomplete."""
        if any(stage.started and not stage.ended for stage in self._stages):
            raise DecodingError("the body ends in the middle of its content coding")


def is_readable(body: bytes) -> bool:
    """Whether a body with an unknown coding is text nevertheless."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in body


class _Stage:
    """The decoder of one coding, given as the `wbits` values to try in this order.

    `deflate` means zlib's format, but some servers send raw deflate under that name. A gzip body may have several
    members, one after the other (RFC 1952, section 2.2).
    """

    def __init__(self, formats: Sequence[int]) -> None:
        self._formats = list(formats)
        self._has_members = formats == (_GZIP,)
        self._members = 1
        self._inflate = zlib.decompressobj(self._formats.pop(0))
        self.started = False

    @property
    def ended(self) -> bool:
        return self._inflate.eof

    def feed(self, data: bytes, max_bytes: int) -> bytes:
        decoded = bytearray()
        for start in range(0, len(data), _PIECE):
            rest = data[start : start + _PIECE]
            while rest and len(decoded) < max_bytes and self._expects_more(rest):
                decoded += self._decode(rest, max_bytes - len(decoded))
                rest = self._inflate.unused_data
        return bytes(decoded)

    def _expects_more(self, rest: bytes) -> bool:
        """Whether `rest` continues the current member or starts a new one. Prepares the decoder for a new member."""
        if not self.ended:
            return True
        self._has_members = self._has_members and rest.startswith(_GZIP_ID)
        if self._has_members:
            self._members += 1
            if self._members > MAX_MEMBERS:
                raise DecodingError(f"more than {MAX_MEMBERS} gzip members")
            self._inflate = zlib.decompressobj(_GZIP)
        return self._has_members

    def _decode(self, data: bytes, max_bytes: int) -> bytes:
        try:
            decoded = self._inflate.decompress(data, max_bytes)
        except zlib.error as error:
            if self.started or not self._formats:
                raise DecodingError(str(error)) from error
            self._inflate = zlib.decompressobj(self._formats.pop(0))
            return self._decode(data, max_bytes)
        self.started = True
        return decoded


_CODINGS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}
