"""Fresh identifiers, and seals that show whether a replayed text is one that this provider gave out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string

_CHARACTERS = ((string.ascii_letters + string.digits) * 5)[:256].encode()
"""One for each byte that there is."""

_NONCE = 12
_MARK = 32


def fresh(prefix: str, length: int = 24) -> str:
    """A new identifier such as `chatcmpl-…`."""
    return prefix + secrets.token_bytes(length).translate(_CHARACTERS).decode()


def padding() -> str:
    """Random characters of random length, which hide the size of a streamed token."""
    return fresh("", 1 + secrets.randbelow(16))


class Seal:
    """Signs texts with a secret: a thinking block's `signature`, a reasoning item's `encrypted_content`."""

    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(b"seal " + secret.encode()).digest()

    def sign(self, text: str) -> str:
        """A signature of the text, another one each time."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.urlsafe_b64encode(nonce + self._mark(nonce, text)).decode()

    def holds(self, text: str, signature: str) -> bool:
        """Whether the signature was given for this very text."""
        try:
            raw = base64.urlsafe_b64decode(signature.encode())
        except ValueError:
            return False
        return hmac.compare_digest(raw[_NONCE:], self._mark(raw[:_NONCE], text))

    def _mark(self, nonce: bytes, text: str) -> bytes:
        return hmac.new(self._secret, nonce + text.encode(), hashlib.sha256).digest()[:_MARK]
