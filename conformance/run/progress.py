"""The progress line on an interactive terminal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run after `seconds`. `in_flight` and the costs are None if only worker processes know them."""

    done: int
    total: int
    failed: int
    seconds: float
    in_flight: int | None = None
    requests: int | None = None
    tokens: int | None = None


def line(now: Progress, width: int) -> str:
    """The line, cut to the width of the terminal."""
    parts = [
        f"{now.done}/{now.total}",
        f"{now.failed} failed" if now.failed else "",
        f"{now.in_flight} in flight" if now.in_flight is not None else "",
        f"{now.requests} requests" if now.requests is not None else "",
        f"{now.tokens} tokens" if now.tokens is not None else "",
        f"about {_clock(_left(now))} left" if now.done and now.done < now.total else "",
    ]
    return ", ".join(part for part in parts if part)[: max(0, width - 1)]


def _left(now: Progress) -> float:
    return now.seconds / now.done * (now.total - now.done)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
