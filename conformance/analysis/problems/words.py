"""A scope in words: "every streamed Chat Completions answer with tools"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis.problems.scope import ANY_ENDPOINT, NOT, OR, Scope, fact_of
from conformance.protocol.family import MAIN, load_family

NOUN = "answer"
UPSTREAM = "upstream"
"""The fact whose value is a family."""
_NAMES = {
    "count_tokens": "token-count",
    "model": "single-model",
    "models": "model-list",
    "model_anthropic": "Anthropic single-model",
    "models_anthropic": "Anthropic model-list",
}
"""Endpoints that are named by what they return."""
_FEW = 2
"""The number of conditions that "and" joins; a longer list gets commas."""


def scope(found: Scope) -> str:
    """The condition as the end of the sentence "It shows in ..."."""
    endpoint, *literals = found.literals
    noun = next((fact_of(literal).noun for literal in literals if not _is_not(literal) and fact_of(literal).noun), NOUN)
    adjectives = [word for literal in literals if (word := _adjective(literal))]
    phrases = [word for literal in literals if (word := _phrase(literal))]
    title = _title(endpoint)
    return " ".join(["every", *adjectives, *([title] if title else []), noun, *_joined(phrases)])


def _title(endpoint: str) -> str:
    if endpoint == ANY_ENDPOINT:
        return ""
    names = endpoint.partition("=")[2].split(OR)
    titles = [load_family(name).title if name in MAIN else _NAMES.get(name, name.replace("_", " ")) for name in names]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)


def _is_not(literal: str) -> bool:
    return literal.startswith(NOT)


def _value(literal: str) -> str:
    name, _, value = literal.partition("=")
    return load_family(value).title if name == UPSTREAM and value in MAIN else value


def _adjective(literal: str) -> str:
    fact = fact_of(literal)
    return (fact.not_adjective if _is_not(literal) else fact.adjective).format(_value(literal))


def _phrase(literal: str) -> str:
    fact = fact_of(literal)
    return (fact.not_phrase if _is_not(literal) else fact.phrase).format(_value(literal))


def _joined(phrases: Sequence[str]) -> Iterator[str]:
    if len(phrases) <= _FEW:
        yield from [" and ".join(phrases)] if phrases else []
    else:
        yield ", ".join(phrases[:-1]) + " and " + phrases[-1]
