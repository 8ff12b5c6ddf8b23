"""Content codings, undone within a limit: a few bytes may stand for many gigabytes.

Sources: RFC 9110, section 8.4 (codings), RFC 1950 to 1952 (zlib, deflate, gzip).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

MAX_CODINGS = 3
"""Codings on top of each other; nobody who means well uses more than one."""

MAX_MEMBERS = 100_000
"""Members of a gzip body; each costs time although it may hold nothing."""

_PIECE = 16 * 1024
"""Bytes that are undone at once: what is left behind the end of a member is copied for every member."""

_GZIP_ID = b"\x1f"
"""How a member begins; what else comes behind the last one is passed over, as clients do."""

_GZIP, _ZLIB, _RAW = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


class DecodingError(Exception):
    """The body is not what its content-encoding says."""


class Decoder:
    """Undoes the codings that a header names; one that is not known here leaves the body as it is."""

    def __init__(self, header: str, most: int) -> None:
        names = [name.strip().lower() for name in header.split(",") if name.strip().lower() not in ("", "identity")]
        if len(names) > MAX_CODINGS:
            raise DecodingError(f"more than {MAX_CODINGS} content codings")
        known = all(name in _CODINGS for name in names)
        self._most = most
        self._stages = [_Stage(_CODINGS[name]) for name in reversed(names)] if known else []

    def feed(self, data: bytes) -> bytes:
        """What these bytes add to the body, at most a byte more than the limit. Raises DecodingError."""
        for stage in self._stages:
            data = stage.feed(data, self._most + 1)
        return data

    def finish(self) -> None:
        """Raises DecodingError where a coded body ended too early."""
        if any(stage.started and not stage.ended for stage in self._stages):
            raise DecodingError("the body ends in the middle of its content coding")


class _Stage:
    """One coding. `deflate` means zlib's format, but raw deflate is sent under that name as well.

    A gzip body may have several members, one behind the other (RFC 1952, section 2.2).
    """

    def __init__(self, windows: Sequence[int]) -> None:
        self._windows = list(windows)
        self._has_members = windows == (_GZIP,)
        self._members = 1
        self._inflate = zlib.decompressobj(self._windows.pop(0))
        self.started = False

    @property
    def ended(self) -> bool:
        return self._inflate.eof

    def feed(self, data: bytes, most: int) -> bytes:
        decoded = bytearray()
        for start in range(0, len(data), _PIECE):
            rest = data[start : start + _PIECE]
            while rest and len(decoded) < most and self._goes_on(rest):
                decoded += self._undone(rest, most - len(decoded))
                rest = self._inflate.unused_data
        return bytes(decoded)

    def _goes_on(self, rest: bytes) -> bool:
        """Whether there is more to undo: of the member that was begun, or of one that begins here."""
        if not self.ended:
            return True
        self._has_members = self._has_members and rest.startswith(_GZIP_ID)
        if self._has_members:
            self._members += 1
            if self._members > MAX_MEMBERS:
                raise DecodingError(f"more than {MAX_MEMBERS} members of gzip")
            self._inflate = zlib.decompressobj(_GZIP)
        return self._has_members

    def _undone(self, data: bytes, most: int) -> bytes:
        try:
            decoded = self._inflate.decompress(data, most)
        except zlib.error as error:
            if self.started or not self._windows:
                raise DecodingError(str(error)) from error
            self._inflate = zlib.decompressobj(self._windows.pop(0))
            return self._undone(data, most)
        self.started = True
        return decoded


_CODINGS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}
