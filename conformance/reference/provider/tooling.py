"""Decides which tools to call with which arguments: those whose words the question uses."""

from __future__ import annotations

import re

from . import question as asked
from .instance import compact, instance
from .prompt import JSON, Call, Prompt, Tool

_PLACE = re.compile(r"city|location|place|town|destination", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{3,}|[^\W\da-zA-Z_]+")
_COMMON = frozenset((
    "get", "set", "fetch", "the", "for", "and", "with", "from", "this", "that", "tool", "tools", "call",
    "calls", "use", "used", "function", "return", "returns", "current", "given", "read", "write", "make",
    "find", "look", "lookup", "show", "tell", "give", "what", "which", "who", "how", "when", "where", "are",
    "you", "your", "please", "reply", "exactly", "answer", "value", "values", "name", "any", "all", "not",
    "one", "two", "can", "will", "does", "has", "have", "its", "into", "about", "run", "do", "user",
    "users",
))  # fmt: skip


def wanted(prompt: Prompt, question: str) -> tuple[Call, ...]:
    """The calls that the prompt asks for; none if tools are off or the question does not need them."""
    if prompt.mode == "none" or not prompt.tools:
        return ()
    fitting = _fitting(prompt.tools, question)
    if prompt.mode == "required":
        fitting = fitting or [prompt.tools[0]]
    calls = _calls(fitting, question)
    return calls if prompt.parallel else calls[:1]


def named(tools: tuple[Tool, ...], question: str) -> list[Tool]:
    """The tools that the question names."""
    return [tool for tool in tools if asked.mentions(question, tool.name)]


def _fitting(tools: tuple[Tool, ...], question: str) -> list[Tool]:
    """The tools that match the question: by name, else by description; in the order of the question."""
    if said_outright := named(tools, question):
        return said_outright
    said = _words(question)
    tools = tuple(tool for tool in tools if not tool.search)
    by_name = _first_said(said, [_words(tool.name) for tool in tools])
    by_description = by_name or _first_said(said, [_words(tool.description) for tool in tools])
    return [tools[index] for index in by_description]


def _first_said(said: list[str], vocabularies: list[list[str]]) -> list[int]:
    """The indexes of vocabularies that share a word with `said`, in the order of the first shared word."""
    shared = [[said.index(word) for word in words if word in said] for words in vocabularies]
    return [index for _, index in sorted((min(places), index) for index, places in enumerate(shared) if places)]


def _words(text: str) -> list[str]:
    """The significant words of a text or an identifier, without plural endings."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word.removesuffix("s") for word in _WORD.findall(spaced.lower()) if word not in _COMMON]


def _calls(tools: list[Tool], question: str) -> tuple[Call, ...]:
    """One call per tool; if a single tool takes one place and the question names several, one call per place."""
    places = asked.places(question)
    if len(tools) == 1 and len(places) > 1 and _takes_one_place(tools[0].schema):
        return tuple(_call(tools[0], question, [place]) for place in places)
    if len(tools) > 1 and len(places) == len(tools):
        return tuple(_call(tool, question, [place]) for tool, place in zip(tools, places, strict=True))
    return tuple(_call(tool, question, places) for tool in tools)


def _takes_one_place(schema: JSON) -> bool:
    fields = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return any(
        _PLACE.search(name) and isinstance(each, dict) and each.get("type", "string") != "array"
        for name, each in fields.items()
    )


def _call(tool: Tool, question: str, places: list[str]) -> Call:
    if tool.custom:
        return Call("", tool.name, _free_text(question), custom=True, namespace=tool.namespace)
    told = "\n".join([question, *_described(tool)])
    arguments = compact(instance(tool.schema, told, places, strict=tool.strict))
    return Call("", tool.name, arguments, namespace=tool.namespace, search=tool.search)


def _described(tool: Tool) -> list[str]:
    """The values that the descriptions of a tool and of its parameters give, as settings: `code set to plum`."""
    fields = tool.schema.get("properties", {}) if isinstance(tool.schema, dict) else {}
    texts = [
        tool.description,
        *(str(each.get("description", "")) for each in fields.values() if isinstance(each, dict)),
    ]
    return [f"{name} set to {value}" for text in texts for name, value in asked.settings(text).items()]


def _free_text(question: str) -> str:
    """The input of a custom tool: the exact text asked for, else a quotation, else the question."""
    return asked.exact(question) or next(iter(asked.quotations(question)), "") or question.strip() or "text"
