"""Finds problems in case files that loading does not report, such as missing sources and unused fragments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from conformance.core import yaml_input
from conformance.core.model import JSON, Case, Step
from conformance.core.yaml_input import Document
from conformance.suite import requirement_sets
from conformance.suite.estimate import Estimate, estimate
from conformance.suite.load import SETS
from conformance.suite.requirement_sets import load_set
from conformance.target import capabilities

MAX_OUTPUT_TOKENS = 60_000
"""The limit of output tokens that all cases request together, so that a nightly run stays cheap."""

_URL = re.compile(r"https?://\S+")
_NAME = re.compile(r"\$([a-z_]+)")


def problems(folder: Path, cases: Iterable[Case]) -> Iterator[str]:
    """Yield one sentence for each problem; it starts with file:line where the problem has one."""
    kept = tuple(cases)
    documents = {path: yaml_input.parse(path) for path in sorted(folder.glob("**/*.yaml")) if path.parent.name != SETS}
    files = [document for path, document in documents.items() if not path.name.startswith("_")]
    yield from _of_cases(kept)
    for path, document in documents.items():
        if not path.name.startswith("_"):
            fragments = documents.get(path.with_name("_fragments.yaml"))
            yield from _unused_for_names(document, fragments.value if fragments else {})
    for path in documents:
        if path.name == "_fragments.yaml":
            beside = [other for at, other in documents.items() if at.parent == path.parent and at != path]
            yield from _unused_fragments(documents[path], beside)
    yield from _removed_cases(folder, {case.id.partition("[")[0] for case in kept} | set(_profile_cases(files)))
    tokens = expected(kept).output_tokens
    if tokens > MAX_OUTPUT_TOKENS:
        yield (
            f"{yaml_input.display(folder)}: all cases together request {tokens} output tokens; "
            f"keep them below {MAX_OUTPUT_TOKENS}"
        )


def expected(cases: Iterable[Case]) -> Estimate:
    """Return the estimate without steps that cost no output: those that expect an error, or that the suite answers."""
    return estimate(replace(case, steps=tuple(filter(_expects_answer, case.steps))) for case in cases)


def _expects_answer(step: Step) -> bool:
    return step.upstream is None and bool(step.expect["outcome"] != "refusal")


def _of_cases(cases: tuple[Case, ...]) -> Iterator[str]:
    entries = {(case.file, case.line): case for case in cases}.values()  # one of each, not all values of `for`
    for case in entries:
        at = f"{case.file}:{case.line}: {case.id.partition('[')[0]}"
        if not _URL.search(case.source):
            yield f"{at}: the source has no URL; name where the requirement is published"
        if case.title.rstrip() != case.title or case.title.endswith("."):
            yield f"{at}: the title ends in a full stop or a space; remove it"
        for need in case.needs:
            if need not in capabilities.table():
                yield f"{at}: unknown capability {need!r} in `needs`; add it to schemas/capabilities.yaml"
    for (file, title), times in Counter((case.file, case.title) for case in entries).items():
        if times > 1:
            yield f"{file}: {times} cases have the title {title!r}; give each its own"


def _unused_for_names(document: Document, fragments: Mapping[str, JSON]) -> Iterator[str]:
    """Names under `for` that the case does not use: its tests then differ only in their ids."""
    for index, entry in enumerate(document.value["cases"]):
        rest = {key: value for key, value in entry.items() if key not in ("for", "id", "title")}
        used = set(_names(rest))
        used |= {name for fragment in used & fragments.keys() for name in _names(fragments[fragment])}
        for name in entry.get("for", {}):
            if name not in used:
                yield f"{document.at('cases', index)}: the case does not use ${name}, so all its tests are the same"


def _unused_fragments(document: Document, beside: Iterable[Document]) -> Iterator[str]:
    used = {name for other in (document, *beside) for name in _names(other.value)}
    for name in document.value:
        if name not in used:
            yield f"{document.at(name)}: no case in the folder uses ${name}; remove it"


def _removed_cases(folder: Path, known: Container[str]) -> Iterator[str]:
    """Cases in a set that no longer exist. Case ids never change."""
    for date in requirement_sets.names(folder):
        chosen = load_set(folder, date)
        for name in chosen.levels if chosen else ():
            if name not in known:
                place = yaml_input.display(folder / SETS / date)
                yield f"{place}.yaml: there is no case {name}; case ids must not change, so restore it"


def _profile_cases(files: Iterable[Document]) -> Iterator[str]:
    """Yield the ids of cases that have tests only with a profile (`for` over $serves or $refuses)."""
    for document in files:
        head = document.value
        for entry in head["cases"]:
            if any(isinstance(values, str) for values in entry.get("for", {}).values()):
                yield f"{head['family']}/{head['area']}/{entry['id']}"


def _names(value: JSON) -> Iterator[str]:
    """Yield every $name in a value."""
    if isinstance(value, str):
        yield from _NAME.findall(value)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _names(key)
            yield from _names(member)
    elif isinstance(value, list):
        for member in value:
            yield from _names(member)
