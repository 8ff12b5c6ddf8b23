"""Splits a pasted command into words, as the shell does that it was written for.

- `bash` (also sh, zsh): https://www.gnu.org/software/bash/manual/html_node/Quoting.html
- `fish`: https://fishshell.com/docs/current/language.html#quotes
- `cmd`: the caret, then the quotes of the C runtime,
  https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
- `powershell`: https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_quoting_rules
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

PIPE, END = "\0|", "\0;"
"""Words that stand for the operators between commands; no argument can contain a NUL."""


class UnclosedError(ValueError):
    """A quote is not closed, so the text is not a command of this shell."""


def words(text: str, dialect: str) -> list[str]:
    """The words of a text, with PIPE and END between commands. Raises UnclosedError."""
    return list(_READERS[dialect](text.replace("\r\n", "\n")))


_POSIX = ("bash", "fish")
_ENDS = {"^": ("cmd",), "`": ("powershell",), "\\": _POSIX}
"""The last character of a line that goes on -> the shells in which it does."""


def likely(text: str) -> list[str]:
    """The shells that the text may be for, the likeliest first."""
    line = re.search(r"(?im)^.*\bcurl(?:\.exe)?\b.*$", text)
    first = line[0].rstrip() if line else ""
    shells = _ENDS.get(first[-1:], ()) if line and line.end() < len(text.rstrip()) else ()
    if not shells and re.search(r"curl\S*\s.*\^\"", first):
        shells = ("cmd",)
    if not shells and re.search(r"@['\"]\r?\n", text):
        shells = ("powershell",)
    if not shells:
        is_windows = re.search(r"(?i)curl\.exe", first) or re.match(r"\s*(PS |[A-Z]:\\)", first)
        shells = ("powershell", "cmd", "bash") if is_windows else (*_POSIX, "cmd", "powershell")
    return sorted(shells, key="fish".__ne__) if _is_fish(text) and "fish" in shells else list(shells)


def _is_fish(text: str) -> bool:
    """Whether quotes are escaped inside of single quotes, which only fish allows."""
    return "\\'" in text and "'\\''" not in text and "$'" not in text


def _scan(text: str, quotes: Mapping[str, Callable[[str, int], tuple[str, int]]], escape: str) -> Iterator[str]:
    """Splits at spaces and operators. A quote reads on from after its opening, and returns its text and its end."""
    at, word = 0, None
    while at < len(text):
        sign = text[at]
        opened = next((mark for mark in quotes if text.startswith(mark, at)), "")
        if opened:
            said, at = quotes[opened](text, at + len(opened))
            word = (word or "") + said
        elif sign == escape and at + 1 < len(text):
            following = text[at + 1]
            word = word if following == "\n" else (word or "") + following
            at += 2
        elif sign in " \t\n;|" and not (sign == ";" and word is not None and text[at + 1 : at + 2].strip()):
            if word is not None:
                yield word
            if sign == "|":
                yield PIPE
            elif sign in "\n;":
                yield END
            word, at = None, at + 1
        elif sign == "#" and word is None:
            at = (text + "\n").index("\n", at)
        else:
            word, at = (word or "") + sign, at + 1
    if word is not None:
        yield word


def _literal(close: str) -> Callable[[str, int], tuple[str, int]]:
    """A quote without escapes."""

    def read(text: str, at: int) -> tuple[str, int]:
        end = text.find(close, at)
        if end < 0:
            raise UnclosedError(close)
        return text[at:end], end + len(close)

    return read


def _escaping(close: str, escape: str, only: str, doubled: bool = False) -> Callable[[str, int], tuple[str, int]]:
    """A quote in which `escape` stands before the characters `only`; before others it is itself.

    An escaped line break is left out. With `doubled`, two closing signs are one.
    """

    def read(text: str, at: int) -> tuple[str, int]:
        said = ""
        while at < len(text):
            sign, following = text[at], text[at + 1 : at + 2]
            if sign == escape and following and following in only:
                said, at = said + ("" if following == "\n" else following), at + 2
            elif doubled and sign == close == following:
                said, at = said + close, at + 2
            elif sign == close:
                return said, at + 1
            else:
                said, at = said + sign, at + 1
        raise UnclosedError(close)

    return read


_SIMPLE = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "\\": "\\", "'": "'",
    '"': '"', "?": "?",
}  # fmt: skip
_CODED = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})")


def _ansi(text: str, at: int) -> tuple[str, int]:
    """The quote `$'...'` of bash, with the escapes of C."""
    said = ""
    while at < len(text):
        if text[at] == "'":
            return said.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), at + 1
        if text[at] != "\\":
            said, at = said + text[at], at + 1
        elif coded := _CODED.match(text, at + 1):
            base = 8 if coded[4] else 16
            number = int(next(group for group in coded.groups() if group), base)
            said, at = said + (chr(number) if number < 0x110000 else "\ufffd"), coded.end()
        else:
            following = text[at + 1 : at + 2]
            said, at = said + _SIMPLE.get(following, "\\" + following), at + 2
    raise UnclosedError("$'")


def _bash(text: str) -> Iterator[str]:
    double = _escaping('"', "\\", '$`"\\\n')
    return _scan(text, {"$'": _ansi, '$"': double, "'": _literal("'"), '"': double}, "\\")


def _fish(text: str) -> Iterator[str]:
    return _scan(text, {"'": _escaping("'", "\\", "\\'"), '"': _escaping('"', "\\", '"$\\\n')}, "\\")


_TICKED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def _powershell_double(text: str, at: int) -> tuple[str, int]:
    said, end = _escaping('"', "`", '"`$\n', doubled=True)(text, at)
    return re.sub("`([ntr])", lambda found: _TICKED[found[1]], said), end


def _powershell(text: str) -> Iterator[str]:
    single = _escaping("'", "", "", doubled=True)
    here = {"@'\n": _literal("\n'@"), '@"\n': _literal('\n"@')}
    return _scan(text, {**here, "'": single, '"': _powershell_double}, "`")


def _cmd(text: str) -> Iterator[str]:
    """First the caret, which cmd.exe removes outside of its quotes; then the quotes of the C runtime."""
    plain, quoted, at = "", False, 0
    while at < len(text):
        sign = text[at]
        if sign == "^" and not quoted and at + 1 < len(text):
            skipped = re.compile(r"[ \t]*\n\s*").match(text, at + 1)
            plain += " " if skipped else text[at + 1]
            at = skipped.end() if skipped else at + 2
            continue
        quoted ^= sign == '"'
        plain, at = plain + sign, at + 1
    yield from _runtime(plain)


def _runtime(text: str) -> Iterator[str]:
    word: str | None = None
    quoted, at = False, 0
    while at < len(text):
        sign = text[at]
        slashes = re.compile(r"(\\+)(\")").match(text, at)
        if slashes:
            count = len(slashes[1])
            word = (word or "") + "\\" * (count // 2)
            at += count
            if count % 2:
                word, at = word + '"', at + 1
        elif sign == '"' and quoted and text[at + 1 : at + 2] == '"':
            word, at = (word or "") + '"', at + 2
        elif sign == '"':
            quoted, word, at = not quoted, word or "", at + 1
        elif sign in " \t\n|&" and not quoted and not (sign == "&" and text[at - 1 : at].strip()):
            if word is not None:
                yield word
            if sign in "\n&|":
                yield PIPE if sign == "|" else END
            word, at = None, at + 1
        else:
            word, at = (word or "") + sign, at + 1
    if quoted:
        raise UnclosedError('"')
    if word is not None:
        yield word


_READERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    "bash": _bash,
    "fish": _fish,
    "cmd": _cmd,
    "powershell": _powershell,
}
