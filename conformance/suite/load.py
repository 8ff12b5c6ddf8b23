"""Loads case files. Every error starts with file:line."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, groupby, product
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from conformance.core import yaml_input
from conformance.core.canary import canary
from conformance.core.case_format import Expectation, StepRequest
from conformance.core.model import JSON, Case, Step
from conformance.core.yaml_input import Document, InputError, read_yaml
from conformance.protocol import family, parameters
from conformance.suite import case_cache, template
from conformance.suite.applies import TWO_SIDED

GIVEN = ("model", "canary", "token", "body_limit")
"""The names that every case may use: the model, a canary word, the step's token, and the profile's limit of a body."""

_GIVEN_EXCEPT_CANARY = tuple(name for name in GIVEN if name != "canary")

PARAMETERS = "$parameters/"
"""In `for`, before an endpoint: the ids of its parameters. `$NAME_body` is then the request that has the parameter."""

SETS = "sets"
"""The folder below the cases with the requirement sets, which are not case files."""

_SERVES, _REFUSES = "$serves/", "$refuses/"
"""In `for`, before an endpoint: the models for which a profile claims, or does not claim, the endpoint."""

Served = Mapping[str, Sequence[str]]
"""Model -> the endpoints that serve it, as a profile claims."""


def load_cases(folder: Path, served: Served = MappingProxyType({})) -> tuple[Case, ...]:
    """Load all cases below a folder, in the order of their files. Raises InputError.

    `served` is the profile's `serves`, for cases with `for: $serves/E` or `$refuses/E`.
    """
    if not folder.is_dir():
        raise InputError(f"{yaml_input.display(folder)}: there is no such folder of cases; check the path")
    try:
        key = case_cache.key(folder, served, Path(__file__))
    except OSError:
        return _load(folder, served)  # raises InputError for the unreadable file
    cases = case_cache.load(key)
    if cases is None:
        cases = _load_served(folder, served) if served else _load(folder, served)
        case_cache.save(key, cases)
    return cases


def _load_served(folder: Path, served: Served) -> tuple[Case, ...]:
    """Load only the files that name `served`, which are few; the cases of the others may be in the cache."""
    try:
        others = load_cases(folder)
    except InputError:  # it may be that all files need `served`
        return _load(folder, served)
    by_file = {file: tuple(cases) for file, cases in groupby(others, lambda case: case.file)}
    return _joined(
        folder,
        (
            load_case_file(path, served) if _names_served(path) else by_file.get(yaml_input.display(path), ())
            for path in _case_files(folder)
        ),
    )


def _names_served(path: Path) -> bool:
    text = path.read_bytes()
    return any(name.encode() in text for name in (_SERVES, _REFUSES))


def _load(folder: Path, served: Served) -> tuple[Case, ...]:
    fragments = cache(_fragments)  # for this load: the files of a folder share its fragments
    return _joined(folder, (_cases_of(path, served, fragments(path.parent)) for path in _case_files(folder)))


def _case_files(folder: Path) -> Sequence[Path]:
    for path in sorted(folder.glob("**/*.yml")):
        raise InputError(f"{yaml_input.display(path)}: case files must end in .yaml; rename the file")
    found = sorted(folder.glob("**/*.yaml"))
    return [path for path in found if not path.name.startswith("_") and path.parent != folder / SETS]


def _joined(folder: Path, files: Iterable[Sequence[Case]]) -> tuple[Case, ...]:
    """Return the cases of all files. Raises InputError if two have one id, and for a folder without cases."""
    cases: dict[str, Case] = {}
    for case in chain.from_iterable(files):
        if case.id in cases:
            first = cases[case.id]
            raise InputError(
                f"{case.file}:{case.line}: the id {case.id} is already used at {first.file}:{first.line}; "
                "give one of them another id"
            )
        cases[case.id] = case
    if not cases:
        raise InputError(
            f"{yaml_input.display(folder)}: the folder has no cases; use a folder with .yaml case files, and, "
            "if all of them use $serves or $refuses, a profile with `serves`"
        )
    return tuple(cases.values())


def load_case_file(path: Path, served: Served = MappingProxyType({})) -> tuple[Case, ...]:
    """Load the cases of one file, for an entry with `for` one for each combination of values. Raises InputError."""
    return _cases_of(path, served, _fragments(path.parent))


def _cases_of(path: Path, served: Served, fragments: Mapping[str, JSON]) -> tuple[Case, ...]:
    document = read_yaml(path, "case.schema.json")
    return tuple(
        case
        for index, entry in enumerate(document.value["cases"])
        for case in _spread(document, index, entry, fragments, served)
    )


def _fragments(folder: Path) -> Mapping[str, JSON]:
    """The fragments of a folder, by their names. Raises InputError."""
    file = folder / "_fragments.yaml"
    value = yaml_input.parse(file).value if file.is_file() else {}
    if not isinstance(value, dict):
        raise InputError(f"{yaml_input.display(file)}:1: the fragments must be a mapping of names to values")
    return value


def _spread(
    document: Document, index: int, entry: JSON, fragments: Mapping[str, JSON], served: Served
) -> Iterator[Case]:
    choices = {name: _choices(values, served) for name, values in entry.get("for", {}).items()}
    for combination in product(*choices.values()):
        values = dict(zip(choices, combination, strict=True))
        yield _case(document, index, entry, values, {**fragments, **dict(_bodies(entry.get("for", {}), values))})


def _choices(values: JSON, served: Served) -> Sequence[JSON]:
    """Return the values of a name in `for`.

    `$serves/E` and `$refuses/E` are the models for which the profile claims, or does not claim, the endpoint E;
    `$parameters/E` are the ids of the parameters of E.
    """
    if not isinstance(values, str):
        choices: Sequence[JSON] = values
        return choices
    if values.startswith(PARAMETERS):
        return parameters.ids(values.removeprefix(PARAMETERS))
    is_claimed = values.startswith(_SERVES)
    endpoint = values.removeprefix(_SERVES if is_claimed else _REFUSES)
    return [model for model, endpoints in served.items() if (endpoint in endpoints) == is_claimed]


def _bodies(names: Mapping[str, JSON], values: Mapping[str, JSON]) -> Iterator[tuple[str, JSON]]:
    """Yield (`NAME_body`, request) for the names in `for` that stand for parameters."""
    table = parameters.parameters()
    for name, given in names.items():
        if isinstance(given, str) and given.startswith(PARAMETERS):
            chosen = table[given.removeprefix(PARAMETERS), values[name]]
            yield f"{name}_body", parameters.request_body(chosen)


def _case(
    document: Document, index: int, entry: JSON, values: Mapping[str, JSON], fragments: Mapping[str, JSON]
) -> Case:
    head = {key: document.value[key] for key in ("source", "level", "to") if key in document.value}
    merged: dict[str, Any] = {**head, **entry}
    place = document.at("cases", index)
    case_id = _id(document.value, entry, values)
    try:
        steps = tuple(_repeat_burst(merged, case_id, _steps(merged, {**fragments, **values})))
        endpoint = str(template.fill(merged.get("to", document.value["family"]), values))
    except template.UnknownNameError as error:
        raise InputError(f"{place}: {error}") from error
    for number, step in enumerate(steps, 1):
        to = str(step.request.get("to", endpoint))
        for mistake in (*_mistakes(step, number), *_parameter_mistakes(step, to)):
            raise InputError(f"{place}: {mistake}")
    if endpoint not in family.names():
        known = ", ".join(family.names())
        raise InputError(f"{place}: unknown endpoint {endpoint!r}; name one in `to`; known endpoints: {known}")
    return Case(
        id=case_id,
        title=entry["title"],
        family=document.value["family"],
        area=document.value["area"],
        endpoint=endpoint,
        level=merged.get("level", "must"),
        source=merged["source"],
        needs=tuple(dict.fromkeys((*document.value.get("needs", ()), *entry.get("needs", ())))),
        steps=steps,
        file=document.file,
        line=document.line("cases", index),
        values=values,
        marks=tuple(_marks(document.value, entry, endpoint, steps)),
    )


def _id(head: JSON, entry: JSON, values: Mapping[str, JSON]) -> str:
    parameters = ",".join(f"{name}={_as_text(value)}" for name, value in values.items())
    return f"{head['family']}/{head['area']}/{entry['id']}" + (f"[{parameters}]" if parameters else "")


def _as_text(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _steps(entry: JSON, known: Mapping[str, JSON]) -> Iterator[Step]:
    """Yield the steps with fragments and `for` values filled in; names that get a value at run time are left."""
    runtime_names = list(GIVEN)
    for step in entry.get("steps") or [entry]:
        yield Step(
            request=template.expand(step["request"], known, runtime_names),
            expect=template.expand(step["expect"], known, runtime_names),
            keep=step.get("keep", {}),
            upstream=template.expand(step["upstream"], known, runtime_names) if "upstream" in step else None,
        )
        runtime_names += step.get("keep", {})


def _repeat_burst(entry: JSON, case_id: str, steps: Iterator[Step]) -> Iterator[Step]:
    """Yield the steps; with `burst: N`, the only step N times, sent at the same time, each with its own canary word."""
    if "burst" not in entry:
        yield from steps
        return
    (step,) = steps
    for number in range(entry["burst"]):
        word = {"canary": canary(f"{case_id} {number}")}
        request: StepRequest = template.expand(step.request, word, _GIVEN_EXCEPT_CANARY)
        expect: Expectation = template.expand(step.expect, word, _GIVEN_EXCEPT_CANARY)
        if number:
            request["together"] = True
        upstream = template.expand(step.upstream, word, _GIVEN_EXCEPT_CANARY) if step.upstream else None
        yield replace(step, request=request, expect=expect, upstream=upstream)


def _mistakes(step: Step, number: int) -> Iterator[str]:
    """Yield the mistakes in a step that the schema of case files cannot express. `number` counts from 1."""
    if step.expect.get("same_as", 0) >= number:
        yield f"same_as names step {step.expect['same_as']}, which does not come before step {number}"
    if step.expect.get("differs", {}).get("step", 0) >= number:
        yield f"differs names step {step.expect['differs']['step']}, which does not come before step {number}"
    converted = step.expect.get("unless_converted", {})
    if converted and converted["from"] not in family.names():
        known = ", ".join(family.names())
        yield f"unless_converted: unknown endpoint {converted['from']!r}; known endpoints: {known}"
    yield from _upstream_mistakes(step)
    try:
        base64.b64decode(str(step.request.get("raw_base64", "")), validate=True)
    except ValueError as error:
        yield f"raw_base64 is not valid base64 ({error})"
    for part in template.invalid_repeats([step.request, step.expect]):
        text = json.dumps(part, ensure_ascii=False)[:100]
        yield f'{text} is not a valid $repeat; write {{$repeat: "word ", times: 5000}}, with times >= 1'
    for answer in (step.expect.get("answer", {}), converted.get("answer", {})):
        if "json" not in answer:
            continue
        try:
            Draft202012Validator.check_schema(answer["json"])
        except SchemaError as error:
            yield f"answer.json is not a valid JSON Schema ({error.message})"


def _parameter_mistakes(step: Step, endpoint: str) -> Iterator[str]:
    name = step.expect.get("parameter")
    if name is not None and step.upstream is None:
        yield "expect.parameter needs `upstream`, because the fate of a parameter shows there"
    if name is not None and (endpoint, name) not in parameters.parameters():
        yield f"{endpoint} has no parameter {name!r} in schemas/upstream/parameters.yaml; use one of its ids"


def _upstream_mistakes(step: Step) -> Iterator[str]:
    if step.upstream is None:
        if "upstream" in step.expect:
            yield "expect.upstream needs `upstream`, which says what the upstream answers"
        return
    if step.upstream["family"] not in (*family.MAIN, family.UNREACHABLE):
        known = ", ".join((*family.MAIN, family.UNREACHABLE))
        yield f"upstream.family: unknown family {step.upstream['family']!r}; known families: {known}"
    if "$token" not in json.dumps(step.request):
        yield "a request with `upstream` needs $token in its prompt, by which the upstream recognises it"


def _marks(head: JSON, entry: JSON, endpoint: str, steps: Sequence[Step]) -> Iterator[str]:
    """Yield pytest markers: those in the file, the family, endpoint and level, and `streaming` and `tools` if used."""
    marks = dict.fromkeys((*head.get("marks", ()), *entry.get("marks", ())))
    marks |= dict.fromkeys((head["family"], endpoint, entry.get("level", head.get("level", "must"))))
    bodies = [step.request.get("body") for step in steps]
    if any(step.upstream is not None for step in steps):
        marks[TWO_SIDED] = None
    if any(isinstance(body, dict) and body.get("stream") is True for body in bodies):
        marks["streaming"] = None
    if any(isinstance(body, dict) and body.get("tools") for body in bodies):
        marks["tools"] = None
    yield from marks
