"""A request as a curl command that sends it again, with a variable in place of the key.

The options are those of https://curl.se/docs/manpage.html; the shell is any POSIX one.
"""

from __future__ import annotations

import shlex

from conformance.core.credential import key_headers
from conformance.core.model import Request
from conformance.core.redaction import OWN, is_variable
from conformance.core.terminal_text import plain
from conformance.protocol.web_socket import is_upgrade, message

MAX_ARGUMENT = 100_000
"""Linux refuses an argument of more than 131,072 bytes; a longer body goes through a pipe."""


def command(request: Request, key: str = OWN) -> str:
    """A `curl` command for a POSIX shell, with the variable `key` for the key.

    `-g` keeps curl from reading brackets in the URL as patterns. curl sends no messages over a WebSocket, so for those
    it is a command of websocat.
    """
    if request.body and is_upgrade(request):
        return _websocat(request, key)
    method = "--head" if request.method == "HEAD" else f"-X {shlex.quote(request.method)}"
    parts = ["curl -sS -N -g", method, shlex.quote(request.url)]
    parts += [f"-H {_quoted(name, value)}" for name, value in request.headers]
    if request.body and not any(name.lower() == "content-type" for name, _ in request.headers):
        parts.append("-H 'content-type:'")  # or curl would add its own
    for name, value in key_headers(dict.fromkeys(request.auth, key)):
        parts.append(f'-H "{name}: {value}"')
    if not request.body:
        return " ".join(parts)
    if not request.is_written:  # only its length matters to the test
        spaces = f"head -c {len(request.body)} /dev/zero | tr '\\0' ' '"
        return " ".join([spaces, "|", *parts, "--data-binary @-"])
    text = _text(request.body)
    if text and len(request.body) <= MAX_ARGUMENT:
        return " ".join([*parts, f"--data-raw {shlex.quote(text)}"])
    source = f"printf %s {shlex.quote(text)}" if text else f"printf %b '{_octal(request.body)}'"
    return " ".join([source, "|", *parts, "--data-binary @-"])


_HANDSHAKE = frozenset({"connection", "upgrade", "sec-websocket-version", "sec-websocket-key"})


def _websocat(request: Request, key: str) -> str:
    """A command of https://github.com/vi/websocat, which adds the headers of the handshake itself."""
    headers = [_quoted(name, value) for name, value in request.headers if name.lower() not in _HANDSHAKE]
    headers += [f'"{name}: {value}"' for name, value in key_headers(dict.fromkeys(request.auth, key))]
    scheme, _, rest = request.url.partition("://")
    url = shlex.quote(f"{'wss' if scheme == 'https' else 'ws'}://{rest}")
    options = " ".join(f"-H {header}" for header in headers)
    return f"printf '%s\\n' {shlex.quote(plain(message(request.body)))} | websocat -n {options} {url}"


def _quoted(name: str, value: str) -> str:
    """A header as curl takes it; an empty value needs a semicolon, or curl would remove the header.

    A variable stands in double quotes, where the shell replaces it.
    """
    if is_variable(value):
        return f'{shlex.quote(f"{name}: ")}"{value}"'
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def _text(body: bytes) -> str:
    """The body as text, if a terminal shows it unchanged; else ""."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return text if text == plain(text) else ""


def _octal(body: bytes) -> str:
    return "".join(f"\\0{byte:03o}" for byte in body)
