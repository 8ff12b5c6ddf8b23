"""Random ids, and signatures that show whether a text was sent by this provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string

_CHARACTERS = ((string.ascii_letters + string.digits) * 5)[:256].encode()
"""A character for each byte value."""

_NONCE = 12
_MARK = 32


def fresh(prefix: str, length: int = 24) -> str:
    """A random id such as `chatcmpl-…`."""
    return prefix + secrets.token_bytes(length).translate(_CHARACTERS).decode()


def padding() -> str:
    """Random text of random length, which hides the size of a streamed token."""
    return fresh("", 1 + secrets.randbelow(16))


class Seal:
    """Signs texts with a secret: a thinking block's `signature`, a reasoning item's `encrypted_content`."""

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(b"seal " + secret.encode()).digest()

    def sign(self, text: str) -> str:
        """A signature of the text, different at each call."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.urlsafe_b64encode(nonce + self._mark(nonce, text)).decode()

    def holds(self, text: str, signature: str) -> bool:
        """Whether the signature belongs to this text."""
        try:
            raw = base64.urlsafe_b64decode(signature.encode())
        except ValueError:
            return False
        return hmac.compare_digest(raw[_NONCE:], self._mark(raw[:_NONCE], text))

    def _mark(self, nonce: bytes, text: str) -> bytes:
        return hmac.new(self._secret, nonce + text.encode(), hashlib.sha256).digest()[:_MARK]
