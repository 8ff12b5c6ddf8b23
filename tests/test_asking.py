"""What is asked for word for word, and what takes a memory."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.asking import takes_more
from conformance.model import Step


@pytest.mark.parametrize(
    ("body", "expect", "more"),
    [
        ({"input": "Reply with exactly: Word"}, {"answer": {"contains": "word"}}, False),
        ({"input": 'Reply with exactly: "q"\\'}, {"answer": {"contains": '"q"\\'}}, False),
        ({"input": "Reply with exactly: 你好"}, {"answer": {"contains": "你好"}}, False),
        ({"input": "The word is Word. Which is it?"}, {"answer": {"contains": "Word"}}, True),
        ({"input": "Reply with exactly: One"}, {"answer": {"contains": ["One", "Two"]}}, True),
        ({"input": "The word is Word."}, {"unless_converted": {"from": "x", "answer": {"contains": "Word"}}}, True),
        ({"input": "Hello"}, {"outcome": "success"}, False),
    ],
)
def test_what_takes_more_than_repeating(body: Any, expect: Any, more: bool) -> None:
    assert takes_more(Step({"body": body}, expect)) is more
