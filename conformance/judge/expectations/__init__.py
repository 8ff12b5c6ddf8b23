"""The second layer of the judgement: what a case expects in addition to the rules of the family.

The expected outcome decides which keywords apply: `status` and `error` to an error, the others to an answer. Each
keyword is a small generator of breaches, registered in KEYWORDS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from conformance.core.case_format import ErrorExpectation, Expectation
from conformance.core.model import Breach
from conformance.judge.expectations.answer import EXTRA_WORDS, WHITE_SPACE, answer
from conformance.judge.expectations.context import Context, Keyword, error_inside, error_line, shown_answer
from conformance.judge.expectations.converted import converted
from conformance.judge.expectations.members import (
    absent,
    differs,
    equal,
    excludes,
    includes,
    lists,
    one_of,
    positive,
    present,
)
from conformance.judge.expectations.parameter import parameter
from conformance.judge.expectations.parity import same_as
from conformance.judge.expectations.timing import incremental, within
from conformance.protocol.reading import Reading

REFUSALS = (400,)
"""The status of a refused body if the case names none. The vendors use no other."""

OBEDIENCE = frozenset(
    {
        "case.answer-text",
        "case.body-ignored",
        "case.tool-chosen",
        "case.same-answer",
        *EXTRA_WORDS,
        WHITE_SPACE,
    }
)
"""Rules that depend on a model that follows instructions."""


def breaches(expect: Expectation, reading: Reading, context: Context) -> Iterator[Breach]:
    """Yield the breaches of a case's expectations; none if the client closed the connection early.

    Where the upstream fails, `both_ends` judges whether the client is told.
    """
    if reading.exchange.ended == "left" or expect["outcome"] == "failure":
        return
    if reading.kind == "other" and reading.exchange.status in expect.get("status", ()):
        yield from _in_time(expect, reading, context)
        return
    if reading.kind in ("none", "other") or reading.exchange.ended not in ("complete", "not_recorded"):
        yield from _unanswered(reading)
        return
    note = error_inside(reading)
    for breach in _OUTCOMES[expect["outcome"]](expect, reading, context):
        yield replace(breach, got=f"{breach.got}; {note}") if note else breach


def _unanswered(reading: Reading) -> Iterator[Breach]:
    exchange = reading.exchange
    got = f"status {exchange.status}" if exchange.status else "no response"
    if exchange.problem or exchange.ended != "complete":
        got = f"{got}, then: {exchange.problem or exchange.ended}"
    yield Breach("case.answered", "a complete response", got)


def _success(expect: Expectation, reading: Reading, context: Context) -> Iterator[Breach]:
    if reading.kind == "error":
        yield Breach("case.accepted", "status 200", error_line(reading))
        return
    for name, want in expect.items():
        if name in KEYWORDS:
            yield from KEYWORDS[name](want, reading, context)


def _refusal(expect: Expectation, reading: Reading, context: Context) -> Iterator[Breach]:
    if reading.kind == "error":
        yield from _in_time(expect, reading, context)
        yield from _status(expect.get("status", REFUSALS), expect.get("should_be", ()), reading)
        yield from _error(expect.get("error", {}), reading)
        if "differs" in expect:
            yield from differs(expect["differs"], reading, context)
        if "parameter" in expect:
            yield from parameter(expect["parameter"], reading, context)
    elif "unless_converted" in expect and not _failed(reading):
        yield from converted(expect["unless_converted"], reading, context)
    else:
        wanted = " or ".join(map(str, expect.get("status", REFUSALS)))
        yield Breach(
            "case.refused", f"status {wanted}", f"status {reading.exchange.status} and {shown_answer(reading)}"
        )


def _in_time(expect: Expectation, reading: Reading, context: Context) -> Iterator[Breach]:
    """A status without an answer has to arrive in time as well."""
    if "within" in expect:
        yield from within(expect["within"], reading, context)


def _failed(reading: Reading) -> bool:
    """Whether an answer with status 2xx contains an error and no content: then nothing was converted or ignored."""
    answer = reading.answer
    return bool(reading.errors) and not (answer and (answer.text or answer.tool_calls))


def _either(expect: Expectation, reading: Reading, context: Context) -> Iterator[Breach]:
    yield from (_refusal if reading.kind == "error" else _success)(expect, reading, context)


_OUTCOMES: Mapping[str, Callable[[Expectation, Reading, Context], Iterator[Breach]]] = {
    "success": _success,
    "refusal": _refusal,
    "either": _either,
}


def _status(wanted: Sequence[int], usual: Sequence[int], reading: Reading) -> Iterator[Breach]:
    status = reading.exchange.status
    expected = "status " + " or ".join(map(str, wanted))
    if status == 422 and 400 in wanted and 422 not in wanted:
        yield Breach("case.status-422", expected, error_line(reading))
    elif status not in wanted:
        yield Breach("case.status", expected, error_line(reading))
    elif usual and status not in usual:
        yield Breach("case.status-usual", "status " + " or ".join(map(str, usual)), error_line(reading))


def _error(want: ErrorExpectation, reading: Reading) -> Iterator[Breach]:
    text = reading.text.lower()
    helpful = [*want.get("should_say", ()), *want.get("param", ())]
    if helpful and not any(word.lower() in text for word in helpful):
        yield Breach("case.error-names-mistake", f"an error that names {' or '.join(helpful)}", error_line(reading))
    for word in want.get("never_say", ()):
        if word.lower() in text:
            yield Breach("case.error-misleads", f"an error that does not contain {word!r}", error_line(reading))


KEYWORDS: Mapping[str, Keyword] = {
    "answer": answer,
    "present": present,
    "absent": absent,
    "positive": positive,
    "equal": equal,
    "one_of": one_of,
    "includes": includes,
    "excludes": excludes,
    "lists": lists,
    "differs": differs,
    "same_as": same_as,
    "parameter": parameter,
    "incremental": incremental,
    "within": within,
}
