"""How the scripted model sees pictures, in every family."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import httpx
import pytest

from conformance.reference.provider.images import look
from tests.support.provider_client import (
    CHAT,
    RESPONSES,
    body,
    error,
    families,
    post,
    said,
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" * (width + 1) for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


PICTURES = {
    "image/png": png(2, 3),
    "image/gif": b"GIF89a" + struct.pack("<HH", 2, 3) + b"\0\0\0;",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 3, 2) + b"\x01\x01\x11\x00",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"\0" * 10 + struct.pack("<HH", 2, 3),
}
PICTURES_LOSSLESS = b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f" + struct.pack("<I", 1 | 2 << 14)


@pytest.mark.parametrize("media_type", PICTURES)
def test_measures_pictures(media_type: str) -> None:
    seen = look(PICTURES[media_type])
    assert (seen.media_type, seen.width, seen.height) == (media_type, 2, 3)


def test_names_the_colour_of_a_picture() -> None:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    for pixel, colour in ((b"\xff\0\0", "Red"), (b"\0\0\xff", "Blue"), (b"\x12\x34\x56", "")):
        pixels = zlib.compress(b"\0" + pixel)
        data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
        assert look(data).colour == colour


def test_measures_lossless_webp_and_refuses_the_rest() -> None:
    assert (look(PICTURES_LOSSLESS).width, look(PICTURES_LOSSLESS).height) == (2, 3)
    for data in (b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"):
        with pytest.raises(ValueError, match="picture"):
            look(data)


def picture(path: str, data: str, media_type: str = "image/png") -> list[dict[str, Any]]:
    url = f"data:{media_type};base64,{data}"
    question = {"type": "input_text" if path == RESPONSES else "text", "text": "What is in this image?"}
    if path == CHAT:
        return [question, {"type": "image_url", "image_url": {"url": url}}]
    if path == RESPONSES:
        return [question, {"type": "input_image", "image_url": url, "detail": "auto"}]
    return [question, {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}]


@pytest.mark.socket
@families
def test_sees_pictures(client: httpx.Client, path: str) -> None:
    def asked(parts: list[dict[str, Any]]) -> httpx.Response:
        return post(client, path, body(path, [{"role": "user", "content": parts}] if path == RESPONSES else parts))

    good = base64.b64encode(png(2, 3)).decode()
    assert "image/png 2x3" in said(path, asked(picture(path, good)).json())
    for parts in (picture(path, "%%%"), picture(path, "aGVsbG8="), picture(path, good, "image/bmp")):
        refused = asked(parts)
        assert refused.status_code == 400
        assert error(path, refused)["type"] == "invalid_request_error"
