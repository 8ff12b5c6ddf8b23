"""Finds banned phrases in the texts of the project. The phrases are data: see tests/banned_phrases.yaml."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.core.data_files import Loader
from tests.support.paths import ROOT

NOUN = r"(?!(?:longer|more|less|fewer|later|earlier|need)\b)\w+"
SENTENCE_START = re.compile(r"(?:\A|[-.:;!|#*>\"]\s|[\"'\n])\Z")
QUESTION = re.compile(r"\s[^.;:]*\?")
NOT_PROSE = {"request", "expect", "required", "enum"}
"""Keys of a case whose values are sent or compared, and keys of a JSON Schema whose values are names."""


@dataclass(frozen=True, slots=True)
class Ban:
    """A group of banned phrases, their replacement, and example sentences."""

    pattern: re.Pattern[str]
    sentence_start: bool
    instead: str
    bad: Sequence[str]
    good: Sequence[str]

    def matches(self, prose: str) -> Iterator[re.Match[str]]:
        """Each place in a text that `plain` has prepared."""
        for match in self.pattern.finditer(prose):
            before = prose[max(0, match.start() - 2) : match.start()]
            if not self.sentence_start or (SENTENCE_START.search(before) and not QUESTION.match(prose, match.end())):
                yield match


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of prose as it stands in a file, and the line in which it begins."""

    line: int
    source: str


def _ban(entry: Any) -> Ban:
    start = entry.get("sentence_start", False)
    return Ban(_pattern(entry["phrases"], 0 if start else re.I), start, entry["instead"], entry["bad"], entry["good"])


def _pattern(phrases: Sequence[str], flags: int) -> re.Pattern[str]:
    parts = (phrase.replace("NOUN", NOUN).replace(" ", r"\s") for phrase in phrases)
    return re.compile(rf"\b(?<!-)(?:{'|'.join(parts)})\b(?!-\w)", flags)


_ENTRIES = yaml.safe_load((ROOT / "tests" / "banned_phrases.yaml").read_text("utf-8"))
BANS = tuple(_ban(entry) for entry in _ENTRIES)
ANY = _pattern([phrase for entry in _ENTRIES if "sentence_start" not in entry for phrase in entry["phrases"]], 0)
"""All phrases but those of sentence starts, in lower case: one search decides whether a file needs a closer look."""


def plain(source: str) -> str:
    """The prose of a source text, line by line, without comment signs, code, and the quotes of strings over lines."""
    source = re.sub(r"```.*", "", source)
    source = re.sub(r"`[^`\n]*`", "x", source)
    source = re.sub(r"[\"']?\n[ \t]*(?:#+:?[ \t]*|[frbFRB]*[\"'](?![\"']))?", "\n", source)
    return re.sub(r"[ \t]+\n", "\n", source)


def hits(text: Text) -> Iterator[tuple[int, str, str]]:
    """Each banned phrase in a text: its line, the words, and the replacement."""
    prose = plain(text.source)
    for ban in BANS:
        for match in ban.matches(prose):
            yield text.line + prose.count("\n", 0, match.start()), " ".join(match[0].split()), ban.instead


def is_suspicious(source: str) -> bool:
    """Whether a file may have a banned phrase; code that is not prose counts as well."""
    prose = plain(source)
    return bool(ANY.search(prose.lower())) or any(any(ban.matches(prose)) for ban in BANS if ban.sentence_start)


def whole(source: str) -> Iterator[Text]:
    """All of a file, such as Markdown."""
    yield Text(1, source)


def python(source: str) -> Iterator[Text]:
    """Comments, docstrings and other string literals."""
    yield from _comments(source)
    yield from _strings(source.splitlines(), ast.parse(source))


def python_docs(source: str) -> Iterator[Text]:
    """Comments and docstrings, without other string literals."""
    yield from _comments(source)
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield from _strings(lines, node.value)


def _strings(lines: Sequence[str], tree: ast.AST) -> Iterator[Text]:
    if isinstance(tree, ast.JoinedStr):
        yield Text(tree.lineno, re.sub(r"\{[^{}]*\}", "x", _segment(lines, tree)))
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield Text(tree.lineno, _segment(lines, tree))
    else:
        for child in ast.iter_child_nodes(tree):
            yield from _strings(lines, child)


def _segment(lines: Sequence[str], node: ast.expr) -> str:
    """The source of a node. `ast.get_source_segment` does the same, but splits the file into lines each time."""
    assert node.end_lineno is not None
    part = list(lines[node.lineno - 1 : node.end_lineno])
    part[-1] = part[-1].encode()[: node.end_col_offset].decode()
    part[0] = part[0].encode()[node.col_offset :].decode()
    return "\n".join(part)


def _comments(source: str) -> Iterator[Text]:
    """Comments; those on consecutive lines are one text."""
    began, lines = 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if lines and token.start[0] != began + len(lines):
                yield Text(began, "\n".join(lines))
                lines = []
            began = began if lines else token.start[0]
            lines.append(token.string.lstrip("#: "))
    if lines:
        yield Text(began, "\n".join(lines))


def data(source: str) -> Iterator[Text]:
    """Comments and values of YAML or JSON, without the requests and expectations of cases."""
    rest = source
    for node, not_prose in list(_scalars(yaml.compose(source, Loader), not_prose=False)):
        start, end = node.start_mark.index, node.end_mark.index
        rest = rest[:start] + re.sub(r"[^\n]", " ", source[start:end]) + rest[end:]
        if not not_prose:
            yield Text(node.start_mark.line + 1, source[start:end])
    yield from yaml_comments(rest)


def yaml_comments(source: str) -> Iterator[Text]:
    """Only the comments; those on consecutive lines are one text."""
    for match in re.finditer(r"(?:^[ \t]*#.*\n?)+|(?<=\s)#.*", source, re.MULTILINE):
        line = source.count("\n", 0, match.start()) + 1
        yield Text(line, "\n".join(part.lstrip(" \t#") for part in match[0].splitlines()))


def _scalars(node: Any, not_prose: bool) -> Iterator[tuple[yaml.ScalarNode, bool]]:
    """All values, and whether each of them is something else than prose."""
    if isinstance(node, yaml.ScalarNode):
        yield node, not_prose
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, not_prose)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, not_prose or key.value in NOT_PROSE)


Reader = Callable[[str], Iterator[Text]]

AREAS: dict[str, tuple[tuple[str, Reader], ...]] = {
    "documents": (
        ("*.md", whole),
        ("docs/**/*.md", whole),
        ("docs/**/*.yaml", yaml_comments),
        ("reports/README.md", whole),
        ("reports/published/README.md", whole),
        ("reports/published/make.sh", whole),
        ("action.yml", whole),
        ("Containerfile", whole),
        ("pyproject.toml", whole),
        (".ci/run", whole),
    ),
    "schemas": (("schemas/**/*.yaml", data), ("schemas/**/*.json", data)),
    "cases": (("cases/*/[!_]*.yaml", data), ("cases/**/_*.yaml", yaml_comments)),
    "clients": (("clients/[!_]*.yaml", data), ("clients/_*.yaml", yaml_comments)),
    "package": (
        ("conformance/**/*.py", python),
        ("conformance/**/*.yaml", data),
        ("conformance/**/*.j2", whole),
        ("conformance/**/*.js", whole),
        ("conftest.py", python),
    ),
    "benchmarks": (("benchmarks/*.py", python),),
    "tests": (("tests/**/*.py", python_docs),),
}
"""The files of each area, and the function that finds their prose."""


def problems(area: str, root: Path = ROOT) -> list[str]:
    """One line for each banned phrase in the texts of an area: the place, the phrase and its replacement."""
    return [
        f'{path.relative_to(root)}:{line}: "{words}"; write {instead}'
        for glob, prose in AREAS[area]
        for path in sorted(root.glob(glob))
        for line, words, instead in sorted(_of_file(path.read_text("utf-8"), prose))
    ]


def _of_file(source: str, prose: Reader) -> Iterator[tuple[int, str, str]]:
    generated = source.startswith("<!-- Generated")  # repeats the texts of other files
    if not generated and is_suspicious(source):
        for text in prose(source):
            yield from hits(text)
