"""The gateways of the labelled tickets, on real sockets.

`python -m tests.doctor.hospital` prints the share of right causes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from conformance.client.http import Client
from conformance.doctor.diagnosis import Diagnosis
from conformance.reference import reference_gateway
from conformance.run import doctor
from tests.doctor import tickets
from tests.doctor.tickets import Labelled
from tests.support import stand_ins


@dataclass(frozen=True)
class Hospital:
    """The origins of the gateways by name, the key of the reference gateway, and one client for all tickets."""

    origins: Mapping[str, str]
    key: str
    client: Client

    def diagnose(self, ticket: Labelled) -> Diagnosis:
        case = tickets.case(ticket, self.origins[ticket.gateway], self.key)
        self.client.secrets, self.client._secret_of = tuple(case.secrets), dict(case.secrets)
        return doctor.with_client(case, self.client)


@contextmanager
def opened() -> Iterator[Hospital]:
    with ExitStack() as stack:
        reference = stack.enter_context(reference_gateway(pace=0.0))
        told = tickets.gateways()
        origins = {name: stack.enter_context(stand_ins.standing_in(entry)) for name, entry in told.items()}
        origins[tickets.REFERENCE] = reference.base_url.removesuffix("/v1")
        yield Hospital(origins, reference.key, stack.enter_context(Client(doctor.FIRST, doctor.MAX_BYTES)))


def main() -> None:
    """Prints the share of right causes, by cause."""
    total, right, requests, slowest = Counter[str](), Counter[str](), 0, 0.0
    with opened() as hospital:
        for ticket in (*tickets.failing(), *tickets.healthy()):
            start = time.monotonic()
            found = hospital.diagnose(ticket)
            slowest, requests = max(slowest, time.monotonic() - start), max(requests, len(found.sent))
            total[ticket.cause] += 1
            right[ticket.cause] += found.cause == ticket.cause
    for cause, number in total.items():
        print(f"{cause:<16} {right[cause]:>4} of {number}")
    failing = total.total() - total["healthy"]
    share = (right.total() - right["healthy"]) / failing
    blamed = total["healthy"] - right["healthy"]
    print(f"{share:.1%} of {failing} failing named; {blamed} of {total['healthy']} healthy blamed")
    print(f"at most {requests} requests and {slowest:.1f} s for one ticket")


if __name__ == "__main__":
    main()
