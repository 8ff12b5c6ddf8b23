"""A stream is passed on while it arrives, stays alive, and the upstream's work ends when the client leaves.

The checks compare times of the two records. Each record counts from the start of its own request. The request of the
gateway starts after the client's, so the differences below are never too large.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from conformance.core.model import Breach, Chunk
from conformance.judge import silence, timing_limits
from conformance.judge.both_ends.ends import Ends
from conformance.protocol.reading import Reading

PASSED_ON = "upstream.stream.passed-on"
ALIVE = "upstream.stream.alive"
ABORT = "upstream.abort"
ABORT_UNSTREAMED = "upstream.abort.unstreamed"
RULES = (PASSED_ON, ALIVE, ABORT, ABORT_UNSTREAMED)
"""The rules about time at both ends; a busy machine may break them."""

HELD_SECONDS = 0.8
"""A pause of the upstream that is at least this long shows whether the gateway waits."""

ABORT_SECONDS = 2.0
"""Within this time, the connection to the upstream ends after the client has left."""


def passed_on(ends: Ends) -> Iterator[Breach]:
    """Content that the upstream sent before a pause reaches the client before the end of the pause.

    A gateway that waits has nothing for the client until the pause is over, and then all at once. A pause counts if the
    script has one: a provider on a busy machine makes others.
    """
    if (
        not _is_held(ends)
        or len(ends.behind) != 1
        or ends.front.kind != "stream"
        or ends.front.exchange.ended == "left"
    ):
        return
    chunks = ends.front.exchange.chunks
    pause = _pause(ends.behind[0])
    first = _first_content(ends.front, chunks)
    if pause is None or first is None or "timing" in ends.front.exchange.lacks:
        return
    before, after = pause
    took = chunks[-1].at - chunks[first].at
    if chunks[first].at >= after and took < (after - before) / 2:
        expected = f"content before the upstream ends its pause, at {after:.2f} s"
        yield Breach(PASSED_ON, expected, f"the first content after {chunks[first].at:.2f} s")


def alive(ends: Ends) -> Iterator[Breach]:
    """The client gets bytes while the upstream sends signs of life, such as pings, but no content.

    A silence of the upstream itself proves nothing here: only a gateway that hears the upstream has signs to pass on.
    """
    if not _is_held(ends) or len(ends.behind) != 1 or ends.front.kind != "stream":
        return
    if ends.front.exchange.ended == "left" or "timing" in ends.front.exchange.lacks:
        return
    silent, _ = silence.longest(ends.front)
    limit = timing_limits.ALIVE_SECONDS
    if silent > limit > silence.longest(ends.behind[0])[0]:
        yield Breach(ALIVE, f"bytes at least every {limit:.0f} s", f"{silent:.0f} s without a byte")


def aborted(ends: Ends) -> Iterator[Breach]:
    """The connection to the upstream ends within two seconds after the client has left."""
    front = ends.front.exchange
    if front.ended != "left":
        return
    for reading in ends.behind:
        late = reading.exchange.seconds - front.seconds
        if late > ABORT_SECONDS:
            expected = f"the end of the request to the upstream within {ABORT_SECONDS:.0f} s after the client left"
            rule = ABORT if ends.front.asked_stream else ABORT_UNSTREAMED
            yield Breach(rule, expected, f"it went on for {late:.1f} s at least")
            return


def _is_held(ends: Ends) -> bool:
    """Whether the script of the upstream has a pause."""
    answers = ends.step.upstream.get("answers", []) if ends.step.upstream else []
    written = [one.get("write", {}) for answer in answers for one in (answer, *answer.get("by_family", {}).values())]
    return any(name in write for write in written for name in ("hold", "silence"))


def _pause(reading: Reading) -> tuple[float, float] | None:
    """The begin and the end of the first pause in a stream after content."""
    chunks = reading.exchange.chunks
    if reading.kind != "stream" or reading.exchange.ended != "complete":
        return None
    for number, (before, after) in enumerate(pairwise(chunks), 1):
        if after.at - before.at >= HELD_SECONDS and _has_content(reading, chunks[:number]):
            return before.at, after.at
    return None


def _first_content(reading: Reading, chunks: Sequence[Chunk]) -> int | None:
    """The index of the chunk that completes the first event with content."""
    if not _has_content(reading, chunks):
        return None
    return bisect_left(range(len(chunks)), True, key=lambda index: _has_content(reading, chunks[: index + 1]))


def _has_content(reading: Reading, chunks: Sequence[Chunk]) -> bool:
    answer = Reading(replace(reading.exchange, chunks=tuple(chunks))).answer
    return answer is not None and bool(answer.text or answer.reasoning or answer.refusal or answer.tool_calls)
