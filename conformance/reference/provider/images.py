"""Reads the format and size of an image from its first bytes.

Formats: PNG (https://www.w3.org/TR/png/), GIF89a, JPEG (ITU T.81) and WebP
(https://developers.google.com/speed/webp/docs/riff_container).
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib

from .prompt import Image

MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=-]+)*;base64,(.*)", re.DOTALL)
_PIXELS = re.compile(b"IDAT")
_COLOURS = {"ff0000": "Red", "00ff00": "Green", "0000ff": "Blue", "ffffff": "White", "000000": "Black"}
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def parse_data_url(url: str) -> tuple[str, bytes]:
    """The media type and bytes of a base64 `data:` URL. Raises ValueError if it is not one."""
    found = _DATA_URL.fullmatch(url)
    if not found:
        raise ValueError("not a base64 data URL")
    return found[1].lower(), decode(found[2])


def decode(text: str) -> bytes:
    """Decodes strict base64. Raises ValueError if it is invalid or empty."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
    if not data:
        raise ValueError("empty")
    return data


def look(data: bytes) -> Image:
    """The format and size of an image. Raises ValueError if the format is not supported."""
    for media_type, measure in _MEASURES.items():
        try:
            size = measure(data)
        except (struct.error, IndexError) as error:
            raise ValueError("the picture is cut short") from error
        if size:
            return Image(media_type, *size, _colour(data) if media_type == "image/png" else "")
    raise ValueError("not a supported picture")


def _colour(data: bytes) -> str:
    """The colour of the first pixel of a PNG with 8 bits of red, green and blue for each pixel, if it has a name."""
    found = _PIXELS.search(data)
    if data[24:26] != b"\x08\x02" or not found:
        return ""
    try:
        first = zlib.decompressobj().decompress(data[found.end() :], 4)
    except zlib.error:
        return ""
    return _COLOURS.get(first[1:].hex(), "")


def _png(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from(">II", data, 16) if data.startswith(b"\x89PNG\r\n\x1a\n") else None


def _gif(data: bytes) -> tuple[int, int] | None:
    return struct.unpack_from("<HH", data, 6) if data[:6] in (b"GIF87a", b"GIF89a") else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"\xff\xd8"):
        return None
    at = 2
    while data[at + 1] not in _JPEG_FRAMES:
        at += 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    height, width = struct.unpack_from(">HH", data, at + 5)
    return width, height


def _webp(data: bytes) -> tuple[int, int] | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    if data[12:16] == b"VP8L":
        bits = int(struct.unpack_from("<I", data, 21)[0])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


_MEASURES = {"image/png": _png, "image/gif": _gif, "image/jpeg": _jpeg, "image/webp": _webp}
