"""How often a request may go up."""

from __future__ import annotations

import json

import pytest

from conformance.core.model import Case, Chunk, Exchange, Request, Step
from conformance.judge import both_ends
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from tests.support.wire import JSON_TYPE, chat_answer

CHAT = "chat_completions"


def exchange(status: int, body: bytes, *behind: Exchange) -> Exchange:
    request = Request("POST", "http://x.test/v1/chat/completions", (), body)
    chunks = (Chunk(0.0, json.dumps(chat_answer()).encode()),)
    return Exchange(CHAT, request, status, (JSON_TYPE,), chunks, behind=behind)


def rules(*tries: tuple[int, bytes]) -> set[str]:
    """The broken rules about the number of requests; each try is the upstream's status and the body."""
    front = exchange(200, b"{}", *(exchange(status, body) for status, body in tries))
    step = Step({}, {"outcome": "either"}, upstream={"family": CHAT})
    case = Case("upstream/x/y", "A title", "upstream", "x", CHAT, "must", "", (), (step,), "x.yaml", 1)
    found = both_ends.breaches(case, 0, Reading(front), Profile())
    return {breach.rule for breach in found if breach.rule == "upstream.once"}


@pytest.mark.parametrize(
    ("tries", "is_broken"),
    [
        ([(200, b"{}")], False),
        ([(503, b"{}"), (200, b"{}")], False),
        ([(429, b"{}"), (429, b"{}"), (200, b"{}")], False),
        ([(400, b'{"thinking": 1}'), (200, b"{}")], False),
        ([(400, b"{}"), (400, b"{}")], True),
        ([(200, b'{"id": 1}'), (200, b'{"id": 1}')], True),
        ([(200, b'{"id": 1}'), (200, b'{"id": 2}')], True),
    ],
    ids=str,
)
def test_a_request_goes_up_once_unless_the_first_one_failed(tries: list[tuple[int, bytes]], is_broken: bool) -> None:
    assert rules(*tries) == ({"upstream.once"} if is_broken else set())
