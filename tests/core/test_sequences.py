"""Sequences that create their items on each access."""

from __future__ import annotations

from conformance.core.sequences import MappedSequence


def test_it_is_a_sequence() -> None:
    doubled = MappedSequence(lambda number: 2 * number, range(4))
    assert (len(doubled), list(doubled), list(reversed(doubled))) == (4, [0, 2, 4, 6], [6, 4, 2, 0])
    assert (doubled[1], doubled[-1], doubled[1:3]) == (2, 6, (2, 4))
    assert bool(doubled)
    assert not MappedSequence(str, [])


def test_items_are_made_each_time() -> None:
    made: list[int] = []
    kept = MappedSequence(made.append, [1, 2])
    assert made == []
    assert len(list(kept)) == len(list(kept)) == 2
    assert made == [1, 2, 1, 2]


def test_equal_items_make_equal_sequences() -> None:
    words = MappedSequence(str, [1, 2])
    assert words == ("1", "2") == words
    assert words == MappedSequence(str, (1, 2))
    assert words != ("1",)
    assert words != ("1", "3")
    assert words != {"1", "2"}
