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

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}+={0,2}")
_CODED = re.compile(rb"[0-9].*[A-Za-z].*[0-9]|[0-9]{32}")
"""Encoded data has digits between its letters. Most words of a stream have none, and are not decoded."""
_DENSE_RUN = re.compile(rb"[!#-~]{20,}+")
"""A text in base85 or ascii85, up to the quotation mark that ends a JSON string."""


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield where encoded or compressed data contains the key; compressed data is replaced as a whole."""
    for unpacked in _unpacked(data):
        if _contains(unpacked, key, MAX_LAYERS - 1):
            yield Leak(0, len(data), placeholder)
            return
    for text in sorted({*filter(_CODED.search, _RUN.findall(data))}):
        if _decodes_to(text, key, _FAST) or (text[:1] == b"+" and _decodes_to(text[1:], key, _FAST)):  # + as in UTF-7
            yield from _everywhere(text, data, placeholder)
    for text in sorted({*filter(_CODED.search, _DENSE_RUN.findall(data))}):
        if len(text) <= MAX_SLOW and any(_decodes_to(one, key, _SLOW) for one in _variants(text)):
            yield from _everywhere(text, data, placeholder)


def _variants(text: bytes) -> Iterator[bytes]:
    """Yield a text as it is, without Adobe's brackets, the punctuation behind it, and JSON's escapes."""
    bare = text.removeprefix(b"<~").partition(b"~>")[0]
    yield from {text, bare, text.rstrip(b".,;:!?"), text.replace(b"\\\\", b"\\")}


def _everywhere(text: bytes, data: bytes, placeholder: bytes) -> Iterator[Leak]:
    for match in re.finditer(re.escape(text), data):
        yield Leak(*match.span(), placeholder)


def _decodes_to(text: bytes, key: str, decoders: tuple[Callable[[bytes], bytes], ...]) -> bool:
    return any(_contains(decoded, key, MAX_LAYERS - 1) for decode in decoders if (decoded := _attempt(decode, text)))


def _contains(data: bytes, key: str, layers: int) -> bool:
    """Whether the key is in the data, or in what it decodes to."""
    if places(data, key):
        return True
    if not layers:
        return False
    texts = {*filter(_CODED.search, _RUN.findall(data))}
    inner = (*_unpacked(data), *(_attempt(decode, text) for text in texts for decode in _FAST))
    return any(_contains(one, key, layers - 1) for one in inner)


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


_FAST = (_base64, _hex, _base32)
_SLOW = (base64.b85decode, base64.a85decode)
