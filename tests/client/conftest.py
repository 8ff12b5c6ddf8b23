"""The client of tests that do not need a longer timeout."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.client.http import Client


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(timeout=5) as running:
        yield running
