"""A soak is judged by its counts: the bounds are exact, one empty stream of 44 is found, and noise is not drift."""

from __future__ import annotations

import json
import math
import random

import pytest

from conformance.analysis.binomial import at_most, lower, share, upper
from conformance.analysis.soak import MAX_EXAMPLES, RESERVOIR, SLICES, Drift, Tally, drift, ending, judge
from conformance.analysis.soak_entry import entry
from conformance.core.model import Chunk, Exchange, Request
from conformance.protocol.reading import Reading
from conformance.report.soak import text as soak_text

RATE = 0.066


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 44, 0.0, 0.0658),  # 1 - 0.05 ** (1 / 44)
        (0, 1000, 0.0, 0.00299),
        (1, 44, 0.00117, 0.1033),
        (5, 100, 0.0199, 0.1023),
        (44, 44, 0.9342, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)  # fmt: skip
def test_the_bounds_are_those_of_clopper_and_pearson(hits: int, trials: int, low: float, high: float) -> None:
    found = share(hits, trials)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)


def test_the_bounds_are_the_points_where_the_tail_is_five_percent() -> None:
    assert at_most(3, 500, upper(3, 500)) == pytest.approx(0.05)
    assert 1 - at_most(2, 500, lower(3, 500)) == pytest.approx(0.05)
    assert upper(0, 100_000) == pytest.approx(3 / 100_000, rel=0.01)


def test_the_bound_holds_the_true_share_in_95_of_100_soaks() -> None:
    chance = random.Random(7)
    bounds = {hits: upper(hits, 200) for hits in range(60)}
    held = sum(bounds[sum(chance.random() < RATE for _ in range(200))] >= RATE for _ in range(2000))
    assert held / 2000 >= 0.945


def test_a_share_of_empty_streams_is_found_within_44_requests() -> None:
    chance = random.Random(7)
    found = 0
    for _ in range(2000):
        tally = Tally()
        for _ in range(44):
            tally.kinds["empty" if chance.random() < RATE else "whole"] += 1
        found += "streams" in judge(tally).found
    assert 1 - (1 - RATE) ** 44 > 0.95
    assert found / 2000 == pytest.approx(0.95, abs=0.012)


def tally_with(*medians: float, seconds: float = 600.0, spread: float = 0.2) -> Tally:
    """A soak whose times to the first event have these medians by thirds."""
    chance, tally = random.Random(3), Tally(seconds=seconds)
    for third, median in enumerate(medians):
        for number in range(600):
            tally.note_first_event((third + number / 600) / 3, median * chance.uniform(1 - spread, 1 + spread))
    tally.kinds["whole"] = 1800
    return tally


def test_a_rising_time_to_the_first_event_is_drift() -> None:
    judged = judge(tally_with(0.3, 0.45, 0.6))
    assert judged.found == ("drift",)
    assert judged.drift
    assert judged.drift.difference.value == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(
    "tally",
    [
        tally_with(0.3, 0.3, 0.3),
        tally_with(0.6, 0.45, 0.3),
        tally_with(0.3, 0.6, 0.45),  # a slow phase in the middle
        tally_with(0.010, 0.014, 0.020),  # twice as much, and yet 10 ms
        tally_with(1.0, 1.05, 1.1),
        tally_with(0.3, 0.45, 0.6, seconds=60),
    ],
)
def test_noise_is_not_drift(tally: Tally) -> None:
    assert judge(tally).found == ()


@pytest.mark.parametrize(
    ("lags", "found"),
    [
        ((0.005, 0.006, 0.009), ()),  # it gets busier
        ((0.030, 0.045, 0.027), ()),  # it is busy all the time: the delays of two cores with four busy processes
        ((0.005, 0.020, 0.005), ()),
        ((0.0005, 0.001, 0.0015), ("drift",)),
        ((0.008, 0.008, 0.008), ("drift",)),
    ],
)
def test_drift_on_a_busy_machine_is_not_judged(lags: tuple[float, float, float], found: tuple[str, ...]) -> None:
    tally = tally_with(0.3, 0.45, 0.6)
    for third, lag in enumerate(lags):
        tally.note_lag((third + 0.5) / 3, lag)
    told = entry(tally, (), 8, "1")
    assert tuple(told["problems"]) == found
    assert any("not judged: this machine was busy" in line for line in soak_text.lines(told)) == (not found)


def test_too_few_times_say_nothing_about_drift() -> None:
    assert drift([[] for _ in range(SLICES)]) is None


def test_the_tally_has_a_constant_size() -> None:
    tally = Tally()
    for number in range(20_000):
        tally.note_first_event(number / 10_000, 1.0)
        tally.note_example("empty", reading(b""), number, 1)
    assert max(map(len, tally.firsts)) == RESERVOIR
    assert len(tally.examples) == MAX_EXAMPLES


def test_connections_and_failures_are_findings() -> None:
    assert judge(Tally(followed=3, left=1, open_at_end=0)).found == ("connections",)
    assert judge(Tally(open_at_end=2)).found == ("connections",)
    tally = Tally()
    tally.kinds.update(whole=1000, failed=1, overloaded=500)
    assert judge(tally).found == ()
    tally.kinds.update(failed=30)
    assert judge(tally).found == ("failures",)


CHUNK: dict[str, object] = {"id": "c", "object": "chat.completion.chunk"}


def frames(*choices: object, done: bool = True) -> bytes:
    said = "".join(f"data: {json.dumps({**CHUNK, 'choices': [choice]})}\n\n" for choice in choices)
    return (said + "data: [DONE]\n\n" * done).encode()


WORD = {"index": 0, "delta": {"role": "assistant", "content": "a"}}
NOTHING = {"index": 0, "delta": {"role": "assistant", "content": ""}}


def stop(reason: str) -> object:
    return {"index": 0, "delta": {}, "finish_reason": reason}


def reading(body: bytes, status: int | None = 200, family: str = "chat_completions", **more: object) -> Reading:
    request = Request("POST", "http://gateway.test/v1", body=b'{"stream": true}')
    headers = (("content-type", "text/event-stream"),)
    chunks = (Chunk(0.1, body),) if body else ()
    return Reading(Exchange(family, request, status, headers, chunks, **more))  # type: ignore[arg-type]


STARTED = b'data: {"type": "message_start", "message": {"content": [], "stop_reason": null}}\n\n'
STOPPED = b'data: {"type": "message_stop"}\n\n'


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (reading(frames(WORD, stop("stop"))), "whole"),
        (reading(frames(WORD, stop("stop"), done=False)), "whole"),
        (reading(frames(NOTHING, stop("length"))), "whole"),
        (reading(frames(NOTHING, stop("stop"))), "empty"),
        (reading(b""), "empty"),
        (reading(b": ping\n\n"), "empty"),
        (reading(b"data: [DONE]\n\n"), "cut"),
        (reading(frames(WORD, done=False)), "cut"),
        (reading(frames(WORD), ended="cut"), "cut"),
        (reading(frames(WORD), ended="timeout"), "cut"),
        (reading(STARTED, family="messages"), "cut"),
        (reading(STARTED + STOPPED, family="messages"), "empty"),
        (reading(frames(WORD) + b'data: {"error": {"message": "no"}}\n\n'), "failed"),
        (reading(b"{}", 429), "overloaded"),
        (reading(b"{}", 529), "overloaded"),
        (reading(b"{}", 500), "failed"),
        (reading(b"", None, ended="unreachable"), "failed"),
    ],
)
def test_a_stream_ends_in_one_of_five_ways(found: Reading, kind: str) -> None:
    assert ending(found)[0] == kind


def test_the_report_is_short_and_escaped() -> None:
    tally = tally_with(0.3, 0.45, 0.6)
    tally.kinds.update(empty=2)
    tally.sessions, tally.open_at_end = 400, 0
    tally.note_example("empty: no content", reading(b"\x1b[31mred"), 7, 2)
    document = entry(tally, ("chat_completions",), 8, "1")
    lines = list(soak_text.lines(document))
    assert lines[1] == ("PROBLEM empty or cut streams: 2 empty, 0 cut of 1,802; with 95 % confidence at most 0.35 %")
    assert lines[2:4] == ["ok      failed: 0; refused for load: 0", "ok      cross-talk: 0 of 1,802 answers"]
    assert lines[4].startswith("PROBLEM time to first event: ")
    assert lines[5] == "ok      connections: 0 left open after 0 aborts, 0 open at the end"
    assert lines[-1].strip() == "\\x1b[31mred"
    assert lines[0] == "400 sessions, 1,802 streams in 600 s (chat completions)"
    assert document["problems"] == ["streams", "drift"]
    assert json.loads(json.dumps(document))["empty_or_cut"]["high"] == pytest.approx(0.0035, abs=1e-4)


def test_a_drift_of_nothing_is_a_number() -> None:
    assert isinstance(drift(tally_with(0.3, 0.3, 0.3).firsts), Drift)
    assert math.isfinite(judge(Tally()).bad.high)
