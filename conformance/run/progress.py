"""The progress line on an interactive terminal, and how to continue a run that was interrupted."""

from __future__ import annotations

from dataclasses import dataclass

ROUNDS = 3
"""The time left is estimated when this many times the concurrency have ended: the longest cases begin first.

In a short run, half of its cases are enough.
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run that has been sending for `seconds`; `at_once` is its concurrency.

    `in_flight` and the costs are None if only worker processes know them. `planned` are the requests of all cases,
    without retries and control requests; 0 if it is unknown.
    """

    done: int
    total: int
    failed: int
    seconds: float
    at_once: int = 1
    in_flight: int | None = None
    requests: int | None = None
    tokens: int | None = None
    planned: int = 0


def line(now: Progress, width: int) -> str:
    """The line, cut to the width of the terminal."""
    parts = [
        f"{now.done}/{now.total}",
        f"{now.failed} failed" if now.failed else "",
        f"{now.in_flight} in flight" if now.in_flight is not None else "",
        f"{now.requests} requests" if now.requests is not None else "",
        f"{now.tokens} tokens" if now.tokens is not None else "",
        f"about {_clock(_left(now))} left" if _enough(now) <= now.done < now.total else "",
    ]
    return ", ".join(part for part in parts if part)[: max(0, width - 1)]


def continuation(judged: int, total: int, resumed: bool) -> str:
    """A sentence on how to send the other cases after an interrupt; `resumed` is whether this run continued another."""
    how = "again" if resumed else "with --gateway-resume"
    return f"interrupted after {judged:,} of {total:,} cases; to continue, run the same command {how}"


def _enough(now: Progress) -> int:
    """The number of cases that have to end before the time left is estimated."""
    return min(ROUNDS * now.at_once, -(-now.total // 2))


def _left(now: Progress) -> float:
    """The seconds left. Requests say more than cases: the first cases need many. Those in flight count half."""
    if now.requests is not None and now.requests < now.planned:
        return _rest(now.seconds, now.requests - (now.in_flight or 0) / 2, now.planned)
    return _rest(now.seconds, now.done + min(now.at_once, now.total - now.done) / 2, now.total)


def _rest(seconds: float, done: float, total: float) -> float:
    return seconds / done * (total - done)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
