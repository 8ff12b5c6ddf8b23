"""A case about buffering is unverified if the answers are too short to show it."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import JSON, Chunk, Exchange
from conformance.judge.inconclusive.too_short import TOO_SHORT
from tests.support.judging import case, ended, verdict
from tests.support.wire import CHAT, chat_stream, exchange

ANSWERED: Mapping[str, JSON] = {"outcome": "success"}
TIMED: Mapping[str, JSON] = {"outcome": "success", "incremental": True}


def written(words: int, begin: float, end: float) -> Exchange:
    """A stream of this number of words, whose events arrive at equal distances."""
    pieces = chat_stream(*("word " for _ in range(words))).encode().split(b"\n\n")[:-1]
    step = (end - begin) / len(pieces)
    chunks = tuple(Chunk(begin + step * number, piece + b"\n\n") for number, piece in enumerate(pieces))
    return exchange(CHAT, b"", stream=True, chunks=chunks)


def test_short_answers_show_nothing() -> None:
    found = verdict(case(ANSWERED, TIMED), written(1, 0.2, 0.21), written(3, 2.0, 2.01))
    assert (found.outcome, found.reason) == ("unverified", TOO_SHORT)


def test_one_long_answer_is_enough() -> None:
    short, long = written(1, 0.2, 0.21), written(40, 0.2, 2.0)
    steps = case(ANSWERED, ANSWERED, ANSWERED, TIMED)
    assert verdict(steps, short, long, short, written(3, 0.3, 0.31)).outcome != "unverified"


def test_a_collected_long_answer_fails() -> None:
    found = verdict(case(ANSWERED, TIMED), written(1, 0.2, 0.21), written(40, 2.0, 2.01))
    assert ended(found)[0] == "failed"


def test_other_cases_need_no_long_answer() -> None:
    assert verdict(case(ANSWERED), written(1, 0.2, 0.21)).outcome == "passed"
