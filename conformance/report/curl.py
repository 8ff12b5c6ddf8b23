"""A request as a shell command that sends it again, with the key as a variable."""

from __future__ import annotations

import shlex

from conformance.credential import carried
from conformance.model import Request
from conformance.redaction import OWN


def command(request: Request) -> str:
    """A `curl` command for a POSIX shell."""
    parts = ["curl -sS -N", f"-X {request.method}", shlex.quote(request.url)]
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in request.headers]
    for name, value in carried(dict.fromkeys(request.auth, OWN)):
        parts.append(f'-H "{name}: {value}"')
    if request.body:
        parts.append(_data(request.body))
    return " ".join(parts)


def _data(body: bytes) -> str:
    try:
        return f"--data-binary {shlex.quote(body.decode('utf-8'))}"
    except UnicodeDecodeError:
        octal = "".join(f"\\{byte:03o}" for byte in body)
        return f'--data-binary "$(printf {shlex.quote(octal)})"'
