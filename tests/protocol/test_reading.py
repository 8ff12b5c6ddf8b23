"""The cache of parsed streams: short streams are kept, long ones are not."""

from __future__ import annotations

import copy

import pytest

from benchmarks import streams
from conformance.core.sequences import MappedSequence
from conformance.judge import contract
from conformance.protocol.reading import MAX_KEPT, Reading


@pytest.mark.parametrize("family", streams.FAMILIES)
def test_judging_alters_nothing_of_what_is_kept(family: str) -> None:
    reading = Reading(streams.FAMILIES[family](20))
    before = copy.deepcopy(list(reading.events))
    assert reading.events[0] is reading.events[0]
    assert list(contract.check_reading(reading)) == []
    assert reading.answer is not None
    assert reading.answer.text
    assert list(reading.events) == before


@pytest.mark.parametrize("family", streams.FAMILIES)
def test_a_long_stream_is_read_again(family: str) -> None:
    reading = Reading(streams.FAMILIES[family](12_000))
    assert len(reading.body) > MAX_KEPT
    assert isinstance(reading.events, MappedSequence)


def test_the_first_of_several_headers_counts() -> None:
    exchange = streams.messages(1)
    several = type(exchange)(
        exchange.family, exchange.request, 200, (("X-A", "1"), ("x-a", "2"), ("content-type", "text/plain"))
    )
    assert (Reading(several).header("x-A"), Reading(several).header("y")) == ("1", None)
