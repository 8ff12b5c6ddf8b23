"""A key inside data that is compressed, or encoded as base64, base32, base85 or hex, also in several layers.

The suite decodes the content codings that it asks for. Whatever else an answer is coded in is looked through here; what
contains the key is not recorded at all.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator

import zstandard

from conformance.core.leaks.leak import Leak
from conformance.core.leaks.spread import places

MAX_LAYERS = 3
MAX_BYTES = 4 * 1024 * 1024
"""The part of decompressed data that is searched."""
MAX_SLOW = 10_000
"""Characters of a text in base85 that is decoded: Python needs a second for a million."""

MIN_RUN = 16
"""Characters of encoded data that is looked at."""
MIN_DENSE_RUN = 20

_OTHERS = bytes(byte for byte in range(256) if not bytes([byte]).isalnum() and byte not in b"+/_-")
_SPACED = bytes.maketrans(_OTHERS, b" " * len(_OTHERS))
_DENSE_OTHERS = bytes(byte for byte in range(256) if not 0x21 <= byte <= 0x7E or byte == 0x22)
_DENSE_SPACED = bytes.maketrans(_DENSE_OTHERS, b" " * len(_DENSE_OTHERS))
"""Tables that turn the characters into spaces that are in no base64, base32 or hex, or in no base85, or that end the
string of JSON. To split at spaces is much faster than a regular expression."""
_MIXED = re.compile(rb"[^0-9]*+[0-9][^A-Za-z]*+[A-Za-z][^0-9]*+[0-9]")
_DIGITS = re.compile(rb"[0-9]{32}")
"""Encoded data has letters between its digits, or many digits. Most words have neither, and are not decoded.

`_MIXED` is matched from the beginning of a text. It never goes back, so its time grows with the length alone.
"""


def readings(data: bytes) -> Iterator[bytes]:
    """Yield what the data, and the texts in it, are when they are decompressed or decoded, layer by layer."""
    yield from _layers([*_unpacked(data)], MAX_LAYERS)
    yield from _layers([one for text in _runs(data) for one in _fast(text)], MAX_LAYERS)
    yield from _layers([one for text in _dense_runs(data) for one in _slow(text)], MAX_LAYERS)


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield where encoded or compressed data contains the key; compressed data is replaced as a whole."""
    if _contain([*_unpacked(data)], key):
        yield Leak(0, len(data), placeholder)
        return
    for text in _that_decode_to(key, _runs(data), _fast):
        yield from _everywhere(text, data, placeholder)
    for text in _that_decode_to(key, _dense_runs(data), _slow):
        yield from _everywhere(text, data, placeholder)


def _that_decode_to(key: str, texts: list[bytes], decoded: Callable[[bytes], list[bytes]]) -> list[bytes]:
    """Return the texts that contain the key when they are decoded. To search all of them at once is cheaper."""
    if not _contain([one for text in texts for one in decoded(text)], key):
        return []
    return sorted(text for text in texts if _contain(decoded(text), key))


def _runs(data: bytes) -> list[bytes]:
    """Return the texts that may be base64, base32 or hex, without the `=` at their ends."""
    return _coded(data.translate(_SPACED), MIN_RUN)


def _dense_runs(data: bytes) -> list[bytes]:
    """Return the texts that may be base85 or ascii85."""
    return [text for text in _coded(data.translate(_DENSE_SPACED), MIN_DENSE_RUN) if len(text) <= MAX_SLOW]


def _coded(spaced: bytes, least: int) -> list[bytes]:
    return [text for text in set(spaced.split()) if len(text) >= least and _may_be_encoded(text)]


def _may_be_encoded(text: bytes) -> bool:
    return bool(_MIXED.match(text) or _DIGITS.search(text))


def _everywhere(text: bytes, data: bytes, placeholder: bytes) -> Iterator[Leak]:
    for match in re.finditer(re.escape(text) + b"={0,2}", data):
        yield Leak(*match.span(), placeholder)


def _contain(datas: list[bytes], key: str) -> bool:
    """Whether the key is in any of the data, or in what it decodes to."""
    return any(places(text, key) for text in _layers(datas, MAX_LAYERS))


def _layers(datas: list[bytes], most: int) -> Iterator[bytes]:
    """Yield the data, and what it decodes to: each layer as one text."""
    if not datas or not most:
        return
    together = b" ".join(datas)
    yield together
    inner = [unpacked for data in datas for unpacked in _unpacked(data)]
    inner += [one for text in _runs(together) for one in _fast(text)]
    yield from _layers(inner, most - 1)


def _unpacked(data: bytes) -> Iterator[bytes]:
    """Yield what the data is decompressed, for each format that its first bytes name."""
    for start, unpack in _FORMATS.items():
        if data.startswith(start) and (unpacked := _attempt(unpack, data)):
            yield unpacked


def _attempt(decode: Callable[[bytes], bytes], data: bytes) -> bytes:
    try:
        return decode(data)
    except (ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError, binascii.Error):
        return b""


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data, MAX_BYTES)


_FORMATS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": _inflated,
    b"\x78\x01": _inflated,
    b"\x78\x5e": _inflated,
    b"\x78\x9c": _inflated,
    b"\x78\xda": _inflated,
    b"BZh": lambda data: bz2.BZ2Decompressor().decompress(data, MAX_BYTES),
    b"\x28\xb5\x2f\xfd": lambda data: zstandard.ZstdDecompressor().stream_reader(data).read(MAX_BYTES),
    b"\xfd7zXZ": lambda data: lzma.LZMADecompressor().decompress(data, MAX_BYTES),
}
"""First bytes -> a function that decompresses."""


def _base64(text: bytes) -> bytes:
    text = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + b"==")


def _hex(text: bytes) -> bytes:
    return bytes.fromhex(text.decode("ascii"))


def _base32(text: bytes) -> bytes:
    text = text.rstrip(b"=")
    return base64.b32decode(text + b"=" * (-len(text) % 8), casefold=True)


def _fast(text: bytes) -> list[bytes]:
    """Return what a text is in base64, hex and base32, as far as it is; in UTF-7, a plus sign begins its base64."""
    found = [decoded for decode in (_base64, _hex, _base32) if (decoded := _attempt(decode, text))]
    return [*found, _attempt(_base64, text[1:])] if text.startswith(b"+") else found


def _slow(text: bytes) -> list[bytes]:
    """Return what a text, or its variant without brackets, punctuation or escapes, is in base85 and ascii85."""
    variants = {
        text,
        text.removeprefix(b"<~").partition(b"~>")[0],
        text.rstrip(b".,;:!?"),
        text.replace(b"\\\\", b"\\"),
    }
    decoders = (base64.b85decode, base64.a85decode)
    return [decoded for one in variants for decode in decoders if (decoded := _attempt(decode, one))]
