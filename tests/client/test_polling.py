"""Polling: a request is repeated until the value is there or the time is up."""

from __future__ import annotations

import asyncio
import time

import pytest

from conformance.client import polling
from conformance.core.model import JSON
from tests.support.wire import exchange

UNTIL: dict[str, list[JSON]] = {"/status": ["completed", "failed"]}


@pytest.mark.parametrize(
    ("status", "body", "done"),
    [(200, {"status": "queued"}, False), (200, {}, False), (200, {"status": "completed"}, True),
     (200, {"status": "failed"}, True), (404, {"error": {"message": "No."}}, True)],
)  # fmt: skip
def test_polling_ends_with_the_value_or_an_error(status: int, body: JSON, done: bool) -> None:
    assert polling.is_done(UNTIL, exchange("responses", body, status)) is done


def test_it_gives_up_in_time() -> None:
    async def count() -> int:
        return len([None async for _ in polling.pauses(0.5)])

    start = time.monotonic()
    assert asyncio.run(count()) == 2
    assert time.monotonic() - start < 0.5
