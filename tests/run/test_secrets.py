"""The key is in nothing that a run writes, whatever a gateway does with it. A gateway that leaks it has a finding."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import gzip
import html
import json
import lzma
import socket
import string
import subprocess
import urllib.parse
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard

from conformance.client.http import Client
from conformance.core import credential
from conformance.core.model import Chunk, Exchange, Headers, Request
from conformance.core.redaction import OWN
from conformance.records import curl
from conformance.records.exchange_store import NAME
from tests.support import suite
from tests.support.servers import Said, answer, raw, says

KEY = "cnry-7Qz/4tWn+Xk2Lp9vRb="
"""A key with characters that URLs, JSON and base64 escape."""

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "upper case": str.upper,
    "lower case": str.lower,
    "in JSON escapes": lambda key: "".join(f"\\u{ord(sign):04x}" for sign in key),
    "in capital JSON escapes": lambda key: "".join(f"\\u{ord(sign):04X}" for sign in key),
    "in JSON escapes, twice": lambda key: "".join(f"\\\\u{ord(sign):04x}" for sign in key),
    "with escaped slashes": lambda key: key.replace("/", "\\/"),
    "in a URL": lambda key: urllib.parse.quote(key, safe=""),
    "in a URL, twice": lambda key: urllib.parse.quote(urllib.parse.quote(key, safe=""), safe=""),
    "in a URL, every sign": lambda key: "".join(f"%{ord(sign):02x}" for sign in key),
    "in HTML": lambda key: "".join(f"&#{ord(sign)};" for sign in key),
    "in HTML, by name": html.escape,
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64, as a basic credential": lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
    "in base64, as a bearer": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "in base64 for URLs": lambda key: base64.urlsafe_b64encode(f"x{key}".encode()).decode(),
    "in hex": lambda key: key.encode().hex(),
}


def traces(text: str) -> list[str]:
    """The forms of the key that a text contains."""
    decoded = {text, text.lower(), urllib.parse.unquote(text), html.unescape(text), text.replace("\\/", "/")}
    found = [name for name, form in FORMS.items() if any(form(KEY) in one for one in decoded)]
    inner = KEY.encode()
    bare = [base64.b64encode(bytes(skip) + inner)[2 + skip : -6].decode() for skip in range(3)]
    return [*found, *(f"base64 at {skip}" for skip, part in enumerate(bare) if part in text)]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_the_key_is_removed_wherever_a_body_is_split(name: str) -> None:
    shown = FORMS[name](KEY)
    assert credential.redact_text(f"a {shown} b", KEY).startswith("a ")
    assert OWN in credential.redact_text(f"a {shown} b", KEY)
    assert traces(shown)
    data = f"<{shown}>".encode()
    for cut in range(1, len(data)):
        cleaned = credential.redact_chunks([Chunk(0, data[:cut]), Chunk(1, data[cut:])], KEY)
        assert len(cleaned) == 2
        assert OWN.encode() in b"".join(chunk.data for chunk in cleaned)
        assert not traces(b"".join(chunk.data for chunk in cleaned).decode())


@pytest.mark.parametrize(
    "text",
    ["", "nothing", KEY[:15], KEY[-11:], KEY[:6] + "****" + KEY[-4:], "%63%6e", "\\u0063", "a%b" * 50,
     base64.b64encode(b"an ordinary picture of 4711 bytes").decode(), "data: " + "0123456789abcdef" * 4],
)  # fmt: skip
def test_what_is_not_the_key_stays(text: str) -> None:
    assert credential.redact_text(text, KEY) == text
    assert credential.redact_chunks([Chunk(0, text.encode())], KEY) == (Chunk(0, text.encode()),)


LETTERS = string.ascii_lowercase + string.ascii_uppercase
WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "gzip, in base64": lambda key: base64.b64encode(gzip.compress(key)),
    "base64, twice": lambda key: base64.b64encode(base64.b64encode(b"key: " + key)),
    "base64, in hex": lambda key: base64.b64encode(key).hex().encode(),
    "base32": base64.b32encode,
    "base32, behind other bytes": lambda key: base64.b32encode(b"abc" + key),
    "base85": base64.b85encode,
    "ascii85": base64.a85encode,
    "backwards": lambda key: key[::-1],
    "rot13": lambda key: codecs.encode(key.decode(), "rot13").encode(),
    "with spaces": lambda key: b" ".join(key[at : at + 1] for at in range(len(key))),
    "in fours": lambda key: b"-".join(key[at : at + 4] for at in range(0, len(key), 4)),
    "a list of letters": lambda key: json.dumps([*key.decode()]).encode(),
    "a list of codes": lambda key: json.dumps([*key]).encode(),
    "hex with colons": lambda key: key.hex(":").encode(),
    "quoted-printable": lambda key: b"".join(b"=%02X" % byte for byte in key),
    "octal": lambda key: b"".join(b"\\%03o" % byte for byte in key),
    "UTF-16": lambda key: key.decode().encode("utf-16-be"),
    "UTF-32": lambda key: key.decode().encode("utf-32"),
    "lines of base64": lambda key: base64.encodebytes(b"Bearer " * 8 + key),
    "base64, backwards": lambda key: base64.b64encode(key)[::-1],
    "base32 with all digits": base64.b32hexencode,
    "uuencode": binascii.b2a_uu,
    "Adobe's ascii85": lambda key: base64.a85encode(key, adobe=True),
    "UTF-7": lambda key: b"+" + base64.b64encode(key.decode().encode("utf-16-be")).rstrip(b"=") + b"-",
    "ROT47": lambda key: bytes(33 + (byte + 14) % 94 for byte in key),
    "Atbash": lambda key: key.translate(bytes.maketrans(LETTERS.encode(), LETTERS[::-1].swapcase().encode())),
    "a list of hexadecimal codes": lambda key: ", ".join(f"0x{byte:02x}" for byte in key).encode(),
    "binary": lambda key: " ".join(f"{byte:08b}" for byte in key).encode(),
    "a number": lambda key: str(int.from_bytes(key)).encode(),
    "octal without zeros": lambda key: b"".join(b"\\%o" % byte for byte in key),
    "JavaScript's braces": lambda key: "".join(f"\\u{{{byte:x}}}" for byte in key).encode(),
    "Python's long escapes": lambda key: b"".join(b"\\U%08x" % byte for byte in key),
    "CSS": lambda key: b"".join(b"\\%06x" % byte for byte in key),
    "HTML by names, twice": lambda key: html.escape(
        key.decode().replace("/", "&sol;").replace("+", "&plus;").replace("=", "&equals;")
    ).encode(),
    "HTML, three times": lambda key: b"".join(b"&amp;amp;#%d;" % byte for byte in key),
    "in a URL, four times": lambda key: b"".join(b"%%252525%02x" % byte for byte in key),
    "percents in JSON escapes": lambda key: b"".join(b"\\u0025%02x" % byte for byte in key),
    "between tags": lambda key: b"".join(b"<b>%c</b>" % byte for byte in key),
    "letters of full width": lambda key: "".join(chr(byte + 0xFEE0) for byte in key).encode(),
    "letters of full width, in JSON": lambda key: json.dumps("".join(chr(byte + 0xFEE0) for byte in key)).encode(),
    "spaces of no width, in JSON": lambda key: json.dumps("\u200b".join(key.decode())).encode(),
    "accents": lambda key: "\u0301".join(key.decode()).encode(),
    "broken lines": lambda key: key[:9] + b"=\r\n" + key[9:],
    "its last twelve": lambda key: key[-12:],
    "all but its last": lambda key: key[:-1],
    "all but its first": lambda key: key[1:],
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zstd": zstandard.compress,
    "bzip2, in gzip": lambda key: gzip.compress(bz2.compress(key)),
}
"""Forms that no pattern finds: they are decoded, or compared without the signs between the letters."""


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapped_key_is_removed(name: str) -> None:
    """Compressed data is a body of its own; the rest may be part of a text."""
    wrapped = WRAPPED[name](KEY.encode())
    for body in (
        (wrapped,) if name in ("gzip", "zlib", "zstd", "bzip2, in gzip") else (wrapped, b"say: " + wrapped + b".")
    ):
        found = b"".join(chunk.data for chunk in credential.redact_chunks([Chunk(0, body)], KEY))
        assert wrapped not in found
        assert KEY[-12:].encode() not in found
        assert len(found) < len(body) + len(OWN)


def events(*pieces: str, path: str = "text") -> bytes:
    shapes: dict[str, Callable[[str], Any]] = {
        "text": lambda piece: {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": piece},
        },
        "choices": lambda piece: {"choices": [{"index": 0, "delta": {"content": piece}}]},
        "list": lambda piece: {"parts": ["x", piece]},
    }
    return b"".join(b"data: " + json.dumps(shapes[path](piece)).encode() + b"\n\n" for piece in pieces)


@pytest.mark.parametrize("path", ["text", "choices", "list"])
@pytest.mark.parametrize("size", [1, 5, 12])
def test_a_key_in_pieces_over_events_is_removed(path: str, size: int) -> None:
    pieces = [KEY[at : at + size] for at in range(0, len(KEY), size)]
    body = events("so: ", *pieces, " end", path=path)
    found = b"".join(chunk.data for chunk in credential.redact_chunks([Chunk(0, body)], KEY))
    shown = json.dumps(read_texts(found))
    assert KEY not in "".join(read_texts(found))
    assert not any(piece in shown for piece in pieces if len(piece) > 4)
    assert "so: " in shown
    assert " end" in shown
    assert OWN in shown


def test_a_key_in_pieces_of_one_of_two_choices_is_removed() -> None:
    def both(piece: str) -> bytes:
        return b"".join(
            b"data: " + json.dumps({"choices": [{"index": index, "delta": {"content": text}}]}).encode() + b"\n\n"
            for index, text in enumerate(("hello", piece))
        )

    body = b"".join(both(KEY[at : at + 5]) for at in range(0, len(KEY), 5))
    found = b"".join(chunk.data for chunk in credential.redact_chunks([Chunk(0, body)], KEY))
    assert not any(KEY[at : at + 5].encode() in found for at in range(0, len(KEY), 5))
    assert found.count(b"hello") == body.count(b"hello")


THIRDS = KEY[:8], KEY[8:16], KEY[16:]
PIECES: dict[str, bytes] = {
    "names": json.dumps(dict.fromkeys(THIRDS, 1)).encode(),
    "members": json.dumps({"error": {"message": THIRDS[0], "param": THIRDS[1]}, "code": THIRDS[2]}).encode(),
    "a text a letter": json.dumps({str(at): sign for at, sign in enumerate(KEY)}).encode(),
    "tokens": json.dumps([{"token": sign, "logprob": -0.5, "bytes": [ord(sign)]} for sign in KEY]).encode(),
    "bytes of tokens": json.dumps([{"logprob": -0.5, "bytes": [*part.encode()]} for part in THIRDS]).encode(),
    "members of events": b"".join(
        b'data: {"delta": {"%s": "%s"}}\n\n' % (name, part.encode())
        for name, part in zip((b"reasoning", b"content", b"refusal"), THIRDS, strict=True)
    ),
    "names in events": b"".join(b'data: {"%s": 1}\n\n' % part.encode() for part in THIRDS),
    "codes in events": b"".join(b'data: {"code": %d}\n\n' % code for code in KEY.encode()),
    "types of events": b"".join(b"event: %s\ndata: {}\n\n" % part.encode() for part in THIRDS),
    "ids of events": b"".join(b"id: %s\ndata: {}\n\n" % part.encode() for part in THIRDS),
    "comments": b"".join(b': %s\ndata: {"a": "hello"}\n\n' % part.encode() for part in THIRDS),
    "events that end in CR": b"".join(b'data: {"text": "%s"}\r\r' % part.encode() for part in THIRDS),
}


@pytest.mark.parametrize("name", PIECES)
def test_a_key_in_pieces_is_removed(name: str) -> None:
    found = b"".join(chunk.data for chunk in credential.redact_chunks([Chunk(0, PIECES[name])], KEY))
    assert not any(part.encode() in found for part in THIRDS)
    assert b"99, 110" not in found
    assert OWN.encode() in found


@pytest.mark.parametrize("headers", [
    tuple((f"x-{number}", part) for number, part in enumerate(THIRDS)),
    tuple((part, "1") for part in THIRDS),
    (("content-disposition", f"attachment; filename*=UTF-8''{urllib.parse.quote(KEY, safe='')}"),),
    (("location", f"https://other.invalid/?next=%2Fx%3Fkey%3D{urllib.parse.quote(urllib.parse.quote(KEY, safe=''))}"),),
])  # fmt: skip
def test_a_key_in_headers_is_removed(headers: Headers) -> None:
    shown = str(credential.redact_headers((("date", "today"), *headers, ("server", "x")), KEY))
    assert not any(part in shown for part in THIRDS)
    assert not traces(shown)
    assert "('date', 'today')" in shown
    assert "('server', 'x')" in shown


def test_a_document_without_the_key_stays_as_it_is() -> None:
    """It has escapes, tags, names and numbers."""
    tokens = [{"token": part, "bytes": [*part.encode()]} for part in ("<b>", "\u00e9t\u00e9", "100%25", "&amp;", "=3D")]
    body = json.dumps({"id": "chatcmpl-4711", "tokens": tokens, KEY[:8]: 1, "at": [99, 110]}).encode()
    assert credential.redact_chunks([Chunk(0, body)], KEY) == (Chunk(0, body),)


def test_a_stream_without_the_key_stays_as_it_is() -> None:
    body = events(*["the", "quick", "brown", "fox", "jumps", "over", "13", "lazy", "dogs"]) + b"data: [DONE]\n\n"
    assert credential.redact_chunks([Chunk(0, body)], KEY) == (Chunk(0, body),)


OTHER = "another-4711-secret"
SHOWN = {
    **{f"{name} (a form)": f"<{form(KEY)}>".encode() for name, form in FORMS.items()},
    **{f"{name} (wrapped)": wrap(KEY.encode()) for name, wrap in WRAPPED.items()},
    **{f"{name} (in pieces)": body for name, body in PIECES.items()},
    **{f"{path} (in events)": events("so: ", *KEY, " end", path=path) for path in ("text", "choices", "list")},
}
"""The bodies of the tests above."""


@pytest.mark.parametrize("name", SHOWN)
def test_an_exchange_loses_each_of_several_secrets(name: str) -> None:
    """An exchange is searched only if `may_contain` says so, so it has to say so wherever a search finds the key."""
    pair = (OWN, KEY), ("$OTHER", OTHER)
    chunk = Chunk(0, SHOWN[name])
    expected = credential.redact_chunks([chunk], KEY)
    assert expected != (chunk,)
    for secrets in (pair, pair[::-1]):
        found = credential.redact_exchange(Exchange("chat", Request("GET", "/"), 200, chunks=(chunk,)), secrets)
        assert found.chunks == expected
        behind = Exchange("chat", Request("POST", "/", body=SHOWN[name]), 200, chunks=(chunk,))
        found = credential.redact_behind(behind, secrets)
        assert (Chunk(0, found.request.body),) == found.chunks == expected


@pytest.mark.parametrize("name", ["x-key", *THIRDS])
def test_the_headers_of_an_exchange_lose_each_of_several_secrets(name: str) -> None:
    """The key is in pieces over their names or over their values, or in one of them in some form."""
    pieces = ((part, "1") for part in THIRDS) if name in THIRDS else ((name, part) for part in THIRDS)
    shown = [tuple(pieces), *(((name, form(KEY)),) for form in FORMS.values())]
    for headers in shown:
        given = (("date", "today"), *headers, ("server", "x"))
        for secrets in (((OWN, KEY), ("$OTHER", OTHER)), (("$OTHER", OTHER), (OWN, KEY))):
            exchange = Exchange("chat", Request("POST", "/", given), 200, given)
            expected = credential.redact_headers(given, KEY)
            assert credential.redact_exchange(exchange, secrets).headers == expected != given
            assert credential.redact_behind(exchange, secrets).request.headers == expected


def test_both_of_two_secrets_are_removed() -> None:
    chunks = Chunk(0, KEY[:5].encode()), Chunk(1, f"{KEY[5:]} and {OTHER}".encode())
    exchange = Exchange("chat", Request("GET", "/"), 200, (("x-echo", OTHER),), chunks, problem=f"{OTHER} {KEY}")
    found = credential.redact_exchange(exchange, ((OWN, KEY), ("$OTHER", OTHER)))
    assert [chunk.data for chunk in found.chunks] == [OWN.encode(), b" and $OTHER"]
    assert (found.headers, found.problem) == ((("x-echo", "$OTHER"),), f"$OTHER {OWN}")


def read_texts(body: bytes) -> list[str]:
    """All texts in the events of a stream."""

    def texts(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [text for member in members for text in texts(member)]

    return [text for line in body.splitlines() if line for text in texts(json.loads(line.removeprefix(b"data: ")))]


@pytest.mark.socket
@pytest.mark.parametrize("coding", ["x-unknown", "gzip, x-unknown"])
def test_a_body_that_cannot_be_decoded_is_not_recorded(coding: str) -> None:
    packed = lzma.compress(KEY.encode(), format=lzma.FORMAT_ALONE)
    with raw(says(answer(200, packed, (("content-encoding", coding),)))) as server, Client(timeout=5) as client:
        exchange = client.send("messages", Request("GET", f"{server.origin}/v1/models"), KEY)
    [note] = exchange.chunks
    assert note.data == f"({len(packed)} bytes in the content coding {coding}, which cannot be decoded)".encode()
    assert exchange.ended == "complete"


def chunked(*parts: bytes, kind: str = "application/json", status: int = 200, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\n{headers}transfer-encoding: chunked\r\n\r\n"
    return head.encode("latin-1") + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def failing(message: str) -> bytes:
    """An error of Messages; the message is JSON text already."""
    return b'{"type":"error","error":{"type":"invalid_request_error","message":"%s"}}' % message.encode()


def delta(text: str) -> bytes:
    data = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    return f"event: content_block_delta\ndata: {json.dumps(data)}\n\n".encode()


def echoes() -> list[bytes]:
    """Answers that contain the key, in every form and every place."""
    halves = KEY[:9], KEY[9:]
    found = [chunked(failing(f"bad key {form(KEY)} given"), status=400) for form in FORMS.values()]
    whole = failing(f"bad key {KEY}")
    at = whole.index(b"cnry") + 5
    spoken = "".join(["x-key: ", KEY, "\r\nlocation: /v1/x?key=", urllib.parse.quote(KEY, safe=""), "\r\n"])
    compressed = gzip.compress(failing(KEY))
    return [
        *found,
        chunked(whole[:at], whole[at : at + 3], whole[at + 3 :], status=401),
        chunked(b"{}", status=400, headers=f"www-authenticate: Bearer {KEY}\r\nset-cookie: k={KEY}\r\n"),
        chunked(b"{}", status=302, headers=spoken),
        chunked(b"{}", status=307, headers=f"location: http://{KEY.lower()}.invalid/{KEY}\r\n"),
        chunked(b"<html>" + KEY.encode() + b"</html>", kind="text/html", status=502),
        chunked(*map(delta, halves), kind="text/event-stream"),
        chunked(b"event: " + KEY.encode() + b"\ndata: {}\n\n", kind="text/event-stream"),
        answer(400, compressed, (("content-encoding", "gzip"), ("content-type", "application/json"))),
        f"HTTP/1.1 200 OK\r\n{KEY} bad\r\n\r\n".encode(),
        f"{KEY} 200 OK\r\n\r\n".encode(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + KEY.encode() + b"\r\n",
        chunked(KEY.encode("utf-16"), status=500),
        *(chunked(events(*KEY, path=path), kind="text/event-stream") for path in ("text", "choices")),
        *(
            chunked(failing("x").replace(b"x", wrap(KEY.encode()).replace(b'"', b"'").replace(b"\\", b"/")), status=400)
            for name, wrap in WRAPPED.items()
            if not name.startswith(("UTF", "gz", "zl", "zs", "bz"))
        ),
        answer(400, gzip.compress(gzip.compress(failing(KEY))), (("content-encoding", "gzip, x-unknown"),)),
        answer(400, gzip.compress(gzip.compress(failing(KEY))), (("content-encoding", "gzip"),)),
    ]


CLEAN = "Answer without the key."
"""The words of a request that is refused without the key: its case passes, and its exchange is beside run.json."""
REFUSAL = failing("This says no.").replace(b'"type":"error",', b'"type":"error","request_id":"req_1",')


class Echoing:
    """A gateway that answers each request after the model list with the next echo."""

    def __init__(self) -> None:
        self.left = echoes()

    def __call__(self, connection: socket.socket, said: Said) -> None:
        if said.requests[-1].startswith(b"GET "):
            listed = {"data": [{"id": f"m-{KEY}"}]}
            connection.sendall(chunked(json.dumps(listed).encode(), headers=f"x-key: {KEY}\r\n"))
            return
        if CLEAN.encode() in said.requests[-1]:
            connection.sendall(chunked(REFUSAL, status=400, headers="request-id: req_1\r\n"))
            return
        connection.sendall(self.left.pop() if self.left else chunked(failing(KEY), status=400))


def unpacked(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return suite.run(*arguments, **(variables or {"GATEWAY_API_KEY": KEY}))


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("workers", "variables"),
    [
        (0, {"GATEWAY_API_KEY": KEY}),
        (1, {"GATEWAY_API_KEY": KEY}),
        (0, {"TENANT": KEY}),
        (1, {"TENANT": KEY, "GATEWAY_API_KEY": "sk-quite-another-0815"}),
    ],
)
def test_the_key_is_in_nothing_that_a_run_writes(workers: int, variables: dict[str, str], tmp_path: Path) -> None:
    """The secret is the gateway's key, or the value of a header in the profile."""
    profile = tmp_path / "profile.yaml"
    profile.write_text("headers: {x-tenant-token: $TENANT}\n" if "TENANT" in variables else "name: echoing\n", "utf-8")
    words = f"Reply with exactly: {KEY[:9]}"
    cases = [suite.case(f"case-{number}", words) for number in range(len(echoes()) + 2)]
    cases.append(suite.case("clean", CLEAN, outcome="refusal"))
    folder = suite.library(tmp_path / "cases", *cases)
    with raw(Echoing()) as server:
        result = run(
            f"--gateway-url={server.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path / 'out'}", "-vv",
            f"--record={tmp_path / 'out' / 'run.har'}", f"--junitxml={tmp_path / 'out' / 'junit.xml'}", "--showlocals",
            f"--alluredir={tmp_path / 'out' / 'allure'}", "--retries=0", "--timeout=5", "-rA", "--log-level=DEBUG",
            "-o", "log_cli=true", f"--gateway-profile={profile}", *(["-n1"] if workers else []), **variables,
        )  # fmt: skip
        assert any(KEY.encode() in request for request in server.requests)
    assert result.returncode == 1, result.stdout
    assert "INTERNALERROR" not in result.stdout + result.stderr
    assert not traces(result.stdout)
    assert not traces(result.stderr)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {"run.json", NAME, "verdicts.jsonl", "run.har", "junit.xml"} <= {path.name for path in written}
    assert any(path.suffix == ".json" and path.parent.name == "allure" for path in written)
    for path in written:
        assert not traces(unpacked(path)), path.name
    report: Any = suite.report(tmp_path / "out")
    assert len(report["verdicts"]) == len(cases)
    told = [entry for entry in report["verdicts"]
            if any(finding["rule"] == "http.secret.own-credential" for finding in entry["findings"])]  # fmt: skip
    assert len(told) >= len(FORMS)


@pytest.mark.socket
def test_errors_of_the_preflight_do_not_contain_the_key(tmp_path: Path) -> None:
    def refuses(connection: socket.socket, said: Said) -> None:
        connection.sendall(chunked(failing(KEY), status=401, headers=f"location: {KEY}\r\n"))

    def redirects(connection: socket.socket, said: Said) -> None:
        connection.sendall(chunked(b"", status=301, headers=f"location: /\x9b31m{KEY}\r\n"))

    for script in (refuses, redirects):
        with raw(script) as server:
            result = run(f"--gateway-url={server.origin}/v1", "-vv", f"--report-dir={tmp_path}")
        said = result.stdout + result.stderr
        assert result.returncode == 4
        assert not traces(said)
        assert "\x9b" not in said
        assert "Traceback" not in said


def test_a_printed_request_names_the_variables_of_its_headers() -> None:
    request = Request("POST", "http://h/v1/messages", (("x-tenant-token", "$TENANT"), ("x-price", "$5")), b"{}")
    shown = curl.command(request)
    assert "-H 'x-tenant-token: '\"$TENANT\"" in shown
    assert "-H 'x-price: $5'" in shown


@pytest.mark.socket
def test_a_session_is_cut_out_of_cookies() -> None:
    headers = (("Set-Cookie", "sid=8f3a=; Path=/; HttpOnly"), ("set-cookie", "bare"))
    with raw(says(answer(200, b"{}", headers))) as server, Client(timeout=5) as client:
        exchange = client.send("messages", Request("GET", f"{server.origin}/v1/models"), KEY)
    cookies = [value for name, value in exchange.headers if name.lower() == "set-cookie"]
    assert cookies == ["sid=…; Path=/; HttpOnly", "bare"]


@pytest.mark.socket
def test_two_secrets_with_one_placeholder_are_both_removed() -> None:
    first, second = "tt-first-0815-4711", "tt-second-0815-4711"
    request = Request("GET", "", (("x-tenant-token", OWN),))
    both = f"{KEY} {first} {second}".encode()
    with (
        raw(says(answer(200, both))) as server,
        Client(timeout=5, secrets=[(OWN, first), (OWN, second)]) as client,
    ):
        exchange = client.send("messages", replace(request, url=f"{server.origin}/v1/models"), KEY)
        assert first.encode() in server.requests[0]
        assert second.encode() not in server.requests[0]
    assert b"".join(chunk.data for chunk in exchange.chunks).decode() == f"{OWN} {OWN} {OWN}"
