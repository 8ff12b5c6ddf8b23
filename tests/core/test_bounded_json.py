"""Documents with more levels than any function can follow are refused, whatever this version of Python parses."""

from __future__ import annotations

import json

import pytest

from conformance.core import bounded_json
from conformance.core.bounded_json import MAX_DEPTH, TooDeepError


def nested(opening: str, closing: str, levels: int) -> str:
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize("encode", [str, str.encode], ids=["text", "bytes"])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_the_limit_is_exact(opening: str, closing: str, encode: type[str]) -> None:
    text = nested(opening, closing, MAX_DEPTH)
    assert bounded_json.loads(encode(text)) == json.loads(text)
    for levels in (MAX_DEPTH + 1, 5_000, 200_000):
        with pytest.raises(TooDeepError, match="nested too deeply to read"):
            bounded_json.loads(encode(nested(opening, closing, levels)))


def test_brackets_in_texts_and_side_by_side_are_not_levels() -> None:
    value = ["[" * 1000, *([[]] * 1000)]
    assert bounded_json.loads(json.dumps(value)) == value


def test_only_objects_are_read_as_objects() -> None:
    assert bounded_json.read_object('{"a": [1]}') == {"a": [1]}
    assert [bounded_json.read_object(text) for text in ("[1]", "7", "{", b"\xff", nested('{"a":', "}", 300))] == [
        None
    ] * 5


def test_other_mistakes_are_those_of_json() -> None:
    with pytest.raises(json.JSONDecodeError, match="Expecting value: line 1 column 2"):
        bounded_json.loads("[")
