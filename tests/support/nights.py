"""A gateway for tests with several nightly runs: it keeps its address, and a fault can be switched on and off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from conformance.reference import reference_gateway
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.switch import misbehaviour


@dataclass
class Nightly:
    """A running gateway. A change of `faults` has effect from the next request on.

    `within` is a text that a request has to contain to meet the faults.
    """

    url: str = ""
    faults: tuple[str, ...] = ()
    within: bytes = b""

    def around(self, answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            faults = self.faults if self.within in call.body else ()
            return await misbehaviour(faults)(answering)(call)

        return answer


@contextmanager
def gateway(patch: pytest.MonkeyPatch) -> Iterator[Nightly]:
    """It accepts the key that `suite.run` has in its environment."""
    patch.delenv("GATEWAY_API_KEY", raising=False)
    nightly = Nightly()
    with reference_gateway(around=nightly.around) as running:
        nightly.url = running.base_url
        yield nightly
