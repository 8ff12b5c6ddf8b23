"""Finds in a prompt what it asks for and names: exact replies, facts told before, places, numbers, quotations.

Test prompts use few and simple instructions, so patterns are enough to follow them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EXACTLY = re.compile(
    r"\b(?:reply|respond|answer|say|output|repeat|write|print|return)(?:\s+\w+){0,2}\s+exactly\b"
    r"[^:\n]{0,60}:[ \t]*([^\r\n]+)",
    re.IGNORECASE,
)
_LINES = re.compile(r"\bexactly the lines between BEGIN and END\b[^\n]*\nBEGIN\n(.*?)\nEND\b", re.DOTALL)
_ONE_WORD = re.compile(
    r"\b(?:reply|respond|answer)\s+(?:only\s+)?with\s+(?:only\s+)?(?:just\s+)?the\s+(?:single\s+|one\s+)?word:?\s+[\"'`]?([\w-]+)",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"(?i:\b(?:the|my|your|this|a)\s+([a-z][a-z ]{0,30}?)\s*(?:\bis\b|\bwas\b|:|=)\s*)[\"'`“]?"
    r"([A-Z][\w-]+(?: [A-Z][\w-]+)+|[^\s\"'`“”]+)"
)
_REMEMBER = re.compile(
    r"\bremember\s+(?:the|this|my)\s+([a-z ]{0,20}?(?:word|number|name|code|colou?r|phrase|token))"
    r"[:,]?\s+[\"'`“]?(\S+)",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\?|\b(?:what|which|repeat|recall|tell|say|state|who)\b", re.IGNORECASE)
_ALL = re.compile(r"\ball (?:of )?the (\w[\w ]*?)s\b", re.IGNORECASE)
_COUNT = re.compile(r"\bcount\s+(?:up\s+)?(?:from\s+(\d{1,9})\s+)?to\s+(\d{1,9})", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.-])-?\d{1,19}(?:\.\d{1,15})?(?![\w-])")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`")
_NAME = r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я\u3040-\u9fff\uac00-\ud7af][\w'\u2019-]*"
_NAMES = rf"{_NAME}(?:[ ]{_NAME})*"
_PLACES = re.compile(
    rf"\b(?:in|for|at|near|of)\s+({_NAMES}(?:(?:,\s*(?:and\s+)?|\s+and\s+|\s+or\s+|\s*&\s*){_NAMES})*)"
)
_BETWEEN_PLACES = re.compile(r"\s*(?:,\s*and\s|,(?!\s*[A-Z]{2}\b)|\band\b|\bor\b|&)\s*")
_INSIDE_SENTENCE = re.compile(rf"(?<=[a-z,;] )({_NAMES})")
_NO_PLACES = frozenset((
    "celsius", "fahrenheit", "kelvin", "json", "english", "german", "french", "spanish", "python", "i",
    "utc",
))  # fmt: skip
_BEFORE_A_CALL = (
    re.compile(r"\bfirst (?:say|write|reply)\b[^:\n]*: *([^\n]+)\n.*\bthen call\b", re.IGNORECASE | re.DOTALL),
    re.compile(r"\bsay [\"'`]?(\w[\w ]*?)[\"'`]?,? (?:and )?then call\b", re.IGNORECASE),
)
_SETTING = re.compile(r"\b(\w+) set to [\"']?([^\s\"']+)")
_COUNT_LIMIT = 10_000


def exact(text: str) -> str | None:
    """The X of the last "Reply with exactly: X" in the text, to the end of its line; or the lines that it asks for."""
    found = _LINES.findall(text) or _EXACTLY.findall(text) or _ONE_WORD.findall(text)
    return found[-1] if found else None


def recalled(told: Iterable[str], question: str) -> str | None:
    """The fact that the question asks for ("What is my name?"), or all facts of a kind, if the texts contain it."""
    if not _ASKS.search(question):
        return None
    known: dict[str, str] = {}
    for text in told:
        for pattern in (_FACT, _REMEMBER):
            known.update((key.lower().strip(), value.rstrip(".,;:!?\"'`”")) for key, value in pattern.findall(text))
    asked = question.lower()
    if every := _ALL.search(asked):
        return " ".join(value for key, value in known.items() if key.endswith(every[1])) or None
    whole = [value for key, value in known.items() if re.search(rf"\b{re.escape(key)}\b", asked)]
    partly = [value for key, value in known.items() if re.search(rf"\b{re.escape(key.split()[-1])}\b", asked)]
    return next(reversed(whole or partly), None)


def asks_for_all(text: str) -> bool:
    """Whether the text asks for all facts of a kind: "Repeat all the code words"."""
    return bool(_ALL.search(text))


def counted(text: str) -> str | None:
    """The numbers that "Count from 1 to 5" asks for, separated by commas, or by spaces if the text says so."""
    found = _COUNT.search(text)
    if not found:
        return None
    first, last = int(found[1] or 1), int(found[2])
    separator = " " if "separated by spaces" in text else ", "
    return separator.join(map(str, range(first, min(last, first + _COUNT_LIMIT) + 1)))


def places(text: str) -> list[str]:
    """The places named after "in", "for" and so on, else the names inside a sentence; in order, once each."""
    lists = _PLACES.findall(text) or _INSIDE_SENTENCE.findall(text)
    named = (each.strip() for group in lists for each in _BETWEEN_PLACES.split(group))
    return list(dict.fromkeys(each for each in named if each and each.lower() not in _NO_PLACES))


def numbers(text: str) -> list[float]:
    """The numbers in the text, in order; whole ones are integers."""
    return [float(each) if "." in each else int(each) for each in _NUMBER.findall(text)]


def quotations(text: str) -> list[str]:
    """The texts between double quotes or backticks, in order."""
    return [next(filter(None, groups)) for groups in _QUOTED.findall(text)]


def assigned(name: str, text: str) -> str | None:
    """The value that the text gives a field: `city: Oslo`, `city is Oslo`, `city="Oslo"`."""
    words = r"[\s_-]*".join(map(re.escape, re.findall(r"[a-zA-Z][a-z]*|[A-Z]+|\d+", name) or [name]))
    link = r"\s*(?:=|:|\bis\b|\bnamed\b|\bcalled\b|\bset to\b|\bof\b)\s*"
    found = re.search(rf"\b{words}\b{link}(?:\"([^\"]*)\"|([^\s,;]+))", text, re.IGNORECASE)
    return (found[1] or found[2].rstrip(".!?\"'")) if found else None


def before_call(text: str) -> str:
    """The X of "First say: X", with "then call" on a later line, or of "Say X, then call"; "" without them."""
    found = (pattern.search(text) for pattern in _BEFORE_A_CALL)
    return next((match[1] for match in found if match), "")


def asks_for_colours(text: str) -> bool:
    """Whether the text asks for the colours of pictures."""
    return bool(re.search(r"\bcolou?rs?\b", text, re.IGNORECASE) and _ASKS.search(text))


def settings(text: str) -> dict[str, str]:
    """The fields and values of "word set to plum", by name."""
    return {name: value.rstrip(".,;!?\"'") for name, value in _SETTING.findall(text)}


def mentions(text: str, value: str) -> bool:
    """Whether the text contains the value as a whole word, in any case."""
    return bool(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE))
