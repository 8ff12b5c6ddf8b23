"""The token limit of a request, by the names that the APIs have for it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.protocol.token_limit import token_limit


@pytest.mark.parametrize(
    ("body", "family", "limit"),
    [
        ({"max_completion_tokens": 5, "max_tokens": 9}, "chat_completions", 5),
        ({"max_tokens": 9}, "chat_completions", 9),
        ({"max_tokens": 0}, "messages", 0),
        ({"max_output_tokens": 16}, "responses", 16),
        ({"max_tokens": 9}, "responses", None),
        ({"max_tokens": 9}, "models", None),
        ({"max_output_tokens": 16}, "", 16),
        ({"max_tokens": "9"}, "messages", None),
        ({"max_tokens": True}, "messages", None),
        ([], "", None),
        (None, "", None),
    ],
)
def test_the_limit_is_read_by_the_names_of_the_api(body: Any, family: str, limit: int | None) -> None:
    assert token_limit(body, family) == limit
