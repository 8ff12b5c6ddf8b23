"""Counts what happened in a soak, and judges the counts; pure.

A `Tally` has a constant size, so that a soak can last for days: counters, a few examples, and a sample of the times to
the first event.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from conformance.analysis.binomial import Share, share
from conformance.analysis.quantiles import MIN_ROUNDS, Difference, differences, quantile
from conformance.core import redaction
from conformance.protocol.reading import Reading
from conformance.records.run_format import SoakKind as Kind
from conformance.records.run_format import SoakProblem

SLICES = 3 * MIN_ROUNDS
"""The parts of a soak: its first and its last third have one for each round of the bootstrap."""
RESERVOIR = 100
"""The most times that are kept for a slice."""
MAX_EXAMPLES = 5
MAX_EXCERPT = 400
"""Characters of an answer in an example."""
MUCH_SLOWER = 1.2
LEAST_DRIFT = 0.05
"""Seconds. A smaller difference may be the machine's, and a user does not notice it."""
LEAST_LAG = 0.002
"""Seconds. A smaller delay of the suite itself is that of an idle machine."""
MOST_LAG = 0.01
"""Seconds. With a larger delay of the suite itself, processes wait for a processor, and maybe the gateway's do."""
LEAST_SECONDS = 120.0
"""A shorter soak says nothing about drift: a slow phase of the machine may be as long as a third of it."""
MANY_FAILURES = 0.01
"""The share of failed requests above which they are a finding; a single one in a night is not."""

_OVERLOADED = (429, 503, 529)
_FINISHED = ("stop", "end_turn", "completed", "tool_calls", "tool_use")
"""Reasons to stop with which an answer has content; with the others, a limit or a filter may leave none."""
_ENDS = {"responses": ("response.completed", "response.incomplete"), "messages": ("message_stop",)}
"""Family -> the types of the event without which a stream is cut. In Chat Completions it is the finish_reason."""


@dataclass(frozen=True, slots=True)
class Example:
    """A stream with a defect: `what` is wrong in the answer to a turn (from 1) of a session, and its beginning."""

    what: str
    family: str
    session: int
    turn: int
    status: int | None
    excerpt: str


@dataclass(slots=True)
class Tally:
    """Counts of a soak.

    `kinds` counts the streams that were read to their end, `reasons` the failed ones by reason. `crossed` is the number
    of answers with a word of another session. `aborted` streams were left early; `followed` of them were recognised by
    the scripted provider, and `left` of those kept their upstream request open. `open_at_end` is the number of upstream
    requests that were still open after the last client had ended, None without the scripted provider. Times are in
    seconds.
    """

    sessions: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    crossed: int = 0
    aborted: int = 0
    followed: int = 0
    left: int = 0
    open_at_end: int | None = None
    seconds: float = 0.0
    examples: list[Example] = field(default_factory=list)
    firsts: list[list[float]] = field(default_factory=lambda: [[] for _ in range(SLICES)])
    lags: list[list[float]] = field(default_factory=lambda: [[0, 0.0] for _ in range(3)])
    """For each third: how often the suite measured its own delay, and the sum of these delays in seconds."""
    _seen: list[int] = field(default_factory=lambda: [0] * SLICES)
    _chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - a sample, not a secret

    @property
    def streams(self) -> int:
        """The streams that were read to their end."""
        return self.kinds.total()

    def note_first_event(self, done: float, seconds: float) -> None:
        """Keeps a time to the first event; `done` is the part of the soak that is over, from 0 to 1."""
        number = min(SLICES - 1, int(done * SLICES))
        kept = self.firsts[number]
        self._seen[number] += 1
        if len(kept) < RESERVOIR:
            kept.append(seconds)
        elif (place := self._chance.randrange(self._seen[number])) < RESERVOIR:
            kept[place] = seconds

    def note_lag(self, done: float, seconds: float) -> None:
        """Counts a delay of the suite itself."""
        third = self.lags[min(2, int(done * 3))]
        third[0] += 1
        third[1] += seconds

    @property
    def is_machine_busy(self) -> bool:
        """Whether the suite itself was delayed, or more so in the last third: then the gateway may not be slower."""
        first, middle, last = (total / (number or 1) for number, total in self.lags)
        return last > max(LEAST_LAG, first * MUCH_SLOWER) or max(first, middle, last) > MOST_LAG

    def note_example(self, what: str, reading: Reading, session: int, turn: int) -> None:
        """Keeps one of the first answers with a defect; credentials in it are shortened."""
        if len(self.examples) < MAX_EXAMPLES:
            exchange = reading.exchange
            excerpt = redaction.redact(reading.body[: 2 * MAX_EXCERPT].decode("utf-8", "replace"))[:MAX_EXCERPT]
            self.examples.append(Example(what, exchange.family, session, turn, exchange.status, excerpt))


@dataclass(frozen=True, slots=True)
class Drift:
    """The median time to the first event in each third, in seconds, and the last minus the first."""

    first: float
    middle: float
    last: float
    difference: Difference

    @property
    def is_slower(self) -> bool:
        """Whether the median rises from third to third, by more than noise and small differences explain."""
        rises = self.first < self.middle < self.last
        is_much = self.last > self.first * MUCH_SLOWER and self.difference.value > LEAST_DRIFT
        return rises and is_much and self.difference.low > 0


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement: the share of empty or cut streams, of failed ones, the drift if it is known, and the problems."""

    bad: Share
    failed: Share
    drift: Drift | None
    found: tuple[SoakProblem, ...]


def judge(tally: Tally) -> Judged:
    """Judges the counts. One empty or cut stream is a finding: 0.066 of them are found in 44 streams with 95 %."""
    kinds = tally.kinds
    answered = kinds["whole"] + kinds["empty"] + kinds["cut"]
    bad = share(kinds["empty"] + kinds["cut"], answered)
    failed = share(kinds["failed"], tally.streams)
    slower = drift(tally.firsts) if tally.seconds >= LEAST_SECONDS else None
    findings: Mapping[SoakProblem, bool] = {
        "streams": bad.hits > 0,
        "cross-talk": tally.crossed > 0,
        "drift": slower is not None and slower.is_slower and not tally.is_machine_busy,
        "connections": tally.left > 0 or (tally.open_at_end or 0) > 0,
        "failures": failed.low > MANY_FAILURES,
    }
    return Judged(bad, failed, slower, tuple(name for name, is_found in findings.items() if is_found))


def drift(slices: Sequence[Sequence[float]]) -> Drift | None:
    """The drift of the median over the slices of a soak; None with too few values."""
    third = len(slices) // 3
    thirds = [slices[start : start + third] for start in (0, third, 2 * third)]
    found = differences(list(zip(thirds[2], thirds[0], strict=True)), (0.5,)).get(0.5)
    ordered = [sorted(chain.from_iterable(part)) for part in thirds]
    if found is None or not ordered[1]:
        return None
    first, middle, last = (quantile(values, 0.5) for values in ordered)
    return Drift(first, middle, last, found)


def ending(reading: Reading) -> tuple[Kind, str]:
    """How a stream that was asked for ended, and the reason if it is not whole."""
    exchange = reading.exchange
    if exchange.status is None:
        return "failed", f"no answer ({exchange.ended})"
    if not 200 <= exchange.status < 300:
        return ("overloaded" if exchange.status in _OVERLOADED else "failed"), f"status {exchange.status}"
    if reading.errors:
        return "failed", "an error in the answer"
    if exchange.ended != "complete":
        return "cut", "the connection ended" if exchange.ended == "cut" else exchange.ended
    if not reading.body.strip() or (reading.kind == "stream" and not reading.stream.events):
        return "empty", "no event"
    if reading.kind != "stream":
        return "failed", "not a stream"
    if not _has_end(reading):
        return "cut", "the last event is missing"
    answer = reading.answer
    content = answer and (answer.text or answer.tool_calls or answer.refusal or answer.reasoning)
    if not content and (answer is None or answer.stop in (None, *_FINISHED)):
        return "empty", "no content"
    return "whole", ""


def _has_end(reading: Reading) -> bool:
    ends = _ENDS.get(reading.family.name)
    if ends is None:
        return reading.answer is not None and reading.answer.stop is not None
    return any(document.get("type") in ends for document in reversed(reading.documents))
