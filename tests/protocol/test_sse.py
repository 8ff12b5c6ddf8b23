"""The reader of event streams follows the standard, and does not depend on where a body is split.

Examples: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from conformance.core.model import Chunk
from conformance.protocol import sse


def read(*parts: bytes | str) -> sse.Stream:
    """The parts arrive at the times 0, 1, 2, …"""
    data = [part.encode() if isinstance(part, str) else part for part in parts]
    return sse.read(Chunk(float(at), part) for at, part in enumerate(data))


def data(stream: sse.Stream) -> list[str]:
    return [event.data for event in stream.events]


def kinds(stream: sse.Stream) -> set[str]:
    return {quirk.kind for quirk in stream.quirks}


def test_the_standard_joins_data_lines() -> None:
    stream = read("data: YHOO\ndata: +2\ndata: 10\n\n")
    assert data(stream) == ["YHOO\n+2\n10"]
    assert kinds(stream) == {"several-data-lines"}


def test_the_standard_example_of_comments_and_ids() -> None:
    stream = read(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n")
    assert [(event.data, event.id) for event in stream.events] == [
        ("first event", "1"),
        ("second event", ""),
        (" third event", ""),
    ]
    assert stream.comments == ((0, "test stream"),)


def test_the_standard_example_of_empty_data() -> None:
    stream = read("data\n\ndata\ndata\n\ndata:")
    assert data(stream) == ["", "\n"]
    assert {"no-data", "unfinished"} <= kinds(stream)


def test_the_standard_drops_one_space_only() -> None:
    assert data(read("data:test\n\ndata: test\n\n")) == ["test", "test"]
    assert data(read("data:  test\n\n")) == [" test"]


def test_names_are_of_one_event_and_the_last_one_counts() -> None:
    stream = read("event: add\nevent: remove\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\n")
    assert [(event.name, event.named) for event in stream.events] == [
        ("remove", True),
        ("message", False),
        ("message", True),
    ]


def test_a_name_without_data_is_forgotten() -> None:
    stream = read("event: lost\n\ndata: 1\n\n")
    assert [(event.name, event.number) for event in stream.events] == [("message", 1)]
    assert kinds(stream) == {"no-data"}


def test_an_id_with_nul_is_ignored_and_an_id_lasts() -> None:
    stream = read("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\ndata: c\n\n")
    assert [event.id for event in stream.events] == ["1", "1", "1"]
    assert kinds(stream) == {"id", "id-nul"}


@pytest.mark.parametrize(("line", "kind"), [("retry: 3000", "retry"), ("retry: 3 s", "retry-not-digits")])
def test_retry(line: str, kind: str) -> None:
    assert kinds(read(f"{line}\ndata: a\n\n")) == {kind}


def test_an_event_without_its_blank_line_is_not_dispatched() -> None:
    for rest in ("data: b", "data: b\n"):
        stream = read("data: a\n\n" + rest)
        assert data(stream) == ["a"]
        assert [(quirk.kind, quirk.offset) for quirk in stream.quirks] == [("unfinished", 9)]


def test_an_unfinished_comment_is_not_an_unfinished_event() -> None:
    assert kinds(read("data: a\n\n: bye")) == set()


def test_the_byte_order_mark_is_dropped_once() -> None:
    stream = read(b"\xef\xbb\xbfdata: a\n\n")
    assert (data(stream), kinds(stream)) == (["a"], {"bom"})
    assert stream.events[0].offset == 3
    twice = read(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n")
    assert (data(twice), kinds(twice)) == ([], {"bom", "unknown-field"})


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\v", "\f", "\x1c"])
def test_only_cr_and_lf_end_a_line(mark: str) -> None:
    assert data(read(f"data: a{mark}b\n\n")) == [f"a{mark}b"]


def test_invalid_utf8_is_replaced_and_reported() -> None:
    stream = read(b"data: a\n\ndata: \xff\n\n")
    assert data(stream) == ["a", "\ufffd"]
    assert [(quirk.kind, quirk.offset, quirk.event) for quirk in stream.quirks] == [("invalid-utf8", 9, 2)]


@pytest.mark.parametrize("line", ['{"a": 1}', "Data: a", " data: a", "datum: a", "\t"])
def test_other_lines_are_passed_over(line: str) -> None:
    stream = read(f"data: a\n{line}\n\n")
    assert (data(stream), kinds(stream)) == (["a"], {"unknown-field"})


def test_a_block_of_unknown_lines_is_not_an_event() -> None:
    assert kinds(read('{"a": 1}\n\n')) == {"unknown-field"}


def test_a_blank_line_that_ends_nothing_is_told_only_after_an_id() -> None:
    assert kinds(read("\n\ndata: a\n\n\n: c\n\n")) == set()
    assert kinds(read("id: 1\ndata: a\n\n: c\n\n")) == {"id", "blank-after-id"}


BODY = (
    b"\xef\xbb\xbf: hi\r\n\r\nevent: a\r\ndata: \xc3\xa9\xe2\x82\xac\rdata:x\n\r"
    b"id: 7\rdata: \xf0\x9f\x8c\x8d\xe2\x80\xa8\r\rretry: 9\r\ndata: z\r\n\r\ndata: rest"
)


def test_every_mix_of_line_ends() -> None:
    stream = read(BODY)
    assert data(stream) == ["é€\nx", "🌍\u2028", "z"]
    assert {"bom", "cr", "crlf"} <= kinds(stream)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_each_line_end_alone(end: str) -> None:
    assert data(read(end.join(["data: a", "", "data: b", "data: c", "", ""]))) == ["a", "b\nc"]


def test_a_cut_at_any_byte_changes_nothing_but_the_times() -> None:
    whole = read(BODY)
    for at in range(len(BODY) + 1):
        cut = read(BODY[:at], BODY[at:])
        assert [(e.name, e.data, e.offset, e.id) for e in cut.events] == [
            (e.name, e.data, e.offset, e.id) for e in whole.events
        ]
        assert (cut.quirks, cut.comments) == (whole.quirks, whole.comments)


def test_byte_by_byte_is_the_same() -> None:
    assert data(read(*(BODY[at : at + 1] for at in range(len(BODY))))) == data(read(BODY))


def test_an_event_arrives_with_the_end_of_its_blank_line() -> None:
    stream = read("data: a\n", "\ndata: b\n\n", "", "data: c\n\n")
    assert [event.at for event in stream.events] == [1.0, 1.0, 3.0]
    assert [event.offset for event in stream.events] == [0, 9, 18]


def test_an_empty_body_has_no_events() -> None:
    assert read() == read(b"") == sse.Stream((), (), ())


def calls(work: Any) -> int:
    """The number of Python function calls, which measures the cost without a clock."""
    count = 0

    def profile(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_cost_grows_with_the_length_only(end: bytes) -> None:
    event = b"event: a" + end + b"data: {}" + end + end

    def cost(number: int) -> int:
        chunks = [Chunk(0.0, event) for _ in range(number)]
        return calls(lambda: sse.read(chunks))

    first, second, third = cost(100), cost(200), cost(300)
    assert abs((third - second) - (second - first)) < 0.05 * (second - first)
