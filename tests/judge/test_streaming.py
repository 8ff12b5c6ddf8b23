"""The judgement of times at both ends: streams that wait, and requests that outlive their client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Case, Chunk, Ending, Exchange, Request, Step
from conformance.judge import both_ends
from conformance.judge.both_ends import streaming
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile

PIECES = ("Pelicans ", "are ", "birds.")


def exchange(
    times: Sequence[float], behind: tuple[Exchange, ...] = (), ended: Ending = "complete", seconds: float = 0.0
) -> Exchange:
    chunks = [
        Chunk(at, f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': text}}]})}\n\n".encode())
        for at, text in zip(times, PIECES, strict=False)
    ]
    return Exchange(
        "chat_completions",
        Request("POST", "/v1/chat/completions", (), b'{"stream": true}'),
        200,
        (("content-type", "text/event-stream"),),
        tuple(chunks),
        ended,
        seconds=seconds,
        behind=behind,
    )


HELD = {"write": {"hold": {"after": 1, "seconds": 1}}}


def broken(front: Exchange, **script: Any) -> set[str]:
    upstream: Any = {"family": "chat_completions", "answers": [script or HELD]}
    step = Step({}, {"outcome": "success"}, upstream=upstream)
    case = Case("upstream/a/b", "A", "upstream", "a", front.family, "must", "s", (), (step,), "a.yaml", 1)
    found = both_ends.breaches(case, 0, Reading(front), Profile())
    return {breach.rule for breach in found} & set(streaming.RULES)


@pytest.mark.parametrize(
    ("arrived", "rules"),
    [
        ((0.1, 1.1, 1.1), set()),
        ((1.1, 1.1, 1.1), {"upstream.stream.passed-on"}),
        ((3.0, 4.0, 4.0), set()),  # the gateway asked its upstream late, but passed its answer on
        ((0.9, 1.1, 1.1), set()),
    ],
)
def test_content_before_a_pause_is_passed_on_before_its_end(arrived: Sequence[float], rules: set[str]) -> None:
    assert broken(exchange(arrived, (exchange((0.0, 1.0, 1.0)),))) == rules


def test_a_pause_for_one_family_counts() -> None:
    waiting = exchange((1.1, 1.1, 1.1), (exchange((0.0, 1.0, 1.0)),))
    assert broken(waiting, by_family={"chat_completions": HELD}) == {"upstream.stream.passed-on"}


def test_a_pause_that_the_script_does_not_have_shows_nothing() -> None:
    assert broken(exchange((1.1, 1.1, 1.1), (exchange((0.0, 1.0, 1.0)),)), reply={"text": "Pelicans."}) == set()


def test_a_stream_without_a_pause_shows_nothing() -> None:
    assert broken(exchange((1.0, 1.0, 1.0), (exchange((0.0, 0.1, 0.2)),))) == set()


@pytest.mark.parametrize(("seconds", "rules"), [(1.0, set()), (2.4, set()), (2.6, {"upstream.abort"})])
def test_the_request_to_the_upstream_ends_when_the_client_leaves(seconds: float, rules: set[str]) -> None:
    behind = exchange((0.0,), ended="left", seconds=seconds)
    assert broken(exchange((0.1,), (behind,), "left", 0.5)) == rules


PINGED = {"write": {"silence": {"after": 1, "seconds": 36, "every": 2}}}
SIGNS = tuple(Chunk(float(at), b": ping\n\n") for at in range(2, 36, 2))


def kept_alive(front: Sequence[Chunk], behind: Sequence[Chunk] = SIGNS) -> set[str]:
    """The rules broken by a stream with these parts between its two words."""

    def stream(signs: Sequence[Chunk], ends: tuple[Exchange, ...] = ()) -> Exchange:
        first, last = exchange((0.0, 36.0), ends).chunks
        return replace(exchange((0.0, 36.0), ends), chunks=(first, *signs, last))

    return broken(stream(front, (stream(behind),)), **PINGED)


def test_a_client_gets_bytes_while_the_upstream_sends_signs_of_life() -> None:
    assert kept_alive(SIGNS) == set()
    assert kept_alive((Chunk(15.0, b": mine\n\n"),)) == set()
    assert kept_alive(()) == {"upstream.stream.alive"}


def test_an_upstream_that_sends_no_sign_of_life_gives_a_gateway_nothing_to_pass_on() -> None:
    assert kept_alive((), ()) == set()
