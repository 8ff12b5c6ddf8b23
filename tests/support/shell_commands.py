"""Writes a request as a curl command, with the quotes of six shells and of browsers, as users paste it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

Headers = Sequence[tuple[str, str]]
SHELLS = (
    "bash-single",
    "bash-double",
    "bash-ansi",
    "fish",
    "cmd-caret",
    "windows",
    "powershell",
    "here-string",
    "heredoc",
)


def command(shell: str, method: str, url: str, headers: Headers, body: str | None) -> str:
    """The command that sends the request in this shell."""
    return _WRITERS[shell](method, url, headers, body)


def _lines(quote: Callable[[str], str], end: str, method: str, url: str, headers: Headers, body: str | None) -> str:
    words = [f"curl -sS {'' if method == 'POST' and body is not None else f'-X {method} '}{quote(url)}"]
    words += [f"-H {quote(f'{name}: {value}')}" for name, value in headers]
    words += [] if body is None else [f"-d {quote(body)}"]
    return f"{end}\n  ".join(words)


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _double(text: str) -> str:
    for sign in '\\"`':
        text = text.replace(sign, f"\\{sign}")
    return f'"{text}"'


def _ansi(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return "$'" + "".join(sign if sign.isascii() else f"\\u{ord(sign):04x}" for sign in escaped) + "'"


def _fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _runtime(text: str) -> str:
    """A word in double quotes for the C runtime of Windows: backslashes count only before a quote."""
    out, slashes = "", 0
    for sign in text:
        if sign == "\\":
            slashes += 1
            continue
        out += "\\" * (slashes * 2 + 1 if sign == '"' else slashes) + sign
        slashes = 0
    return '"' + out + "\\" * slashes * 2 + '"'


def _caret(text: str) -> str:
    """As browsers copy it for cmd.exe: every quote has a caret, so that cmd.exe sees no quotes at all."""
    return "".join(f"^{sign}" if sign in '"^&|<>%\\{}' else sign for sign in _runtime(text))


def _powershell(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _here_string(method: str, url: str, headers: Headers, body: str | None) -> str:
    given = _lines(_powershell, " `", method, url, headers, None).replace("curl -sS", "curl.exe -sS")
    return f"$body = @'\n{body}\n'@\n{given} `\n  -d $body" if body is not None else given


def _heredoc(method: str, url: str, headers: Headers, body: str | None) -> str:
    given = _lines(_single, " \\", method, url, headers, None)
    return f"{given} \\\n  --data-binary @- <<'EOF'\n{body}\nEOF" if body is not None else given


_WRITERS: Mapping[str, Callable[[str, str, Headers, str | None], str]] = {
    "bash-single": lambda *parts: _lines(_single, " \\", *parts),
    "bash-double": lambda *parts: _lines(_double, " \\", *parts),
    "bash-ansi": lambda *parts: _lines(_ansi, " \\", *parts),
    "fish": lambda *parts: _lines(_fish, " \\", *parts),
    "cmd-caret": lambda *parts: _lines(_caret, " ^", *parts),
    "windows": lambda *parts: _lines(_runtime, " ^", *parts),
    "powershell": lambda *parts: _lines(_powershell, " `", *parts).replace("curl -sS", "curl.exe -sS"),
    "here-string": _here_string,
    "heredoc": _heredoc,
}


def har(method: str, url: str, headers: Headers, body: str | None, status: int = 0, answer: str = "") -> str:
    """A HAR file with one entry, as browsers export it."""
    request = {
        "method": method,
        "url": url,
        "headers": [{"name": name, "value": value} for name, value in (*headers, (":authority", "host"))],
        "postData": {"mimeType": "application/json", "text": body or ""},
    }
    response = {"status": status, "headers": [], "content": {"size": len(answer), "text": answer}}
    page = {"request": {"method": "GET", "url": "https://chat.example/", "headers": []}, "response": {"status": 200}}
    return json.dumps({"log": {"version": "1.2", "entries": [page, {"request": request, "response": response}]}})
