"""The facts about an exchange, from which the scope of a problem is made. `schemas/facts.yaml` names them.

A fact is its name if it is true, and `name=value` if it has values. Facts that are false are left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.core import data_files
from conformance.core.model import JSON, Case
from conformance.core.pointer import tokens, values
from conformance.protocol import body_family
from conformance.protocol.family import ELSEWHERE, MAIN
from conformance.protocol.reading import Reading

_USUAL_PARAMETERS = frozenset({"model", "messages", "input", "stream"})
_USUAL_HEADERS = frozenset({"accept-encoding", "content-type", "anthropic-version"})
_MAX_PARAMETERS = 8
"""A body with more parameters, or headers with more names, is about their number, not about one of them."""

Condition = str | bool | Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as the table describes it; `sent` is place -> the values that make it true, and the rest is wording."""

    name: str
    weight: int
    value: bool = False
    sent: Mapping[str, Sequence[Condition]] | None = None
    adjective: str = ""
    not_adjective: str = ""
    phrase: str = ""
    not_phrase: str = ""
    noun: str = ""
    of_answer: bool = False
    context: bool = False
    """Whether a scope states the fact if the rule can only be broken where it is true."""


@cache
def table() -> Mapping[str, Fact]:
    """Name -> fact, in the order of the table."""
    rows = data_files.table("facts.yaml")["facts"]
    return {row["name"]: Fact(not_phrase=row.pop("not", ""), **row) for row in map(dict, rows)}


def facts(case: Case, index: int, reading: Reading) -> tuple[str, ...]:
    """The facts about the exchange of a case's step, in the order of the table.

    A body that reports do not have whole gives none: the facts must be the same when the report is judged again.
    """
    sent = reading.sent if reading.exchange.request.is_written else None
    of_sent = [*_of_body(sent), *_of_values(reading.exchange.request.body, sent)]
    return tuple(dict.fromkeys([*_of_case(case, index), *_of_request(reading, sent), *of_sent, *_of_answer(reading)]))


def _of_case(case: Case, index: int) -> Iterator[str]:
    step = case.steps[index]
    asked = step.request.get("to", case.endpoint)
    yield f"endpoint={case.endpoint if asked == ELSEWHERE else asked}"
    if case.route:
        yield f"route={case.route}"
    if step.upstream:
        yield f"upstream={step.upstream['family']}"
    if "parameter" in step.expect:
        yield f"about={step.expect['parameter']}"
    name = case.id.partition("@")[0].partition("#")[0].partition("[")[0]
    short = name.partition("/")[2]
    if step.expect["outcome"] == "refusal":
        yield f"mistake={short}"
    yield f"area={case.area}"
    yield f"case={short}"


def _of_request(reading: Reading, sent: JSON) -> Iterator[str]:
    request = reading.exchange.request
    if reading.family.name == ELSEWHERE:
        yield "other-path"
    if request.method != "POST":
        yield f"method={request.method}"
    if reading.exchange.http_version not in ("", "HTTP/1.1"):
        yield f"http={reading.exchange.http_version}"
    if len(request.auth) != 1:
        yield "credential=two keys" if request.auth else "credential=no valid key"
    names = {name.lower() for name, _ in request.headers}
    if "content-encoding" in names:
        yield "compressed"
    written_for = body_family.families(sent)
    if reading.family.name in MAIN and written_for and reading.family.name not in written_for:
        yield "foreign-body"
    unusual = sorted(names - _USUAL_HEADERS)
    if len(unusual) <= _MAX_PARAMETERS:
        yield from (f"header={name}" for name in unusual)
    if isinstance(sent, dict):
        own = [name for name in sent if name not in _USUAL_PARAMETERS]
        if len(own) <= _MAX_PARAMETERS:
            yield from (f"parameter={name}" for name in own)
        if isinstance(sent.get("model"), str):
            yield f"model={sent['model'][:_LONGEST]}"


_LONGEST = 80


def _of_body(sent: JSON) -> Iterator[str]:
    if isinstance(sent, dict):
        true = {name for member in sent for name, at, needed in _places(member) if _has(sent, at, needed)}
        yield from (name for name in table() if name in true)


def _of_values(body: bytes, sent: JSON) -> Iterator[str]:
    may_be_utf_16 = b"\0" in body
    is_plain = body.isascii() and b"\\u" not in body and b"null" not in body and not may_be_utf_16
    if sent is None or is_plain:
        return
    text = json.dumps(sent, ensure_ascii=False)
    if not text.isascii():
        yield "non-ascii-sent"
    if ": null" in text:
        yield "null-sent"


def _has(sent: JSON, place: str, conditions: Sequence[Condition]) -> bool:
    """Whether a request has a value that meets a condition at a place."""
    return any(_meets(value, condition) for value in values(sent, place) for condition in conditions)


def _places(member: str) -> Sequence[tuple[str, str, Sequence[Condition]]]:
    """(fact, place, conditions) for the places in a member of a request: most requests have few of the members."""
    return _all_places().get(member, ())


@cache
def _all_places() -> Mapping[str, Sequence[tuple[str, str, Sequence[Condition]]]]:
    found = defaultdict(list)
    for fact in table().values():
        for place, conditions in (fact.sent or {}).items():
            found[tokens(place)[0]].append((fact.name, place, conditions))
    return found


def _meets(value: JSON, condition: Condition) -> bool:
    if condition == "present":
        return value is not None and value != []
    if isinstance(condition, Mapping):
        if "above" in condition:
            return isinstance(value, int) and not isinstance(value, bool) and value > condition["above"]
        return isinstance(value, list) and len(value) > condition["longer"]
    return type(value) is type(condition) and bool(value == condition)


def _of_answer(reading: Reading) -> Iterator[str]:
    if reading.kind == "error":
        yield "error"
    if reading.exchange.status not in (None, 200):
        yield f"status={reading.exchange.status}"
    answer = reading.answer
    if answer is None:
        return
    if answer.tool_calls:
        yield "called"
    if len(answer.tool_calls) > 1:
        yield "several-calls"
    if answer.stop in ("length", "max_tokens", "max_output_tokens", "incomplete"):
        yield "truncated"
    if answer.stop == "stop_sequence":
        yield "stopped-early"
    if answer.reasoning:
        yield "reasoned"
    if answer.refusal or answer.stop in ("refusal", "content_filter"):
        yield "declined"
    if not answer.text.isascii():
        yield "non-ascii"
