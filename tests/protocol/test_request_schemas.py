"""The schemas of requests: what the official APIs accept fits, and what they refuse does not."""

from __future__ import annotations

import pytest

from conformance.protocol.schema_check import breaches
from tests.support.examples.messages_shapes import ACCEPTED, ACCEPTED_IN_BETA, NOT_ACCEPTED, request

MESSAGES = "messages/request.schema.json"
ALL = {**ACCEPTED, **{f"beta {name}": changes for name, changes in ACCEPTED_IN_BETA.items()}}


@pytest.mark.parametrize("name", ALL)
def test_a_request_of_messages_fits(name: str) -> None:
    assert list(breaches(MESSAGES, request(ALL[name]))) == []


@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_a_request_that_the_api_refuses_does_not_fit(name: str) -> None:
    assert list(breaches(MESSAGES, request(NOT_ACCEPTED[name])))
