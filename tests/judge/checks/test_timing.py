"""Every rule about time is broken by a stream; streams that are only slow, short or uneven break none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest

from conformance.core.model import Chunk, Exchange
from conformance.judge import timing_limits
from conformance.protocol import rulebook
from tests.support import wire
from tests.support.wire import CHAT, MESSAGES, SHARED, broken, exchange


def stream(chunks: Iterable[tuple[float, str]], family: str = CHAT, seconds: float | None = None) -> Exchange:
    """A stream whose parts arrive at these times."""
    arrived = tuple(Chunk(at, data.encode()) for at, data in chunks)
    ended = arrived[-1].at if seconds is None else seconds
    return exchange(family, b"", stream=True, chunks=arrived, seconds=ended)


def frames(number: int, family: str = CHAT) -> list[str]:
    """The frames of a stream with the given number of deltas."""
    texts = ["word "] * number
    body = wire.messages_stream(*texts) if family == MESSAGES else wire.chat_stream(*texts)
    return [frame + "\n\n" for frame in body.split("\n\n") if frame]


def paced(number: int, first: float, step: float, family: str = CHAT) -> Exchange:
    return stream(((first + step * at, frame) for at, frame in enumerate(frames(number, family))), family)


def at_once(number: int, at: float, family: str = CHAT) -> Exchange:
    return stream([(at, "".join(frames(number, family)))], family)


def broken_silence(seconds: float, family: str, keep_alive: str = "") -> Exchange:
    head, *rest = frames(3, family)
    chunks = [(1.0, head), (1.0 + seconds / 2, keep_alive), (1.0 + seconds, "".join(rest))]
    return stream(((at, data) for at, data in chunks if data), family)


def shifted(step: float) -> Exchange:
    """Every write ends before the blank line of its event, which comes with the next one."""
    body = "".join(frames(6))
    ends = [index + 1 for index in range(len(body)) if body.startswith("\n\n", index)]
    cuts = [0, *ends, len(body)]
    parts = [body[start:end] for start, end in pairwise(cuts)]
    return stream((0.1 + step * at, part) for at, part in enumerate(parts))


SLOW = timing_limits.HELD_BACK_SECONDS + 0.1
DAMAGED: list[tuple[str, Callable[[], Exchange], set[str]]] = [
    ("timing.stream.buffered", lambda: at_once(60, 3.0), set()),
    ("timing.stream.buffered", lambda: paced(60, 3.0, 0.0002), set()),
    (
        "timing.stream.buffered",
        lambda: stream([(0.5, ": keep-alive\n\n"), (9.0, "".join(frames(60)))]),
        set(),
    ),
    ("timing.stream.burst", lambda: at_once(12, 1.5), set()),
    ("timing.stream.burst", lambda: at_once(60, 1.5), set()),
    ("timing.stream.silence", lambda: broken_silence(timing_limits.SILENCE_SECONDS + 1, CHAT), set()),
    (
        "timing.stream.abort",
        lambda: broken_silence(timing_limits.ABORT_SECONDS + 1, MESSAGES),
        {"timing.stream.silence"},
    ),
    (
        "timing.stream.lingers",
        lambda: stream([(0.1, "".join(frames(2)))], seconds=0.2 + timing_limits.LINGER_SECONDS),
        set(),
    ),
    ("timing.stream.first-byte", lambda: at_once(2, timing_limits.FIRST_BYTE_SECONDS + 1), set()),
    ("timing.event.held-back", lambda: shifted(SLOW), set()),
]


@pytest.mark.parametrize(("rule", "make", "others"), DAMAGED, ids=[f"{i}-{row[0]}" for i, row in enumerate(DAMAGED)])
def test_a_stream_breaks_its_rule(rule: str, make: Callable[[], Exchange], others: set[str]) -> None:
    assert broken(make()) == {rule, *others}


def test_a_short_stream_that_came_at_once_is_only_worth_knowing() -> None:
    """A gateway that does not buffer may still write a short stream at once, if its machine is busy."""
    assert rulebook.rules()["timing.stream.burst"].level == "info"


def test_every_rule_is_broken_here() -> None:
    assert {rule for rule in SHARED if rule.startswith("timing.")} == {row[0] for row in DAMAGED}


USUAL: list[Callable[[], Exchange]] = [
    lambda: paced(60, 0.4, 0.02),
    lambda: paced(60, 30.0, 0.005),
    lambda: at_once(3, 20.0),
    lambda: at_once(60, 0.3),
    lambda: paced(5, 0.1, SLOW),
    lambda: broken_silence(timing_limits.SILENCE_SECONDS - 1, CHAT),
    lambda: broken_silence(timing_limits.SILENCE_SECONDS + 1, CHAT, ": ping\n\n"),
    lambda: broken_silence(timing_limits.SILENCE_SECONDS + 1, MESSAGES, 'event: ping\ndata: {"type": "ping"}\n\n'),
    lambda: shifted(0.05),
    lambda: stream([(0.1, "".join(frames(9))[:-1]), (0.1 + SLOW, "\n")]),
    lambda: stream([(0.1, "".join(frames(2)))], seconds=0.1 + timing_limits.LINGER_SECONDS / 2),
]


@pytest.mark.parametrize("make", USUAL, ids=range(len(USUAL)))
def test_slow_streams_break_nothing(make: Callable[[], Exchange]) -> None:
    assert broken(make()) == set()


def test_a_recording_without_times_is_not_judged() -> None:
    body = "".join(frames(60)).encode()
    lacking = exchange(CHAT, body, stream=True, chunks=(Chunk(9.0, body),), seconds=99.0, lacks=frozenset({"timing"}))
    assert broken(lacking) == set()
