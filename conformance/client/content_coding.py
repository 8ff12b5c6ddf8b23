"""Decodes content codings (gzip, deflate, br, zstd) with a size limit: a few bytes may decompress to many gigabytes.

Sources: RFC 9110, section 8.4 (codings), RFC 1950 to 1952 (zlib, deflate, gzip), RFC 7932 (Brotli), RFC 8878 and 9659
(Zstandard, and its largest window).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import brotli
import zstandard

MAX_CODINGS = 3
"""Codings applied one after the other. Ordinary answers use one at most."""

MAX_MEMBERS = 100_000
"""Members of a gzip body. Each takes time, even an empty one."""

_PIECE = 16 * 1024
"""Bytes decoded at once. zlib copies the rest of its input at the end of each member, so the input is kept small."""

_ZSTD_PIECE = 64
"""Bytes decoded at once by Zstandard, which has no limit of the output: 4 bytes can be a block of 128 KiB."""

_ZSTD_WINDOW = 8 * 1024 * 1024
"""Bytes: the largest window that a client has to support (RFC 9659)."""

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
        self._stages = [_CODINGS[name]() for name in reversed(names)] if self.is_known else []

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


class _Stage(Protocol):
    """The decoder of one coding. `feed` returns at most `max_bytes`, and raises DecodingError."""

    started: bool

    @property
    def ended(self) -> bool: ...

    def feed(self, data: bytes, max_bytes: int) -> bytes: ...


class _Inflate:
    """The decoder of zlib's formats, given as the `wbits` values to try in this order.

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


class _Brotli:
    """The decoder of Brotli. Bytes after its end are ignored."""

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()
        self.started = False

    @property
    def ended(self) -> bool:
        return bool(self._decompressor.is_finished())

    def feed(self, data: bytes, max_bytes: int) -> bytes:
        self.started = self.started or bool(data)
        decoded = bytearray()
        try:
            while len(decoded) < max_bytes and not self.ended:
                decoded += self._decompressor.process(data, output_buffer_limit=max_bytes - len(decoded))
                data = b""
                if self._decompressor.can_accept_more_data():
                    break
        except brotli.error as error:
            raise DecodingError(str(error) or "the body is not Brotli") from error
        return bytes(decoded[:max_bytes])


class _Zstd:
    """The decoder of Zstandard, whose bodies may have several frames."""

    def __init__(self) -> None:
        self._decompressor = self._frame()
        self.started = False

    @staticmethod
    def _frame() -> zstandard.ZstdDecompressionObj:
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    @property
    def ended(self) -> bool:
        return self._decompressor.eof

    def feed(self, data: bytes, max_bytes: int) -> bytes:
        self.started = self.started or bool(data)
        decoded = bytearray()
        try:
            for start in range(0, len(data), _ZSTD_PIECE):
                rest = data[start : start + _ZSTD_PIECE]
                while rest and len(decoded) < max_bytes:
                    self._decompressor = self._frame() if self.ended else self._decompressor
                    decoded += self._decompressor.decompress(rest)
                    rest = self._decompressor.unused_data
        except zstandard.ZstdError as error:
            raise DecodingError(str(error)) from error
        return bytes(decoded[:max_bytes])


_CODINGS: dict[str, Callable[[], _Stage]] = {
    "gzip": lambda: _Inflate((_GZIP,)),
    "x-gzip": lambda: _Inflate((_GZIP,)),
    "deflate": lambda: _Inflate((_ZLIB, _RAW)),
    "br": _Brotli,
    "zstd": _Zstd,
}
