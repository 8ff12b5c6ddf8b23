"""Signatures of reports, in the format of minisign (https://jedisct1.github.io/minisign/).

A report has the digests of its exchanges, so the signature of run.json covers them as well. The `minisign` program
makes and checks the same files. Keys with a password are left to that program.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from conformance.core.yaml_input import InputError, display

SUFFIX = ".minisig"
"""The file with the signature of RUN is RUN.minisig."""

_COMMENT = "untrusted comment: "
_TRUSTED = "trusted comment: "
_KEY, _PREHASHED = b"Ed", b"ED"
_PLAIN_KEY, _PASSWORD = b"Ed\0\0B2", b"Sc"
_SALT_AND_LIMITS = 48
_LINES = 4


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its id (8 bytes), and the seed of a secret key or the 32 bytes of a public one."""

    id: bytes
    data: bytes


def generate(path: Path) -> Path:
    """Writes a new secret key without a password, and the public key beside it, whose path is returned.

    Raises InputError.
    """
    public = path.with_name(f"{path.name}.pub")
    name, secret = os.urandom(8), _ed25519().Ed25519PrivateKey.generate()
    seed, half = secret.private_bytes_raw(), secret.public_key().public_bytes_raw()
    checksum = hashlib.blake2b(_KEY + name + seed + half, digest_size=32).digest()
    secret_text = _base64(_PLAIN_KEY + bytes(_SALT_AND_LIMITS) + name + seed + half + checksum)
    for file, mode, text in ((path, 0o600, secret_text), (public, 0o644, _base64(_KEY + name + half))):
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as opened:
                opened.write(f"{_COMMENT}key of gateway-conformance {name[::-1].hex().upper()}\n{text}\n")
        except OSError as error:
            raise InputError(
                f"{display(file)}: the key cannot be written ({error.strerror}); give a new path"
            ) from error
    return public


def sign(run: Path, key: Path, comment: str) -> Path:
    """Writes the signature of a report beside it, with a comment that is signed too. Raises InputError."""
    own = _secret_key(key)
    secret = _ed25519().Ed25519PrivateKey.from_private_bytes(own.data)
    signature = secret.sign(_hash(run))
    bound = secret.sign(signature + comment.encode())
    path = run.with_name(run.name + SUFFIX)
    lines = (f"{_COMMENT}signature of a report", _base64(_PREHASHED + own.id + signature), f"{_TRUSTED}{comment}")
    try:
        path.write_text("\n".join((*lines, _base64(bound), "")), "utf-8")
    except OSError as error:
        raise InputError(f"{display(path)}: the signature cannot be written ({error.strerror})") from error
    return path


def problem(run: Path, key: Path) -> str:
    """The mistake in the signature of a report, checked with a public key; "" if it is right. Raises InputError."""
    library, invalid = _ed25519(), import_module("cryptography.exceptions").InvalidSignature
    path = run.with_name(run.name + SUFFIX)
    public, lines = _public_key(key), _read(path, "the signature of the report").splitlines()
    if len(lines) < _LINES or not lines[2].startswith(_TRUSTED):
        return f"{display(path)} is not a signature of minisign"
    signed, bound = _decoded(lines[1]), _decoded(lines[3])
    kind, name, signature = signed[:2], signed[2:10], signed[10:]
    if kind not in (_KEY, _PREHASHED) or name != public.id:
        return f"{display(path)} was made with another key"
    checked = library.Ed25519PublicKey.from_public_bytes(public.data)
    try:
        checked.verify(signature, _hash(run) if kind == _PREHASHED else run.read_bytes())
        checked.verify(bound, signature + lines[2].removeprefix(_TRUSTED).encode())
    except invalid:
        return "the report, or its signature, was changed after it was signed"
    return ""


def _hash(run: Path) -> bytes:
    try:
        with run.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError as error:
        raise InputError(f"{display(run)}: the file cannot be read ({error.strerror}); check the path") from error


def _secret_key(path: Path) -> Key:
    """The secret key in a file. Raises InputError."""
    data = _decoded(_second_line(path))
    start = len(_PLAIN_KEY) + _SALT_AND_LIMITS
    name, pair, checksum = data[start : start + 8], data[start + 8 : start + 72], data[start + 72 :]
    if data[:2] == _KEY and data[2:4] == _PASSWORD:
        raise InputError(
            f"{display(path)}: this key has a password; sign with `minisign -S -m RUN -x RUN{SUFFIX}`, or use a key "
            "without one"
        )
    if not data.startswith(_PLAIN_KEY) or hashlib.blake2b(_KEY + name + pair, digest_size=32).digest() != checksum:
        raise InputError(f"{display(path)}: this is not a secret key of minisign; check the file")
    return Key(name, pair[:32])


def _public_key(path: Path) -> Key:
    """The public key in a file. Raises InputError."""
    data = _decoded(_second_line(path))
    if data[:2] != _KEY or len(data) != 42:
        raise InputError(f"{display(path)}: this is not a public key of minisign; check the file")
    return Key(data[2:10], data[10:])


def _second_line(path: Path) -> str:
    return (_read(path, "the key").splitlines() or [""])[-1]


def _read(path: Path, what: str) -> str:
    try:
        return path.read_bytes()[:10_000].decode("utf-8", "replace")
    except OSError as error:
        raise InputError(f"{display(path)}: {what} cannot be read ({error.strerror}); check the path") from error


def _decoded(text: str) -> bytes:
    """Base64, and b"" for a text that is not."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _ed25519() -> ModuleType:
    """The library of the extra `sign`. Raises InputError."""
    try:
        return import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    except ImportError:
        raise InputError(
            "signatures need another library; install it with `pip install 'gateway-conformance[sign]'`"
        ) from None
