"""The doctor names the cause of every labelled ticket, and blames none of the healthy ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.doctor.diagnosis import CAUSES, Diagnosis
from conformance.doctor.examination import MAX_REQUESTS
from tests.doctor import tickets
from tests.doctor.hospital import Hospital, opened
from tests.doctor.tickets import Labelled

pytestmark = pytest.mark.socket

FAILING, HEALTHY = tickets.failing(), tickets.healthy()


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with opened() as running:
        yield running


def checked(hospital: Hospital, ticket: Labelled) -> Diagnosis:
    found = hospital.diagnose(ticket)
    assert len(found.sent) <= MAX_REQUESTS
    assert found.cause in CAUSES
    assert hospital.key not in f"{found}"
    assert found.cause == ticket.cause, f"{found.sentence} {[(one.why, one.status, one.kind) for one in found.sent]}"
    return found


@pytest.mark.parametrize("ticket", FAILING, ids=lambda ticket: ticket.id)
def test_the_cause_is_named(hospital: Hospital, ticket: Labelled) -> None:
    checked(hospital, ticket)


@pytest.mark.parametrize("ticket", HEALTHY, ids=lambda ticket: ticket.id)
def test_a_healthy_request_is_not_blamed(hospital: Hospital, ticket: Labelled) -> None:
    found = checked(hospital, ticket)
    assert found.is_proven
    assert not [one for one in found.questions if one.state == "wrong"]


def test_the_set_is_large_enough() -> None:
    assert len(FAILING) >= 150
    assert len(HEALTHY) >= 40
    assert len({ticket.id for ticket in (*FAILING, *HEALTHY)}) == len(FAILING) + len(HEALTHY)
    assert len({ticket.cause for ticket in FAILING}) >= 18
