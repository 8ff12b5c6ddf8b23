"""Reads a pasted `curl` command. The options are those of https://curl.se/docs/manpage.html."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from conformance.core import bounded_json
from conformance.core.yaml_input import InputError
from conformance.doctor.shells import END, PIPE, UnclosedError, likely, words
from conformance.doctor.ticket import Credential, Ticket, credential

_SHORT = {
    "H": "header", "X": "request", "d": "data", "u": "user", "A": "user-agent", "b": "cookie", "e": "referer",
    "I": "head", "G": "get", "L": "location", "F": "form", "T": "upload-file",
}  # fmt: skip
"""Short options that matter here -> their long names."""

_SHORT_WITH_VALUE = frozenset("HXduAbecoCDEFhKmPQrtTUwxyYz")

_WITH_VALUE = frozenset(
    {
        "header", "request", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json", "url",
        "user", "user-agent", "cookie", "cookie-jar", "output", "max-time", "connect-timeout", "retry",
        "retry-delay", "retry-max-time", "referer", "write-out", "cacert", "capath", "cert", "key", "pass", "proxy",
        "proxy-user", "form", "form-string", "upload-file", "resolve", "connect-to", "interface", "limit-rate",
        "range", "config", "dump-header", "ciphers", "tls-max", "tls13-ciphers", "url-query", "oauth2-bearer",
        "max-redirs", "speed-limit", "speed-time", "trace", "trace-ascii", "stderr", "unix-socket", "noproxy",
        "variable", "expand-data", "expand-header", "expand-url",
    }
)  # fmt: skip
"""Long options with a value; others are flags."""

_DATA = {"data": "", "data-ascii": "", "data-raw": "raw", "data-binary": "", "json": "json"}
"""Options with a body. With `raw`, an `@` at the start is itself."""

_FORM_TYPE = "application/x-www-form-urlencoded"
"""The content type that curl sends with `-d` where the command names none."""

_PROMPT = re.compile(r"^\s*(?:\$|%|>|#|PS [^>\n]*>|[A-Za-z]:\\[^>\n]*>)\s+(?=\S)")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[^\n]*\n(.*?)\n[ \t]*\2[ \t]*(?=\n|\)|$)", re.DOTALL)
_CAT = re.compile(r"\"?\$\(\s*cat\s+(?=\0doc)|(?<=\0doc\0)\s*\)\"?")


@dataclass(slots=True)
class _Seen:
    """The parts of a command read so far."""

    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    is_json: bool = False
    is_form: bool = False


def is_curl(text: str) -> bool:
    """Whether a text is a curl command."""
    return re.search(r"(?:^|[\s|;&\"'(])curl(?:\.exe)?[\s^`\\]", text[:5000]) is not None


def read(text: str) -> Ticket:
    """The request of a command, in the first shell whose reading has a URL and a body in JSON. Raises InputError."""
    readings: list[Ticket] = []
    problem = InputError("the curl command: a quote is not closed; paste the whole command")
    for dialect in likely(text):
        try:
            readings.append(_read(text, dialect))
        except UnclosedError:
            continue
        except InputError as error:
            problem = error if not readings else problem
            break
        is_shorter = readings[-1].body is None and any(one.body is not None for one in readings)
        if _is_usable(readings[-1]) and not is_shorter:
            return readings[-1]
    if not readings:
        raise problem
    usable = [one for one in readings if one.url] or readings
    if not usable[0].url:
        raise InputError("the curl command: it has no URL; paste the whole command")
    found = _foreign_quotes(usable[0], text)
    if found.url[0] in "'\"":
        raise InputError("the curl command: a quote is not closed; paste the whole command")
    return found


def _is_usable(found: Ticket) -> bool:
    return bool(found.url) and found.url[0] not in "'\"" and (not found.body or _is_json(found.body))


def _foreign_quotes(found: Ticket, text: str) -> Ticket:
    """A body that this shell breaks, and that is JSON with the quotes of another shell."""
    for dialect in ("bash", "fish", "cmd", "powershell"):
        try:
            other = _read(re.sub(r"[\^`][ \t]*\r?\n", "\n", text).replace("\n", " "), dialect)
        except (UnclosedError, InputError):
            continue
        if other.body and _is_json(other.body):
            note = f"the command is for {found.dialect}, and its body has the quotes of {dialect}"
            return replace(
                other, notes=(*other.notes, note), body=found.body, repaired=other.body, dialect=found.dialect
            )
    bare = text[text.find("{") : text.rfind("}") + 1].encode("utf-8", "surrogatepass")
    if _is_json(bare):
        note = "the shell removes the double quotes of the body, because double quotes are around it"
        return replace(found, notes=(*found.notes, note), repaired=bare)
    return found


def _is_json(body: bytes) -> bool:
    try:
        bounded_json.loads(body)
    except ValueError:
        return False
    return True


def _read(text: str, dialect: str) -> Ticket:
    """The request in one shell. Raises UnclosedError, and InputError for a body in a file."""
    lines = text.strip().replace("\r\n", "\n").split("\n")
    if _PROMPT.match(lines[0]):
        lines = [_PROMPT.sub("", line) for line in lines]
    plain, documents = _without_heredocs("\n".join(lines) + "\n") if dialect in ("bash", "fish") else (text, [])
    commands = list(_commands(words(plain, dialect)))
    variables = dict(_assignments(commands))
    number = next((index for index, (command, _) in enumerate(commands) if _program(command) is not None), None)
    if number is None:
        raise InputError("the text: it has no curl command; paste the command as it was run")
    command, piped = commands[number]
    before = commands[number - 1][0] if piped and number else []
    start = _program(command) or 0
    arguments = [_filled(word, variables) for word in command[start + 1 :]]
    stdin = documents[-1] if documents else _piped([_filled(word, variables) for word in before])
    return _ticket(_options(arguments), stdin, dialect)


def _without_heredocs(text: str) -> tuple[str, list[str]]:
    documents: list[str] = []

    def keep(found: re.Match[str]) -> str:
        documents.append(found[3])
        return "\0doc\0"

    marked = _HEREDOC.sub(keep, text)
    return _CAT.sub("", marked).replace("\0doc\0", "@-" if "cat" in text and "$(" in text else " "), documents


def _commands(found: list[str]) -> Iterator[tuple[list[str], bool]]:
    """The commands, each with whether it reads the output of the one before."""
    command: list[str] = []
    piped = False
    for word in [*found, END]:
        if word not in (PIPE, END):
            command.append(word)
        elif command:
            yield command, piped
            command, piped = [], word == PIPE


def _assignments(commands: list[tuple[list[str], bool]]) -> Iterator[tuple[str, str]]:
    """The variables that are set before the command: `NAME=x`, `set NAME x` and `$name = x`."""
    for command, _ in commands:
        match command:
            case ["set", *options, name, value] if all(option.startswith("-") for option in options):
                yield name, value
            case [name, "=", value] if name.startswith("$"):
                yield name[1:], value
            case _:
                for word in command:
                    name, given, value = word.removeprefix("export ").partition("=")
                    if not given or not re.fullmatch(r"\w+", name):
                        if word != "export":
                            break
                        continue
                    yield name, value


def _filled(word: str, variables: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        return variables.get(found[1] or found[2], found[0])

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, word) if variables else word


def _program(command: list[str]) -> int | None:
    """The position of `curl` in a command."""
    names = (re.split(r"[\\/]", word)[-1].lower() for word in command)
    return next((index for index, name in enumerate(names) if name in ("curl", "curl.exe")), None)


def _piped(command: list[str]) -> str | None:
    """The text that a command before a pipe writes."""
    if not command:
        return None
    if command[0] in ("echo", "printf", "Write-Output"):
        return " ".join(word for word in command[1:] if word not in ("-n", "-e", "%s", "%b", "--"))
    return command[0] if len(command) == 1 else None


def _options(arguments: list[str]) -> _Seen:
    seen = _Seen()
    rest = iter(arguments)
    for word in rest:
        if word.startswith("--") and len(word) > 2:
            name, given, value = word[2:].partition("=")
            if name in _WITH_VALUE and not given:
                value = next(rest, "")
            _take(seen, name.removeprefix("expand-"), value)
        elif word.startswith("-") and len(word) > 1:
            _short(seen, word[1:], rest)
        elif word.strip("\\^`"):
            seen.urls.append(word)
    return seen


def _short(seen: _Seen, letters: str, rest: Iterator[str]) -> None:
    """Short options, which may stand together; the value of the last one may follow at once."""
    while letters:
        letter, letters = letters[0], letters[1:]
        if letter in _SHORT_WITH_VALUE:
            _take(seen, _SHORT.get(letter, ""), letters or next(rest, ""))
            return
        _take(seen, _SHORT.get(letter, ""), "")


def _take(seen: _Seen, name: str, value: str) -> None:
    if name == "header":
        header, _, content = value.partition(":")
        seen.headers.append((header.strip().rstrip(";"), content.strip()))
    elif name in _DATA:
        seen.data.append(f"\0{value}" if _DATA[name] == "raw" else value)
        seen.is_json |= name == "json"
    elif name == "data-urlencode":
        seen.data.append(quote(value, safe="="))
    elif name in ("form", "form-string", "upload-file"):
        seen.is_form = True
    elif name == "url":
        seen.urls.append(value)
    elif name:
        seen.options[name] = value


def _ticket(seen: _Seen, stdin: str | None, dialect: str) -> Ticket:
    body = "&".join(_content(value, stdin) for value in seen.data) if seen.data else None
    given = {name.lower() for name, _ in seen.headers}
    if body is not None and dialect == "powershell" and not _is_json(body.encode("utf-8", "replace")):
        body = body.replace('\\"', '"')  # Windows PowerShell needs it, because it removes bare quotes
    headers = list(seen.headers)
    if body is not None and "content-type" not in given:
        headers.append(("content-type", "application/json" if seen.is_json else _FORM_TYPE))
    keys = [(name, value) for name, value in headers if credential(name, value)]
    credentials: list[Credential] = [one for name, value in keys if (one := credential(name, value))]
    if token := seen.options.get("oauth2-bearer"):
        credentials += filter(None, [credential("authorization", f"Bearer {token}")])
    if user := seen.options.get("user"):
        credentials.append(Credential("authorization", "Basic {}", user.partition(":")[2] or user))
    if seen.is_form:
        raise InputError("the curl command: it sends a form or a file (-F, -T), which is not a request of these APIs")
    is_read = "get" in seen.options or "head" in seen.options
    method = seen.options.get("request") or ("GET" if is_read or body is None else "POST")
    url = next((url for url in seen.urls if re.match(r"https?:|.*[./:$]", url)), "")
    if "get" in seen.options and body:
        url, body = f"{url}{'&' if '?' in url else '?'}{body}", None
    kept = tuple((name, value) for name, value in headers if (name, value) not in keys and name.lower() != "cookie")
    return Ticket(
        "curl",
        method.upper(),
        url,
        kept,
        None if body is None else body.encode("utf-8", "surrogatepass"),
        tuple(credentials),
        follows="location" in seen.options,
        dialect=dialect,
    )


def _content(value: str, stdin: str | None) -> str:
    """A body; `@-` is standard input. Raises InputError for a file, which may not be on this machine."""
    if value.startswith("\0"):
        return value[1:]
    if value == "@-":
        if stdin is None:
            raise InputError("the curl command: it reads its body from a pipe; paste the command with the body")
        return stdin
    if value.startswith("@"):
        raise InputError(
            f"the curl command: its body is in the file {value[1:]}; give that file's text with -d '...', or give the "
            "body as JSON and the URL with --gateway-url"
        )
    return value
