"""Bodies in every content coding are decoded piece by piece, and never beyond the limit."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from conformance.client.content_coding import Decoder, DecodingError

PLAIN = b"event: ping\ndata: {}\n\n" * 500
CODED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
codings = pytest.mark.parametrize("name", CODED)


def decoded(name: str, data: bytes, size: int, limit: int = 1_000_000) -> bytes:
    decoder = Decoder(name, limit)
    pieces = [decoder.feed(data[start : start + size]) for start in range(0, len(data), size)]
    decoder.finish()
    return b"".join(pieces)


@codings
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_body_is_decoded_in_pieces_of_any_size(name: str, size: int) -> None:
    assert decoded(name, CODED[name](PLAIN), size) == PLAIN


@codings
def test_a_body_that_breaks_off_is_noticed(name: str) -> None:
    decoder = Decoder(name, 1_000_000)
    decoder.feed(CODED[name](PLAIN)[:-5])
    with pytest.raises(DecodingError, match="in the middle"):
        decoder.finish()


@codings
def test_a_body_in_another_format_is_an_error(name: str) -> None:
    with pytest.raises(DecodingError):
        Decoder(name, 1000).feed(b"\xff\xfe{" * 50)


@codings
def test_a_bomb_is_decoded_up_to_the_limit(name: str) -> None:
    bomb = CODED[name](bytes(5_000_000))
    decoder = Decoder(name, 10_000)
    assert len(decoder.feed(bomb)) == 10_001


def test_each_flush_of_a_stream_can_be_read_at_once() -> None:
    """A compressed stream is still a stream: what was flushed does not wait for the next event."""
    compressor = zstandard.ZstdCompressor().compressobj()
    first = compressor.compress(b"data: 1\n\n") + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    assert Decoder("zstd", 1000).feed(first) == b"data: 1\n\n"
    brotlied = brotli.Compressor()
    first = brotlied.process(b"data: 1\n\n") + brotlied.flush()
    assert Decoder("br", 1000).feed(first) == b"data: 1\n\n"


def test_zstd_may_have_several_frames_and_other_codings_stay() -> None:
    twice = CODED["zstd"](b"a") + CODED["zstd"](b"b")
    assert decoded("zstd", twice, 100) == b"ab"
    assert decoded("compress", b"as it is", 3) == b"as it is"
    assert decoded("gzip, br", brotli.compress(gzip.compress(PLAIN)), 50) == PLAIN
