"""A key with other characters between its own, in a transformation that is easy to undo, or only a part of it.

`s k - 1 2`, a list of characters or of their codes, quoted-printable, UTF-32, hex with colons, base64 in lines: without
all characters but letters and digits, each of them is one text.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Callable, Iterator
from functools import cache

from conformance.core.leaks import spellings
from conformance.core.leaks.leak import Leak

MIN_SPREAD = 12
"""Letters and digits of a key, or of a part of it, that is looked for. Shorter ones occur in ordinary texts."""
MIN_START = 16
"""The same for a part from the key's beginning, which is often public (`sk-proj-`), and shown beside a mask."""
PART = "…".encode()
"""The text instead of a part of the key. It is not the placeholder: a gateway may show some of the key."""

_SMALL = "abcdefghijklmnopqrstuvwxyz"
_LETTERS = _SMALL + _SMALL.upper()
_VISIBLE = "".join(map(chr, range(33, 127)))
_OTHERS = bytes(byte for byte in range(256) if not bytes([byte]).isalnum())


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield where the key is spread over other characters, and where parts of it are."""
    yield from _spread(data, key, placeholder)
    yield from _parts(data, key.encode())


def is_sought(key: str) -> bool:
    """Whether the key is looked for spread over other characters, or in parts: one without digits is not."""
    return bool(_forms(key) or _probes(key.encode()))


def is_spread(data: bytes, key: str) -> bool:
    """Whether the key or a part of it is in the data, without the spellings: a tenth of the time of `places`."""
    return any(find(data, key, b""))


def places(data: bytes, key: str) -> list[tuple[int, int]]:
    """Return where the key or a part of it is in the data, in one of its spellings or spread over other characters."""
    if len(data) < MIN_SPREAD and len(data) < len(key):  # the texts at one place of a stream are often short
        return []
    return [*spellings.spans(data, key), *((leak.start, leak.end) for leak in find(data, key, b""))]


def _spread(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    compact = data.translate(None, _OTHERS).lower()
    for form in _forms(key):
        if form in compact:
            for match in _pattern(form).finditer(data):
                yield Leak(*match.span(), placeholder)


@cache
def _forms(key: str) -> tuple[bytes, ...]:
    """Return the letters and digits of the key in each transformation, in lower case."""
    secret = key.encode()
    if not any(character.isdigit() for character in key):
        return ()  # words such as `my-little-secret` occur in texts
    made = (
        secret,
        secret[::-1],
        *(secret.translate(cipher) for cipher in _CIPHERS),
        *(b"".join(template % byte for byte in secret) for template in _CODES),
        "".join(f"{byte:08b}" for byte in secret).encode(),
        str(int.from_bytes(secret)).encode(),
        *_encoded(secret),
    )
    compact = (form.translate(None, _OTHERS).lower() for form in made)
    return tuple(form for form in compact if len(form) >= MIN_SPREAD)


_CIPHERS = tuple(
    bytes.maketrans(plain.encode(), cipher.encode())
    for plain, cipher in (
        (_LETTERS, codecs.encode(_LETTERS, "rot13")),
        (_LETTERS, _SMALL[::-1] + _SMALL[::-1].upper()),  # Atbash
        (_VISIBLE, _VISIBLE[47:] + _VISIBLE[:47]),  # ROT47
    )
)
_CODES = (b"%03o", b"%o", b"0o%o", b"%d", b"%02x", b"0x%02x", b"x%02x", b"u00%02x")
"""Templates of a byte."""


def _encoded(secret: bytes) -> Iterator[bytes]:
    """Yield what each encoding of several bytes makes of the key, for each place at which the key can start."""
    for form in spellings.base64_forms(secret):
        yield from (form, form[::-1], form.translate(_UUENCODE))
    for offset in range(5):
        yield _base32_at(secret, offset, base64.b32encode)
        yield _base32_at(secret, offset, base64.b32hexencode)


_UUENCODE = bytes.maketrans((_LETTERS[26:] + _SMALL + "0123456789+/").encode(), b"`" + bytes(range(33, 96)))


def _base32_at(secret: bytes, offset: int, encode: Callable[[bytes], bytes]) -> bytes:
    """Return the base32 characters (5 bits each) that depend on the key alone after `offset` other bytes."""
    encoded = encode(bytes(offset) + secret)
    return encoded[-(-offset * 8 // 5) : (offset + len(secret)) * 8 // 5]


@cache
def _pattern(form: bytes) -> re.Pattern[bytes]:
    return re.compile(b"[^A-Za-z0-9]*+".join(re.escape(bytes([byte])) for byte in form), re.IGNORECASE)


def _parts(data: bytes, secret: bytes) -> Iterator[Leak]:
    """Yield the parts of the key, as they are, that are long enough."""
    for at, probe in _probes(secret):
        start = data.find(probe)
        while start >= 0:
            before = _common(reversed(data[:start][-at:] if at else b""), reversed(secret[:at]))
            after = _common(iter(data[start : start + len(secret) - at]), iter(secret[at:]))
            if before + after >= (MIN_START if before == at else MIN_SPREAD):
                yield Leak(start - before, start + after, PART)
            start = data.find(probe, start + 1)


_PROBE = MIN_SPREAD // 2
"""Characters of a probe. Each part of at least MIN_SPREAD characters has one of the probes, one after the other."""


@cache
def _probes(secret: bytes) -> tuple[tuple[int, bytes], ...]:
    found = ((at, secret[at : at + _PROBE]) for at in range(0, len(secret) - _PROBE + 1, _PROBE))
    return tuple((at, probe) for at, probe in found if any(48 <= byte <= 57 for byte in secret))


def _common(one: Iterator[int], other: Iterator[int]) -> int:
    """Return how many bytes at the beginning are equal."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count
