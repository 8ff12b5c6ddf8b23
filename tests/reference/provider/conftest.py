"""A client of the scripted provider, which each file of this folder starts once."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.provider_client import provider


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with provider() as client:
        yield client
