"""Reads users' YAML files with the data model of JSON; every error has file:line.

PyYAML's own loaders read `no` as False, `1e-1` as a string and `12:30` as 750, and silently accept duplicate keys.
This loader knows only the types of JSON, rejects duplicate keys, and records the line of every value.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from conformance.core import data_files, schema_validator, user_cache
from conformance.core.model import JSON

MAX_BYTES = 16 * 1024 * 1024
"""The limit of a file. The longest lists of known failures have some 100 kB."""
MAX_VALUES = 500_000
"""The limit of values in a file after its aliases are followed: a few lines of aliases can mean billions of values."""


KEPT = 400
"""Documents that are kept: those of a few versions of the suite."""


class InputError(ValueError):
    """Invalid input from the user. The message is one sentence: where it is, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file, and the line (from 1) on which each member of a mapping or list begins, by its path."""

    file: str
    value: JSON
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def line(self, *path: str | int) -> int:
        """Return the line of a member, or that of the nearest enclosing value whose line is known."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def at(self, *path: str | int) -> str:
        """Return `file:line` of a member, for messages."""
        return f"{self.file}:{self.line(*path)}"


def read_yaml(path: Path, schema: str) -> Document:
    """Read a YAML file and validate it against a schema of the suite (a path below schemas/). Raises InputError."""
    document = parse(path)
    _validate(document, schema)
    return document


def read_kept(path: Path, schema: str = "") -> Document:
    """Like `read_yaml`, for files of which every run reads several: they are kept in the user's cache folder as JSON.

    Without a schema, the structure is not validated. The name of an entry is a hash of everything that the document
    depends on, so entries never become stale.
    """
    file = display(path)
    text = _read_text(path, file)
    name = _entry_name(file, text, schema)
    with suppress(RuntimeError, ValueError, TypeError):
        if (kept := user_cache.load(_documents(), name)) is not None:
            return _unpacked(file, kept)
    document = _parse_text(text, file)
    if schema:
        _validate(document, schema)
    with suppress(RuntimeError, ValueError, TypeError):
        if _unpacked(file, made := json.dumps([document.value, [*document.lines.items()]])) == document:
            user_cache.save(_documents(), name, made, KEPT)
    return document


def _entry_name(file: str, text: str, schema: str) -> str:
    about = (sys.version, yaml.__version__, *_sources(), _schema_text(schema), file, text)
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()


@cache
def _schema_text(schema: str) -> str:
    return json.dumps(data_files.schema(schema)) if schema else ""


@cache
def _sources() -> tuple[str, ...]:
    return tuple(Path(name).read_text("utf-8") for name in (__file__, schema_validator.__file__))


def _documents() -> Path:
    """Where documents are kept. Raises RuntimeError if the user has no home folder."""
    return user_cache.folder() / "documents"


def _unpacked(file: str, kept: str) -> Document:
    value, lines = json.loads(kept)
    return Document(file, value, {tuple(path): line for path, line in lines})


def _validate(document: Document, schema: str) -> None:
    """Raises InputError if the document does not fit the schema."""
    errors = list(_validator(schema).iter_errors(document.value))
    # A misspelt key usually causes two errors: an unknown key and a missing one. The first helps the user more.
    unknown_keys = [error for error in errors if error.validator == "additionalProperties"]
    error = best_match(unknown_keys or errors)
    if error is not None:
        raise InputError(f"{document.at(*_error_path(error))}: {_error_sentence(error)}")


_Validator = schema_validator.validator_class()


@cache
def _validator(schema: str) -> Any:
    loaded = data_files.schema(schema)
    return _Validator(_inline_refs(loaded, loaded.get("$defs", {})))


def _inline_refs(schema: JSON, definitions: JSON) -> JSON:
    """Replace every `$ref` to `$defs` by its definition: jsonschema needs longer to resolve them than to validate."""
    if isinstance(schema, list):
        return [_inline_refs(member, definitions) for member in schema]
    if not isinstance(schema, dict):
        return schema
    own = {key: _inline_refs(member, definitions) for key, member in schema.items() if key not in ("$ref", "$defs")}
    if "$ref" not in schema:
        return own
    definition = _inline_refs(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    conflicts = definition.keys() & own.keys() - {"description"}
    return {"allOf": [definition], **own} if conflicts else {**definition, **own}


def parse(path: Path) -> Document:
    """Read a YAML file without validating its structure. Raises InputError."""
    file = display(path)
    return _parse_text(_read_text(path, file), file)


def display(path: Path) -> str:
    """Return a path for messages: relative to the suite for its own files, else relative to the current folder."""
    resolved = path.resolve()
    for base, below in (*data_files.DATA_FOLDERS, (Path.cwd(), Path.cwd())):
        if resolved.is_relative_to(below):
            return str(resolved.relative_to(base))
    return str(path)


_TAG = "tag:yaml.org,2002:"
_TYPES = ("null", "bool", "int", "float", "str", "seq", "map")


def _json_loader(base: Any) -> Any:
    """Derive a PyYAML loader that knows only the types of JSON; keys of mappings are always strings."""

    class Loader(base):  # type: ignore[misc]
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            return {
                str(self.construct_scalar(key)): self.construct_object(value, deep=deep) for key, value in node.value
            }

    known = {_TAG + name for name in _TYPES} | {None}
    Loader.yaml_constructors = {tag: made for tag, made in base.yaml_constructors.items() if tag in known}
    Loader.yaml_implicit_resolvers = {}
    Loader.add_constructor(_TAG + "float", _float)
    for kind, (pattern, first_characters) in _PLAIN_SCALARS.items():
        Loader.add_implicit_resolver(_TAG + kind, re.compile(pattern), first_characters)
    return Loader


_PLAIN_SCALARS = {
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


_Loader = _json_loader(yaml.SafeLoader)
_FastLoader = _json_loader(yaml.CSafeLoader) if yaml.__with_libyaml__ else None
_MAX_DEPTH = 200
"""libyaml recurses for each level of nesting and can overflow the C stack. Deeper files use the Python loader."""


def _read_text(path: Path, file: str) -> str:
    try:
        with path.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"{file}: the file has more than {MAX_BYTES} bytes; split it")
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError as error:
        raise InputError(f"{file}: there is no such file; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: the file cannot be read ({error})") from error


def _parse_text(text: str, file: str) -> Document:
    try:
        return _parse_fast(text, file) or _document(_Loader(text), file, text)
    except InputError:
        raise
    except yaml.MarkedYAMLError as error:
        raise InputError(_yaml_sentence(error, file)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InputError(f"{file}:{line}: YAML does not allow the character {error.character:#x}; remove it") from error
    except RecursionError as error:
        raise InputError(f"{file}: the file is nested too deeply or contains itself; make it flatter") from error
    except (KeyError, ValueError) as error:
        raise InputError(f"{file}: a value does not have the type of its tag ({error}); remove the tag") from error


def _parse_fast(text: str, file: str) -> Document | None:
    """Parse with libyaml, ten times as fast. None if it fails: the Python loader then gives the better message."""
    if _FastLoader is None or _max_depth(text) > _MAX_DEPTH:
        return None
    try:
        return _document(_FastLoader(text), file, text)
    except (yaml.YAMLError, InputError, ValueError, KeyError):
        return None


def _max_depth(text: str) -> int:
    """Return an upper bound of the nesting depth: open brackets plus the longest indentation."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest + max(map(len, re.findall(r"(?m)^[ \-?:]*", text)))


def _document(loader: Any, file: str, text: str) -> Document:
    try:
        node = loader.get_single_node()
        lines: dict[tuple[str | int, ...], int] = {}
        if node is None:
            return Document(file, None)
        if _may_expand(text):
            _check_expansion(node, file)
        _record_lines(node, (), lines, file)
        return Document(file, loader.construct_document(node), lines)
    finally:
        loader.dispose()


def _yaml_sentence(error: yaml.MarkedYAMLError, file: str) -> str:
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    line = mark.line + 1 if mark else 1
    context = f"{error.context}, " if error.context else ""
    if start and start.line + 1 != line:
        context = f"{error.context} that begins on line {start.line + 1}, "
    return f"{file}:{line}: this is not valid YAML: {context}{error.problem}; correct the line, or quote the text"


def _may_expand(text: str) -> bool:
    """Whether a file may have too many values: it has an anchor, or is long. A character makes two values at most."""
    return "&" in text or 2 * len(text) > MAX_VALUES


def _check_expansion(root: Any, file: str) -> None:
    """Raises InputError if the aliases of a file lead to too many values; RecursionError if it contains itself."""
    sizes: dict[int, int] = {}

    def size(node: Any) -> int:
        if id(node) not in sizes:
            members = node.value if isinstance(node, yaml.CollectionNode) else ()
            parts = (part for member in members for part in (member if isinstance(member, tuple) else (member,)))
            sizes[id(node)] = 1 + sum(map(size, parts))
            if sizes[id(node)] > MAX_VALUES:
                line = node.start_mark.line + 1
                raise InputError(
                    f"{file}:{line}: the value expands to more than {MAX_VALUES} values; use fewer aliases"
                )
        return sizes[id(node)]

    size(root)


def _record_lines(node: Any, path: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], file: str) -> None:
    """Fill `lines` with the line of every member below `node`. Raises InputError for a duplicate key."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            member = (*path, str(key.value))
            line = key.start_mark.line + 1
            if member in lines:
                raise InputError(f"{file}:{line}: the key {key.value!r} is given twice; keep one of them")
            lines[member] = line
            _record_lines(value, member, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _record_lines(value, (*path, index), lines, file)


def _error_path(error: ValidationError) -> tuple[str | int, ...]:
    """Return the path of the value to blame: for an unknown key, the key itself."""
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        return (*path, *_unknown_keys(error)[:1])
    return path


def _unknown_keys(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    instance: Any = error.instance
    return [key for key in instance if key not in schema.get("properties", {})]


def _error_sentence(error: ValidationError) -> str:
    if error.instance is None and not error.absolute_path:
        return "the file is empty; the schemas in schemas/ describe its format"
    where = "/".join(str(token) for token in error.absolute_path) or "the file"
    schema: Any = error.schema
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = ", ".join(schema.get("properties", {}))
        return f"unknown key {', '.join(map(repr, _unknown_keys(error)))} in {where}; known keys: {known}"
    if error.validator in ("oneOf", "anyOf", "not"):
        return f"{where} has none of the allowed forms: {schema.get('description') or error.validator_value}"
    return f"{where}: {error.message[:300]}"
