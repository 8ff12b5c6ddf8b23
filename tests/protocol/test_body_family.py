"""The API that a body is written for is told by its members."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.protocol import body_family
from tests.support.examples.responses import BASES
from tests.support.wire import CHAT, MESSAGES, RESPONSES, exchange

TURN = {"role": "user", "content": "Hello"}
PICTURE = {"type": "base64", "media_type": "image/png", "data": "aaaa"}
EITHER = frozenset({"chat_completions", "messages"})


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"model": "m", "messages": [TURN]}, EITHER),
        ({"model": "m", "messages": [TURN], "max_tokens": 9, "stream": True, "temperature": 1}, EITHER),
        ({"model": "m", "messages": [{"role": "system", "content": "Be brief."}, TURN]}, EITHER),
        ({"model": "m", "messages": [{"role": "developer", "content": "Be brief."}, TURN]}, {"chat_completions"}),
        ({"model": "m", "messages": [TURN], "max_completion_tokens": 9}, {"chat_completions"}),
        ({"model": "m", "messages": [TURN], "response_format": {"type": "text"}}, {"chat_completions"}),
        ({"model": "m", "messages": [TURN], "response_format": None}, EITHER),
        ({"model": "m", "messages": [TURN], "tools": [{"type": "function", "function": {}}]}, {"chat_completions"}),
        ({"model": "m", "messages": [{"role": "user", "content": [{"image_url": {}}]}]}, {"chat_completions"}),
        ({"model": "m", "messages": [TURN], "system": "Be brief."}, {"messages"}),
        ({"model": "m", "messages": [TURN], "stop_sequences": ["END"]}, {"messages"}),
        ({"model": "m", "messages": [TURN], "tools": [{"name": "f", "input_schema": {}}]}, {"messages"}),
        ({"model": "m", "messages": [{"role": "user", "content": [{"source": PICTURE}]}]}, {"messages"}),
        ({"model": "m", "messages": [TURN], "system": "Be brief.", "response_format": {}}, EITHER),
        ({"model": "m", "input": "Hello"}, {"responses"}),
        ({"model": "m", "input": [TURN], "max_output_tokens": 9}, {"responses"}),
        ({"model": "m", "input": "Hello", "messages": [TURN]}, EITHER | {"responses"}),
        ({"model": "m"}, set()),
        ({"model": "m", "messages": "Hello"}, set()),
        ([TURN], set()),
        (None, set()),
    ],
    ids=lambda value: repr(sorted(value)) if isinstance(value, set | frozenset) else repr(value),
)
def test_members_tell_the_family(body: Any, wanted: set[str]) -> None:
    assert body_family.families(body) == wanted


@pytest.mark.parametrize("family", [CHAT, MESSAGES, RESPONSES])
def test_a_body_may_be_for_its_own_endpoint(family: str) -> None:
    assert family in body_family.families(json.loads(exchange(family, {}).request.body))


@pytest.mark.parametrize("name", BASES)
def test_a_responses_body_is_for_responses(name: str) -> None:
    assert body_family.families(BASES[name][0]) == {"responses"}


def test_foreign_members_are_named() -> None:
    body = {"model": "m", "messages": [TURN], "system": "Be brief.", "tools": [{"input_schema": {}}], "input": None}
    assert body_family.foreign_members(body, "chat_completions") == {"system", "tools"}
    assert body_family.foreign_members(body, "messages") == frozenset()
