"""The doctor names the cause of every labelled ticket, and blames none of the healthy ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from conformance.client.http import Client
from conformance.doctor.diagnosis import CAUSES, Diagnosis
from conformance.doctor.examination import MAX_REQUESTS
from conformance.reference import reference_gateway
from conformance.run import doctor
from tests.doctor import tickets
from tests.doctor.tickets import Labelled
from tests.support import stand_ins

pytestmark = pytest.mark.socket

FAILING, HEALTHY = tickets.failing(), tickets.healthy()


class Hospital:
    """All gateways of the table, each on a port of its own, and one client for all tickets."""

    def __init__(self, origins: dict[str, str], key: str, client: Client) -> None:
        self.origins, self.key, self.client = origins, key, client
        self.named: Counter[bool] = Counter()

    def diagnose(self, ticket: Labelled) -> Diagnosis:
        case = tickets.case(ticket, self.origins[ticket.gateway], self.key)
        self.client.secrets, self.client._secret_of = tuple(case.secrets), dict(case.secrets)
        return doctor.with_client(case, self.client)


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    with ExitStack() as stack:
        reference = stack.enter_context(reference_gateway(pace=0.0))
        told = tickets.gateways()
        origins = {name: stack.enter_context(stand_ins.standing_in(entry)) for name, entry in told.items()}
        origins[tickets.REFERENCE] = reference.base_url.removesuffix("/v1")
        client = stack.enter_context(Client(doctor.FIRST, doctor.MAX_BYTES))
        yield Hospital(origins, reference.key, client)


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
