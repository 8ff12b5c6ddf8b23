"""Documents nested more deeply than any function can follow are recognised, whatever the version of Python parses."""

from __future__ import annotations

import json

import pytest

from conformance.core.nesting import MAX_DEPTH, is_too_deep


def nested(opening: str, closing: str, levels: int) -> str:
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize("encode", [str, str.encode], ids=["text", "bytes"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_the_limit_is_exact(opening: str, closing: str, encode: type[str]) -> None:
    for levels, too_deep in ((MAX_DEPTH, False), (MAX_DEPTH + 1, True)):
        text = nested(opening, closing, levels)
        assert is_too_deep(encode(text), json.loads(text)) is too_deep


def test_brackets_in_texts_and_side_by_side_are_not_levels() -> None:
    value = ["[" * 1000, *([[]] * 1000)]
    assert not is_too_deep(json.dumps(value), value)
