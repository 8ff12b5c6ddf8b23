"""The cheap search before the patterns of leaks misses nothing that the patterns find."""

from __future__ import annotations

import re

import pytest

from conformance.core import redaction
from conformance.judge.checks import leaks

FOLDERS = ("usr", "home", "app", "opt", "var", "root", "srv", "workspace", "go/src")
TRACES = (
    "Traceback (most recent call last)", 'File "a", line 3', "at f (a.js:1)", "\nat new A.b[c]/$d<e> (x:1:2)",
    "at async file:///a/b.js:1:2", " at /a:1:1", "goroutine 7 [", "panic: ", '"panic: ', "thread 'main' panicked at",
    "node_modules/", "site-packages/", "dist-packages/", "java.lang.Exception", "org.springframework.a.BException",
    "System.IOException", *(f"/{folder}/{name}" for folder in FOLDERS for name in ("a.py", "b/c.ts")),
)  # fmt: skip
ADDRESSES = (
    "127.0.0.1", "0.0.0.0", "10.1.2.3:80", "192.168.0.1", *(f"172.{number}.0.1" for number in range(16, 32)),
    "localhost:80", "http://localhost", "https://localhost", "[::1]", "a.svc", "a.b.svc.cluster.local",
    "host.docker.internal",
)  # fmt: skip
VALUE = "a1B2c3D4e5" * 4
CREDENTIALS = (
    f"sk-{VALUE}", f"Bearer {VALUE}", f"BEARER {VALUE}", f"api-key: {VALUE}", f"API_KEY={VALUE}",
    f"access_token={VALUE}", f"client_secret={VALUE}", f"Key {'0a' * 32}", f"token {'0a' * 32}", f"AIza{VALUE[:35]}",
    f"AKIA{'A1B2C3D4' * 2}", f"eyJ{VALUE}.eyJ{VALUE}.{VALUE}",
    f"api\u212aey={VALUE}", f"client_\u017fecret={VALUE}",  # characters that equal k and s where case is ignored
)  # fmt: skip


@pytest.mark.parametrize("text", CREDENTIALS)
def test_a_credential_has_a_sign(text: str) -> None:
    assert [*redaction.find_credentials(text)] == [found.group() for found in redaction._SECRET.finditer(text)] != []


def test_every_sign_is_that_of_a_credential() -> None:
    assert all(any(sign in text.casefold() for text in CREDENTIALS) for sign in redaction.SIGNS)


@pytest.mark.parametrize(
    ("pattern", "signs", "texts"),
    [(leaks._TRACE, leaks.TRACE_SIGNS, TRACES), (leaks._ADDRESS, leaks.ADDRESS_SIGNS, ADDRESSES)],
)
def test_what_a_pattern_finds_has_a_sign(pattern: re.Pattern[str], signs: tuple[str, ...], texts: tuple[str]) -> None:
    for text in texts:
        found = pattern.search(text)
        assert found is not None, text
        assert any(sign in found.group() for sign in signs), text
    assert all(any(sign in text for text in texts) for sign in signs)
