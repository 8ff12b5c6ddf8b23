"""Rules that one exchange cannot show: ids are unique, and answers come from the model that was asked for.

Identical requests are one question, with and without a stream: a cache may replay its answer.
Sources: https://platform.openai.com/docs/api-reference/chat/object, https://platform.openai.com/docs/api-reference/responses/object
and https://docs.anthropic.com/en/api/messages (ids are unique; `model` is the model that was used)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.core.model import JSON, Level
from conformance.core.plural import counted
from conformance.core.pointer import get
from conformance.protocol import rulebook
from conformance.protocol.family import MAIN
from conformance.protocol.reading import Reading

ANSWER_ID = "run.answer-id"
CALL_ID = "run.call-id"
MODEL = "run.model"

MAX_PER_RULE = 3
"""The limit of findings of a rule in a family; the most frequent are kept."""

_DELIVERY = ("stream", "stream_options")
"""Members of a request that only say how its answer is sent."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The identity of one answer.

    `name` is its case or its place in a recording, `question` a digest of the request.
    """

    name: str
    family: str
    question: str
    id: str
    calls: tuple[str, ...]
    asked: str
    model: str


@dataclass(frozen=True, slots=True)
class RunFinding:
    """A rule that the answers of a family break together, and the names of those that do."""

    family: str
    rule: str
    level: Level
    expected: str
    got: str
    names: tuple[str, ...]


def answered(name: str, reading: Reading) -> Answered | None:
    """Return the identity of an answer from a model; None for errors, and for requests that only retrieve something."""
    request, family = reading.exchange.request, reading.exchange.family
    path = request.url.partition("?")[0]
    if family not in MAIN or request.method != "POST" or not path.endswith(reading.family.path):
        return None
    if reading.answer is None or reading.errors:
        return None
    return Answered(
        name,
        family,
        _question(reading),
        get(reading.final, "/id", str) or "",
        tuple(call.id for call in reading.answer.tool_calls if call.id),
        get(reading.sent, "/model", str) or "",
        get(reading.final, "/model", str) or "",
    )


def findings(answers: Iterable[Answered], aliases: Mapping[str, Sequence[str]]) -> list[RunFinding]:
    """Return the findings of a run. `aliases` are model names, each with the names under which it may answer."""
    by_family: dict[str, list[Answered]] = defaultdict(list)
    for answer in answers:
        by_family[answer.family].append(answer)
    return [
        finding
        for family in sorted(by_family)
        for found in (_answer_ids(by_family[family]), _call_ids(by_family[family]), _models(by_family[family], aliases))
        for finding in sorted(found, key=lambda finding: (-len(finding.names), finding.got))[:MAX_PER_RULE]
    ]


def _answer_ids(answers: Sequence[Answered]) -> Iterator[RunFinding]:
    for ident, group in _repeated((answer.id, answer) for answer in answers if answer.id):
        got = f"{json.dumps(ident)} in the answers to {counted(_questions(group), 'different request')}"
        yield _finding(ANSWER_ID, "an id of its own for each answer", got, group)


def _call_ids(answers: Sequence[Answered]) -> Iterator[RunFinding]:
    for ident, group in _repeated((call, answer) for answer in answers for call in answer.calls):
        got = f"{json.dumps(ident)} in the answers to {counted(_questions(group), 'different request')}"
        yield _finding(CALL_ID, "an id of its own for each call", got, group)


def _models(answers: Sequence[Answered], aliases: Mapping[str, Sequence[str]]) -> Iterator[RunFinding]:
    pairs: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for answer in answers:
        if answer.asked and answer.model:
            pairs[answer.asked, answer.model].append(answer)
    for (asked, model), group in pairs.items():
        if not is_same_model(asked, model) and model not in aliases.get(asked, ()):
            expected = f"{json.dumps(asked)}, a dated version of it, or a name from the profile's aliases"
            yield _finding(MODEL, expected, f"{json.dumps(model)} in {counted(len(group), 'answer')}", group)


def _finding(rule: str, expected: str, got: str, group: Sequence[Answered]) -> RunFinding:
    names = tuple(sorted({answer.name for answer in group}))
    return RunFinding(group[0].family, rule, rulebook.rules()[rule].level, expected, got, names)


def _repeated(pairs: Iterable[tuple[str, Answered]]) -> Iterator[tuple[str, list[Answered]]]:
    """Yield the ids that the answers to different questions have, with these answers."""
    groups: dict[str, list[Answered]] = defaultdict(list)
    for ident, answer in pairs:
        groups[ident].append(answer)
    yield from ((ident, group) for ident, group in groups.items() if _questions(group) > 1)


def _questions(group: Sequence[Answered]) -> int:
    return len({answer.question for answer in group})


def _question(reading: Reading) -> str:
    """Return a digest of what the model is asked."""
    sent = reading.sent
    if isinstance(sent, dict):
        asked: JSON = {name: value for name, value in sent.items() if name not in _DELIVERY}
        content = json.dumps(asked, sort_keys=True).encode()
    else:
        content = reading.exchange.request.body
    return hashlib.sha256(content).hexdigest()


# Names of models


def is_same_model(asked: str, answered: str) -> bool:
    """Whether two names may mean the same model: dates, `latest` and the provider in front do not count."""
    if asked == answered:
        return True
    one, other = _words(asked), _words(answered)
    return _numbers(one) == _numbers(other) and _is_end(_names(one), _names(other))


_DATE = re.compile(r"(?<!\d)(?:\d{4}-\d\d-\d\d|\d{8}|\d{6}|\d{4}|\d\d-\d{4})(?!\d)")
_VERSION = re.compile(r"v\d+|latest")


def _words(name: str) -> list[str]:
    last = name.lower().rpartition("/")[2]
    words = re.split(r"[^a-z0-9]+", _DATE.sub("", last))
    return [word for word in words if word and not _VERSION.fullmatch(word)]


def _numbers(words: Sequence[str]) -> list[str]:
    """Return the parts of a version number, without zeros at its end."""
    numbers = [word for word in words if word.isdecimal()]
    while numbers and not int(numbers[-1]):
        numbers.pop()
    return numbers


def _names(words: Sequence[str]) -> list[str]:
    return [word for word in words if not word.isdecimal()]


def _is_end(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the shorter of two names is the end of the other one, as in `us.anthropic.claude-haiku`."""
    short, long = sorted((one, other), key=len)
    return bool(short) and list(long[len(long) - len(short) :]) == list(short)
