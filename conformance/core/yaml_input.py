"""Users' YAML, read as JSON: no surprises, no lost keys, and every error with file:line.

Stock PyYAML reads `no` as False, `1e-1` as a string and `12:30` as 750, and lets a duplicate key win in
silence. This loader knows the types of JSON only, refuses duplicates, and remembers where things stood.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from conformance.core import data_files
from conformance.core.model import JSON


class InputError(ValueError):
    """Input that a user can mend: one sentence that says where it is, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file, and the line (from 1) on which each mapping and sequence member begins, by its path."""

    file: str
    value: JSON
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """The line of a member, or of the nearest thing around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def at(self, *path: str | int) -> str:
        """file:line of a member."""
        return f"{self.file}:{self.line(*path)}"


def read_yaml(path: Path, schema: str) -> Document:
    """A YAML file that is valid under a schema of the suite. Raises InputError."""
    document = _parse(path)
    errors = list(_validator(schema).iter_errors(document.value))
    # A key that is misspelt is also a key that is missing: the sentence about the first helps more.
    misspelt = [error for error in errors if error.validator == "additionalProperties"]
    error = best_match(misspelt or errors)
    if error is not None:
        raise InputError(f"{document.at(*_place(error))}: {_sentence(error)}")
    return document


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(_flat(data_files.schema(schema), data_files.schema(schema).get("$defs", {})))


def _flat(part: JSON, definitions: JSON) -> JSON:
    """A schema with what its references lead to in their place: looking them up takes longer than validating."""
    if isinstance(part, list):
        return [_flat(member, definitions) for member in part]
    if not isinstance(part, dict):
        return part
    whole = {key: _flat(member, definitions) for key, member in part.items() if key not in ("$ref", "$defs")}
    if "$ref" not in part:
        return whole
    there = _flat(definitions[part["$ref"].removeprefix("#/$defs/")], definitions)
    return {**there, **whole} if not there.keys() & whole.keys() - {"description"} else {"allOf": [there], **whole}


def parse(path: Path) -> Document:
    """A YAML file of any shape. Raises InputError."""
    return _parse(path)


def display(path: Path) -> str:
    """A path as people know it: relative to the suite where it is the suite's own, else to where they stand."""
    resolved = path.resolve()
    for base, below in (*data_files.OWN, (Path.cwd(), Path.cwd())):
        if resolved.is_relative_to(below):
            return str(resolved.relative_to(base))
    return str(path)


_TAG = "tag:yaml.org,2002:"
_TYPES = ("null", "bool", "int", "float", "str", "seq", "map")


def _json_typed(base: Any) -> Any:
    """A loader with the types of JSON, whose keys are texts."""

    class Loader(base):  # type: ignore[misc]
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            return {
                str(self.construct_scalar(key)): self.construct_object(value, deep=deep) for key, value in node.value
            }

    known = {_TAG + name for name in _TYPES} | {None}
    Loader.yaml_constructors = {tag: made for tag, made in base.yaml_constructors.items() if tag in known}
    Loader.yaml_implicit_resolvers = {}
    Loader.add_constructor(_TAG + "float", _float)
    for kind, (pattern, first) in _SPELLED.items():
        Loader.add_implicit_resolver(_TAG + kind, re.compile(pattern), first)
    return Loader


_SPELLED = {
    "bool": (r"^(?:true|false)$", list("tf")),
    "null": (r"^(?:null|~|)$", ["n", "~", ""]),
    "int": (r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    "float": (r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
}


def _float(loader: Any, node: yaml.ScalarNode) -> float:
    number = float(loader.construct_scalar(node))
    if not math.isfinite(number):
        raise yaml.constructor.ConstructorError(None, None, "the number is too large", node.start_mark)
    return number


_Loader = _json_typed(yaml.SafeLoader)
_FastLoader = _json_typed(yaml.CSafeLoader) if yaml.__with_libyaml__ else None
_DEEPEST = 200
"""libyaml calls itself for each level of nesting, until the process dies of it; no file of ours is nearly so deep."""


def _parse(path: Path) -> Document:
    file = display(path)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{file}: there is no such file; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the file cannot be read ({error})") from error
    try:
        return _quickly(text, file) or _document(_Loader(text), file)
    except InputError:
        raise
    except yaml.MarkedYAMLError as error:
        raise InputError(_yaml_sentence(error, file)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(f"{file}:{line}: this is not YAML: a text has no character {error.character:#x}") from error
    except RecursionError as error:
        raise InputError(f"{file}: this is nested too deeply, or in itself; make it flatter") from error
    except (KeyError, ValueError) as error:
        raise InputError(f"{file}: a value is not of the type that its tag says ({error}); drop the tag") from error


def _quickly(text: str, file: str) -> Document | None:
    """The document as libyaml reads it, ten times as fast; None where it cannot, for its errors say less."""
    if _FastLoader is None or _depth(text) > _DEEPEST:
        return None
    try:
        return _document(_FastLoader(text), file)
    except (yaml.YAMLError, InputError, ValueError, KeyError):
        return None


def _depth(text: str) -> int:
    """No less than the levels that a text may be nested in: open brackets, and what stands before a line's words."""
    open_now = most = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        open_now += 1 if bracket in "[{" else -1
        most = max(most, open_now)
    return most + max(map(len, re.findall(r"(?m)^[ \-?:]*", text)))


def _document(loader: Any, file: str) -> Document:
    try:
        node = loader.get_single_node()
        lines: dict[tuple[str | int, ...], int] = {}
        if node is None:
            return Document(file, None)
        _survey(node, (), lines, file)
        return Document(file, loader.construct_document(node), lines)
    finally:
        loader.dispose()


def _yaml_sentence(error: yaml.MarkedYAMLError, file: str) -> str:
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    line = mark.line + 1 if mark else 1
    context = f"{error.context}, " if error.context else ""
    if start and start.line + 1 != line:
        context = f"{error.context} that begins on line {start.line + 1}, "
    return f"{file}:{line}: this is not valid YAML: {context}{error.problem}; mend the line, or quote the text"


def _survey(node: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], file: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            member = (*path, str(key.value))
            line = key.start_mark.line + 1
            if member in lines:
                raise InputError(f"{file}:{line}: the key {key.value!r} is given twice; keep one of them")
            lines[member] = line
            _survey(value, member, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _survey(value, (*path, index), lines, file)


def _place(error: ValidationError) -> tuple[str | int, ...]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        return (*path, *_strangers(error)[:1])
    return path


def _strangers(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    instance: Any = error.instance
    return [key for key in instance if key not in schema.get("properties", {})]


def _sentence(error: ValidationError) -> str:
    if error.instance is None and not error.absolute_path:
        return "the file is empty; see the description of its format in schemas/"
    where = "/".join(str(token) for token in error.absolute_path) or "the file"
    schema: Any = error.schema
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = ", ".join(schema.get("properties", {}))
        return f"unknown key {', '.join(map(repr, _strangers(error)))} in {where}; known are {known}"
    if error.validator in ("oneOf", "anyOf", "not"):
        return f"{where} fits none of the allowed forms: {schema.get('description') or error.validator_value}"
    return f"{where}: {error.message[:300]}"
