"""The key is sent, and is removed from everything that is received."""

from __future__ import annotations

import base64
import time
from itertools import pairwise, product

import pytest

from conformance.core import credential
from conformance.core.leaks import spread
from conformance.core.model import Chunk
from conformance.core.redaction import OWN

KEY = "sk-abc-1234"
BODIES = [
    f"before {KEY} after",
    KEY,
    f"{KEY}{KEY}",
    f"{KEY[:5]}{KEY}",
    f"sk-abc-sk-abc-1234 and {KEY}",
    f"{KEY} {KEY[:-1]} x",
    f"{KEY[:-1]}",
    "nothing of it",
    "",
]


def chunks(body: bytes, *cuts: int) -> tuple[Chunk, ...]:
    places = [0, *cuts, len(body)]
    return tuple(Chunk(number / 10, body[start:end]) for number, (start, end) in enumerate(pairwise(places)))


def joined(found: tuple[Chunk, ...]) -> bytes:
    return b"".join(chunk.data for chunk in found)


@pytest.mark.parametrize("text", BODIES)
def test_wherever_a_body_is_split_the_key_is_out_of_it(text: str) -> None:
    body, clean = text.encode(), text.replace(KEY, OWN).encode()
    for first, second in product(range(len(body) + 1), repeat=2):
        if first <= second:
            given = chunks(body, first, second)
            found = credential.redact_chunks(given, KEY)
            assert joined(found) == clean
            assert [chunk.at for chunk in found] == [chunk.at for chunk in given]


def test_a_key_that_comes_byte_by_byte_is_out() -> None:
    body = f"a {KEY} b {KEY}".encode()
    found = credential.redact_chunks(chunks(body, *range(1, len(body))), KEY)
    assert joined(found) == f"a {OWN} b {OWN}".encode()
    assert len(found) == len(body)


def test_a_key_of_repeated_parts_is_out_as_replace_does_it() -> None:
    key, body = "ababab", b"ababababababx"
    for cut in range(len(body) + 1):
        assert joined(credential.redact_chunks(chunks(body, cut), key)) == body.replace(key.encode(), OWN.encode())


def test_bytes_around_the_key_are_kept_as_they_are() -> None:
    body = b"\xff\x00" + KEY.encode() + b"\xe2\x82"
    assert joined(credential.redact_chunks(chunks(body, 5), KEY)) == b"\xff\x00" + OWN.encode() + b"\xe2\x82"


def test_a_short_key_is_not_removed_because_other_text_may_contain_it() -> None:
    assert credential.redact_text("no test", "test") == "no test"
    assert joined(credential.redact_chunks(chunks(b"no test"), "test")) == b"no test"
    assert credential.redact_text("no test", "") == "no test"


def test_headers_and_texts_lose_the_key() -> None:
    headers = (("x-echo", f"Bearer {KEY}"), (KEY, "1"), ("x-echo", "2"))
    assert credential.redact_headers(headers, KEY) == (("x-echo", f"Bearer {OWN}"), (OWN, "1"), ("x-echo", "2"))


def test_the_forms_carry_keys() -> None:
    assert credential.key_headers({"bearer": "k"}) == (("authorization", "Bearer k"),)
    assert credential.key_headers({"x-api-key": "a", "bearer": "b"}) == (
        ("x-api-key", "a"),
        ("authorization", "Bearer b"),
    )
    assert credential.key_headers({}) == ()


@pytest.mark.parametrize(
    ("plus", "slash"),
    [("+", "/"), ("+", "\\/"), ("+", "\\\\/"), ("\\u002B", "/"), ("\\u002b", "\\u002f"), ("%2B", "%2F"), ("-", "_")],
)
def test_the_key_in_base64_is_out_however_its_signs_are_escaped(plus: str, slash: str) -> None:
    """PHP escapes the slash, .NET the plus; the key itself has neither."""
    key = "sk-abc10?>?>zz"
    coded = base64.b64encode(key.encode()).decode()
    assert {"/", "+"} < set(coded)
    text = coded.replace("/", slash).replace("+", plus)
    assert credential.redact_text(f'{{"seen": "{text}"}}', key).startswith(f'{{"seen": "{OWN}')


@pytest.mark.parametrize("text", [b"1" + b"x" * 1_000_000, b"1-" * 500_000 + b"a", b"x" * 1_000_000])
def test_a_word_of_a_megabyte_takes_little_time(text: bytes) -> None:
    """The time grows with the length of a word, not with its square, wherever its letters and digits are."""
    start = time.process_time()
    assert joined(credential.redact_chunks(chunks(text), KEY)) == text
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("key", "is_sought"), [("sk-reference", False), ("my-little-password", False), ("sk-reference-1", True)]
)
def test_a_key_without_digits_is_not_sought_in_pieces(key: str, is_sought: bool) -> None:
    """It may be a word of a text. `is_sought` saves the search where it would find nothing."""
    assert spread.is_sought(key) is is_sought
    assert spread.is_spread(" ".join(key).encode(), key) is is_sought
