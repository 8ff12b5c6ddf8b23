"""What is wrong with case files although each of them can be loaded: what a reviewer would otherwise have to see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from conformance.core import yaml_input
from conformance.core.model import JSON, Case, Step
from conformance.suite import requirement_sets
from conformance.suite.estimate import Estimate, estimate
from conformance.suite.load import SETS
from conformance.suite.requirement_sets import load_set
from conformance.target import capabilities

MAX_OUTPUT_TOKENS = 40_000
"""What the cases may ask for together, so that a nightly run stays cheap."""

_URL = re.compile(r"https?://\S+")
_NAME = re.compile(r"\$([a-z_]+)")


def problems(folder: Path, cases: Iterable[Case]) -> Iterator[str]:
    """A sentence that starts with file:line for each."""
    kept = tuple(cases)
    yield from _of_cases(kept)
    for path in sorted(folder.glob("**/*.yaml")):
        if path.parent != folder / SETS and not path.name.startswith("_"):
            yield from _of_entries(path)
    for path in sorted(folder.glob("**/_fragments.yaml")):
        yield from _unused_fragments(path)
    yield from _of_sets(folder, kept)
    asked = expected(kept).output_tokens
    if asked > MAX_OUTPUT_TOKENS:
        yield (
            f"{yaml_input.display(folder)}: all cases ask for {asked} output tokens; keep it below {MAX_OUTPUT_TOKENS}"
        )


def expected(cases: Iterable[Case]) -> Estimate:
    """What the cases are going to be answered with: a step that expects a refusal costs no output."""
    return estimate(replace(case, steps=tuple(filter(_answered, case.steps))) for case in cases)


def _answered(step: Step) -> bool:
    return bool(step.expect["outcome"] != "refusal")


def _of_cases(cases: tuple[Case, ...]) -> Iterator[str]:
    written = {(case.file, case.line): case for case in cases}.values()
    for case in written:
        at = f"{case.file}:{case.line}: {case.id.partition('[')[0]}"
        if not _URL.search(case.source):
            yield f"{at}: its source has no URL; say where the requirement is published"
        if case.title.rstrip() != case.title or case.title.endswith("."):
            yield f"{at}: its title ends in a full stop or a space; it is a sentence without one"
        for need in case.needs:
            if need not in capabilities.table():
                yield f"{at}: it needs {need!r}, which schemas/capabilities.yaml does not know; add it there"
    for (file, title), times in Counter((case.file, case.title) for case in written).items():
        if times > 1:
            yield f"{file}: {title!r} is the title of {times} cases"


def _of_entries(path: Path) -> Iterator[str]:
    """Names under `for` that nothing uses: tests that are the same but for their ids."""
    document = yaml_input.parse(path)
    for index, entry in enumerate(document.value["cases"]):
        rest = {key: value for key, value in entry.items() if key not in ("for", "id", "title")}
        used = set(_names(rest))
        for name in entry.get("for", {}):
            if name not in used:
                yield f"{document.at('cases', index)}: nothing uses ${name}, so that its tests are all the same"


def _unused_fragments(path: Path) -> Iterator[str]:
    document = yaml_input.parse(path)
    others = (yaml_input.parse(other).value for other in sorted(path.parent.glob("*.yaml")) if other != path)
    used = {name for value in (*others, document.value) for name in _names(value)}
    for name in document.value:
        if name not in used:
            yield f"{document.at(name)}: no case of the folder uses ${name}"


def _of_sets(folder: Path, cases: tuple[Case, ...]) -> Iterator[str]:
    """Sets that name cases which are gone: an id is for ever."""
    known = {case.id.partition("[")[0] for case in cases} | set(_spread_by_profile(folder))
    for date in requirement_sets.names(folder):
        chosen = load_set(folder, date)
        for name in chosen.levels if chosen else ():
            if name not in known:
                place = yaml_input.display(folder / SETS / date)
                yield f"{place}.yaml: there is no case {name}; an id is never given up"


def _spread_by_profile(folder: Path) -> Iterator[str]:
    """The ids of cases that only a profile gives tests to."""
    for path in sorted(folder.glob("*/*.yaml")):
        if path.parent == folder / SETS or path.name.startswith("_"):
            continue
        head = yaml_input.parse(path).value
        for entry in head["cases"]:
            if any(isinstance(values, str) for values in entry.get("for", {}).values()):
                yield f"{head['family']}/{head['area']}/{entry['id']}"


def _names(value: JSON) -> Iterator[str]:
    """Every $name in a value."""
    if isinstance(value, str):
        yield from _NAME.findall(value)
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _names(key)
            yield from _names(member)
    elif isinstance(value, list):
        for member in value:
            yield from _names(member)
