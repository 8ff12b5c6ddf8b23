"""The readiness that the suite states for a client, with a fault of the reference gateway."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.notices import Bench, in_process
from conformance.analysis import over_run
from conformance.analysis.readiness import readiness
from conformance.core.model import Case, Verdict
from conformance.core.options import OPTIONS
from conformance.judge import over_a_run
from conformance.records import run_document
from conformance.records.run_format import ReadinessEntry
from conformance.reference.faults import ONE_SIDED, Fault
from conformance.suite.clients import Client, load_clients
from tests.reference.test_faults import SENT
from tests.support.proof import one_sided_cases, opened

RETRIES = next(option.default for option in OPTIONS if option.name == "--gateway-retries")

Stating = Callable[[str, str], ReadinessEntry]


@contextmanager
def stated(ids: Collection[str]) -> Iterator[Stating]:
    """A function from a client and a fault to the readiness; `ids` are the clients that it is asked for."""
    clients = {client.id: client for client in load_clients() if client.id in ids}
    cases = [case for case in one_sided_cases() if any(client.sends(case.id) for client in clients.values())]
    with in_process(cases) as bench:
        yield lambda client, fault: _state(bench, clients[client], cases, fault)


def _state(bench: Bench, client: Client, cases: Sequence[Case], fault: str) -> ReadinessEntry:
    """The verdicts with the fault, beside passed ones for the cases that it does not change."""
    own = [case for case in cases if client.sends(case.id)]
    ids = [case.id for case in own]
    changed = [verdict for verdict in _verdicts(bench, ONE_SIDED[fault], own) if verdict.case.id in ids]
    document: Any = {
        "verdicts": [
            *(run_document.verdict(verdict) for verdict in changed),
            *({"id": id_, "outcome": "passed", "reason": "", "findings": []} for id_ in _left(ids, changed)),
        ],
        "problems": [],
        "over_run": [
            over_run.entry(found) for found in over_a_run.findings(over_run.identities(_exchanges(changed)), {})
        ],
    }
    return readiness(document, [client], ids)[0]


def _verdicts(bench: Bench, fault: Fault, cases: Sequence[Case]) -> Sequence[Verdict]:
    """The verdicts on the cases that a fault may change.

    A fault on the wire needs sockets. Failed requests are sent again, as often as in a run without options.
    """
    if fault not in SENT:
        return bench.verdicts(fault, cases)
    with opened() as gateway:
        return gateway.verdicts(cases, fault.id, retries=RETRIES)


def _left(ids: Sequence[str], changed: Sequence[Verdict]) -> list[str]:
    tried = {verdict.case.id for verdict in changed}
    return [id_ for id_ in ids if id_ not in tried]


def _exchanges(verdicts: Sequence[Verdict]) -> Iterator[Any]:
    return ((verdict.case.id, exchange) for verdict in verdicts for exchange in verdict.exchanges)
