"""Error messages for problems of a body: OpenAI's have a parameter and a code, Anthropic's are one line.

Codes: seen in answers of api.openai.com, listed in https://github.com/openai/openai-python (README, errors).
Names, types, parameters and codes are the vendors'; the sentences are not, except for the one about an unknown field
at Anthropic, by which Claude Code finds the field to leave out.
"""

from __future__ import annotations

from .errors import Refused
from .prompt import JSON
from .validation import Path, Problem, expected_types, type_name

_OPENAI = {
    "missing": ("missing_required_parameter", "The required parameter '{name}' is missing."),
    "unknown": ("unknown_parameter", "There is no parameter '{name}' here."),
    "type": ("invalid_type", "'{name}' has the wrong type: it has to be {types}, not {got}."),
    "value": ("invalid_value", "'{name}' cannot be {value}. Supported: {limit}."),
    "below": ("{number}_below_min_value", "'{name}' is too small: {limit} is the least, {value} was given."),
    "above": ("{number}_above_max_value", "'{name}' is too large: {limit} is the most, {value} was given."),
    "empty": ("empty_array", "'{name}' is an empty array; it has to hold at least {limit} element."),
    "many": ("array_above_max_length", "'{name}' holds too much: {limit} entries are the most."),
    "blank": ("empty_string", "'{name}' is an empty string."),
    "long": ("string_above_max_length", "'{name}' is too long: {limit} characters are the most."),
    "pattern": ("invalid_value", "'{name}' has to match the pattern {limit}."),
}
_ANTHROPIC = {
    "missing": "{name}: this field is required",
    "unknown": "{name}: Extra inputs are not permitted",
    "type": "{name}: this has to be {types}, but it is {got}",
    "value": "{name}: {value} is none of the permitted values: {limit}",
    "below": "{name}: this has to be at least {limit}",
    "above": "{name}: this has to be at most {limit}",
    "empty": "{name}: at least {limit} element is needed",
    "many": "{name}: at most {limit} entries are permitted",
    "blank": "{name}: the text has to be non-empty",
    "long": "{name}: at most {limit} characters are permitted",
    "pattern": "{name}: this has to match the pattern {limit}",
}
_LONGEST_VALUE = 80


def openai_refusal(problem: Problem) -> Refused:
    """The problem as OpenAI reports it; `param` is a path such as `messages[0].content[1].type`."""
    name = openai_path(problem.path)
    code, words = _OPENAI[problem.kind]
    facts = _facts(problem)
    return Refused(words.format(name=name, **facts), param=name or None, code=code.format(**facts))


def anthropic_refusal(problem: Problem) -> Refused:
    """The problem as Anthropic reports it; the message begins with a path such as `messages.0.content`."""
    name = ".".join(map(str, problem.path)) or "body"
    return Refused(_ANTHROPIC[problem.kind].format(name=name, **_facts(problem)))


def openai_path(path: Path) -> str:
    """A path in OpenAI's notation."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _facts(problem: Problem) -> dict[str, str]:
    limit, whole = problem.limit, True
    if problem.kind in ("below", "above"):
        limit, whole = problem.limit
    return {
        "types": expected_types(limit) if problem.kind == "type" else "",
        "got": type_name(problem.got),
        "value": _shown(problem.got),
        "limit": _shown(limit),
        "number": "integer" if whole else "decimal",
    }


def _shown(value: JSON) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
