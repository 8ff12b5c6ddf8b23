"""JSON Pointers: the examples of RFC 6901, and pointers to missing values."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core import pointer

RFC: dict[str, Any] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", RFC),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_rfc(text: str, value: Any) -> None:
    assert pointer.resolve(RFC, text) == value
    assert pointer.get(RFC, text, object) == value


@pytest.mark.parametrize("text", ["/nothing", "/foo/2", "/foo/-", "/foo/-1", "/foo/bar", "/foo/0/0", "/ /x", "/foo/²"])
def test_missing_values_raise(text: str) -> None:
    assert pointer.get(RFC, text, object) is None
    assert list(pointer.each(RFC, text)) == []
    with pytest.raises(pointer.PointerError, match="no such member"):
        pointer.resolve(RFC, text)


def test_a_tilde_is_unescaped_last() -> None:
    assert pointer.resolve({"~1": 1, "/": 2}, "/~01") == 1


@pytest.mark.parametrize("name", ["a/b", "m~n", "~1", "", "*", 7])
def test_escape_is_the_way_back(name: object) -> None:
    assert pointer.tokens(f"/{pointer.escape(name)}") == (str(name),)


def test_a_pointer_starts_with_a_slash() -> None:
    with pytest.raises(pointer.PointerError, match="does not start"):
        pointer.tokens("foo")


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [(True, int, False), (True, bool, True), (1, int, True), (1, bool, False), ("", str, True), (None, object, True)],
)
def test_kinds_are_those_of_json(value: Any, kind: type, fits: bool) -> None:
    assert pointer.is_kind(value, kind) is fits
    assert (pointer.get({"a": value}, "/a", kind) is not None) is (fits and value is not None)


def test_a_star_names_every_member() -> None:
    document = {"a": [{"b": 1}, {"c": 2}, {"b": 3}], "x/y": {"b": 4}}
    assert list(pointer.each(document, "/a/*/b")) == [("/a/0/b", 1), ("/a/2/b", 3)]
    assert list(pointer.each(document, "/*/b")) == [("/x~1y/b", 4)]
    assert list(pointer.each([[1], [2, 3]], "/*/*")) == [("/0/0", 1), ("/1/0", 2), ("/1/1", 3)]
    assert list(pointer.each(7, "/*")) == []
    assert list(pointer.each(7, "")) == [("", 7)]


def test_a_star_may_name_the_members_of_one_type() -> None:
    document = {"a": [{"type": "text", "id": 1}, {"type": "call", "id": 2}, 7, {"type": "call", "id": 3}]}
    assert list(pointer.each(document, "/a/*[type=call]/id")) == [("/a/1/id", 2), ("/a/3/id", 3)]
    assert list(pointer.each(document, "/a/*[type=none]/id")) == []
    assert list(pointer.each(7, "/*[type=call]")) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "/a", "/a/*", "/a/*/b", "/a/1", "/a/1/c", "/a/9", "/a/x", "/*", "/*/*", "/*/b", "/a/*[b=x]", "/a/*[b=x]/c",
        "/n/*", "/n/x", "/x~1y/*", "/none/*/b",
    ],
)  # fmt: skip
def test_values_are_those_of_each(text: str) -> None:
    document = {"a": [{"b": 1}, {"c": 2, "b": "x"}, 7, {"b": "x", "c": None}, []], "x/y": {"b": 4, "*": 5}, "n": None}
    assert pointer.values(document, text) == [value for _, value in pointer.each(document, text)]
    assert pointer.values([document], f"/0{text}") == pointer.values(document, text)
