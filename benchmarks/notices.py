"""Finds out which case notices which fault: runs the faults that replay reported defects over all cases.

The other faults are run over the cases that they name, as in the proof, and over the rich ones. A case notices a fault
if it fails or warns because of it. Most answers are not changed by a fault, so the answers of the faithful gateway are
kept, and a fault is run only over the cases whose answers it changes. Results that the file has already are not made
again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest

from conformance.client.retry import SendLimits, SharedLimits
from conformance.core.model import Case, Verdict
from conformance.judge import timing_limits
from conformance.reference import DEFAULT_KEY
from conformance.reference.changes import family_of, only
from conformance.reference.faults import ONE_SIDED, Fault
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.provider import DEFAULT_MODELS
from conformance.reference.switch import Switch
from conformance.run import connect
from conformance.run.case_runner import CaseRunner
from conformance.run.control_requests import needed
from conformance.run.preflight import prepare
from conformance.suite import notices
from conformance.suite.applies import endpoints
from conformance.suite.notices import Cost, Notices
from conformance.target.profile import load_profile
from tests.reference import test_faults
from tests.support import proof
from tests.support.in_process import InProcessClient, gateway
from tests.support.proof import Proof, Watch, chosen, one_sided_cases

FEW = 3
"""A fault that names at most this number of cases names those that show the most."""

RICH = "everything"
"""The area of the cases that combine many parts of an API in one request."""

BYTES_PER_TOKEN = 4
"""For requests that are refused: the answer does not say how many tokens they have."""

OFTEN = 50
"""The file is written each time after this number of faults, so that an interrupted run can be continued."""

NOTICING = ("failed", "warned")

Trial = Callable[[Fault, Sequence[Case]], Sequence[Verdict]]
"""Runs cases against the gateway with a fault."""

Key = tuple[object, ...]


@dataclass
class Memory:
    """Wraps the gateway: keeps its answers by request, and notes the calls.

    `never` are requests that get a new answer each time, because a case compares the answers to them.
    """

    known: dict[Key, tuple[Answer, list[bytes]]] = field(default_factory=dict)
    never: set[Key] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)

    def __call__(self, answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            self.calls.append(call)
            if kept := self.known.get(_key(call)):
                return replace(kept[0], body=_again(kept[1]))
            deletes = call.method == "DELETE" or call.path.endswith("/cancel")
            if deletes:
                self._forget_response(call.path.removesuffix("/cancel").rpartition("/")[2].encode())
            given = await answering(call)
            if deletes or call.method != "POST" or _key(call) in self.never:
                return given
            return replace(given, body=self._kept(_key(call), given))

        return answer

    async def _kept(self, key: Key, given: Answer) -> AsyncIterator[bytes]:
        pieces = []
        async for piece in given.body:
            pieces.append(piece)
            yield piece
        self.known[key] = given, pieces

    def forget(self, calls: Iterable[Call]) -> None:
        """Keeps no answer to these calls from now on."""
        for call in calls:
            self.never.add(_key(call))
            self.known.pop(_key(call), None)

    def _forget_response(self, id_: bytes) -> None:
        self.known = {key: kept for key, kept in self.known.items() if id_ not in b"".join(kept[1])}


def _key(call: Call) -> Key:
    return call.method, call.target, call.headers, call.body


async def _again(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@dataclass(frozen=True)
class Bench:
    """A gateway in this process that keeps its answers. `calls` are those of each case, by id, and `costs` its cost."""

    proof: Proof
    memory: Memory
    calls: dict[str, list[Call]] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)

    def listen(self, cases: Sequence[Case]) -> None:
        """Runs each case without a fault, and notes its calls and its cost. Raises ValueError if one does not pass."""
        limits = SharedLimits(SendLimits(retries=0))
        runner = CaseRunner(self.proof.target, self.proof.client, limits)
        for case in cases:  # fills the memory, and sends all control requests
            self.memory.calls.clear()
            if runner.run(case).outcome != "passed":
                self.memory.forget(self.memory.calls)
        for case in cases:
            self.memory.calls.clear()
            requests, tokens = limits.budget.requests, limits.budget.tokens
            verdict = runner.run(case)
            if verdict.outcome != "passed":
                raise ValueError(f"{case.id}: {verdict.outcome} without a fault {verdict.reason}{verdict.findings}")
            self.calls[case.id] = list(self.memory.calls)
            sent = sum(len(call.body) for call in self.memory.calls) // BYTES_PER_TOKEN
            spent = limits.budget.requests - requests, max(sent, limits.budget.tokens - tokens)
            self.costs[case.id] = Cost(*spent, tuple(sorted(needed(verdict.case))))

    def verdicts(self, fault: Fault, cases: Sequence[Case]) -> Sequence[Verdict]:
        """The verdicts on those of the cases that a fault may change or names."""
        changed = self.proof.client.submit(self._changed(fault, cases)).result()
        tried = {case.id for case in chosen(fault.cases)} | changed
        try:
            return _verdicts(self.proof, fault, [case for case in cases if case.id in tried])
        except Exception:
            with proof.opened() as opened:  # the fault changes what only a connection has
                return _verdicts(opened, fault, cases)

    async def _changed(self, fault: Fault, cases: Sequence[Case]) -> set[str]:
        """The ids of the cases in which a fault changes an answer, or may change it."""
        known: dict[Key, bool] = {}
        found = set()
        for case in cases:
            for call in self.calls[case.id]:
                if _key(call) not in known:
                    known[_key(call)] = await self._changes(fault, call)
                if known[_key(call)]:
                    found.add(case.id)
        return found

    async def _changes(self, fault: Fault, call: Call) -> bool:
        if fault.family not in ("all", family_of(call)):
            return False
        if _key(call) not in self.memory.known:
            return True
        given, pieces = self.memory.known[_key(call)]

        async def faithful(changed: Call) -> Answer:
            if _key(changed) != _key(call):
                raise LookupError("the fault changes the request")
            return replace(given, body=_again(pieces))

        try:
            answer = await only(fault.family, fault.apply)(faithful)(call)
            body = [piece async for piece in answer.body]
        except Exception:  # the fault breaks the connection, for example
            return True
        return (answer.status, answer.headers, answer.bare, body) != (given.status, given.headers, given.bare, pieces)


def _verdicts(gateway: Proof, fault: Fault, cases: Sequence[Case]) -> Sequence[Verdict]:
    return gateway.verdicts(cases, fault.id, retries=1 if "case.intermittent" in fault.rules else 0)


@contextmanager
def in_process(cases: Sequence[Case]) -> Iterator[Bench]:
    """A gateway without sockets that knows the calls of these cases."""
    memory, switch = Memory(), Switch()
    transport = gateway(lambda answering: switch(memory(answering)))
    claims = load_profile(connect._REFERENCE_PROFILE)
    with proof._reference_key(), InProcessClient(transport, claims.timeout) as client:
        target = prepare("http://gateway.test/v1", claims, DEFAULT_KEY, DEFAULT_MODELS[:1], client)
        bench = Bench(Proof(target, client, Watch(switch), transport.provider()), memory)
        bench.listen(cases)
        yield bench


def _on_sockets(fault: Fault, cases: Sequence[Case]) -> Sequence[Verdict]:
    """As test_faults.py runs faults of timing: with shortened limits."""
    haste = test_faults.HASTE if fault.id.startswith("slow-") else 1.0
    with proof.opened(haste) as opened, pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing_limits, "BURST_AFTER_SECONDS", test_faults.BURST_AFTER_SECONDS)
        for name in test_faults.SLOW:
            patch.setattr(timing_limits, name, getattr(timing_limits, name) / haste)
        return _verdicts(opened, fault, cases)


@cache
def _likely() -> frozenset[str]:
    """The ids of the cases that a fault with few cases names."""
    named = (chosen(fault.cases) for fault in ONE_SIDED.values())
    return frozenset(case.id for cases in named if len(cases) <= FEW for case in cases)


@cache
def _rich() -> frozenset[str]:
    """The ids of the cases that combine many parts of an API in one request."""
    return frozenset(case.id for case in one_sided_cases() if case.area == RICH)


@cache
def _streaming() -> frozenset[str]:
    return frozenset(case.id for case in one_sided_cases() if "streaming" in case.marks)


@cache
def _wanted(fault: Fault) -> Sequence[Case]:
    """The cases to try on a fault: those that it names, and rich ones; for a reported defect, all cases of its family.

    Faults on the wire may need sockets, which are slow, and those of timing take seconds: they get the likely cases.
    """
    if fault in test_faults.TIMED:
        more = _likely() & _streaming() if fault.url else frozenset()
    elif not fault.url:
        more = _rich()
    elif fault in test_faults.CONTENT:
        more = frozenset(case.id for case in one_sided_cases())
    else:
        more = _likely() | _rich()
    named = {case.id for case in chosen(fault.cases)}
    return [case for case in one_sided_cases() if case.id in named or (case.id in more and _asks(case, fault.family))]


def _asks(case: Case, family: str) -> bool:
    """Whether a case sends requests to an endpoint of a family; both model lists are `models`."""
    asked = endpoints(case)
    if family == "models":
        return any(endpoint.startswith("model") for endpoint in asked)
    return family in ("all", *asked) or "elsewhere" in asked


@dataclass
class _Growing:
    """The notices while they are made."""

    file: Path
    found: Notices

    def missing(self, faults: Iterable[Fault]) -> dict[str, list[Case]]:
        """By fault, the cases to try on it."""
        left = {
            fault.id: [case for case in _wanted(fault) if case.id not in self.found.tried.get(fault.id, ())]
            for fault in faults
        }
        return {id_: cases for id_, cases in left.items() if cases}

    def add(self, fault: str, cases: Sequence[Case], verdicts: Sequence[Verdict]) -> None:
        noticed = {verdict.case.id for verdict in verdicts if verdict.outcome in NOTICING}
        tried = {case.id for case in cases}
        self.found = replace(
            self.found,
            tried={**self.found.tried, fault: self.found.tried.get(fault, frozenset()) | tried},
            noticed={**self.found.noticed, fault: self.found.noticed.get(fault, frozenset()) | noticed},
        )

    def try_(self, trial: Trial, left: Mapping[str, Sequence[Case]]) -> Iterator[str]:
        for number, (fault, cases) in enumerate(left.items(), 1):
            self.add(fault, cases, trial(ONE_SIDED[fault], cases))
            yield f"{number}/{len(left)} {fault}: noticed by {len(self.found.noticed[fault])} cases"
            if number % OFTEN == 0 or number == len(left):
                notices.write(self.file, self.found)


def update(file: Path) -> Iterator[str]:
    """Tries the faults and cases that the file does not have yet, and yields progress."""
    growing = _Growing(file, _living(notices.read(file)) if file.is_file() else Notices())
    left = growing.missing(fault for fault in ONE_SIDED.values() if fault in test_faults.CONTENT or fault.url)
    timed = growing.missing(fault for fault in test_faults.TIMED if fault.id in ONE_SIDED)
    here = {fault: cases for fault, cases in left.items() if fault not in timed}
    asked = {case.id for cases in here.values() for case in cases}
    heard = [case for case in one_sided_cases() if case.id in asked or case.id not in growing.found.costs]
    with in_process(heard) as bench:
        growing.found = replace(growing.found, costs={**growing.found.costs, **bench.costs})
        yield from growing.try_(bench.verdicts, here)
    sent = growing.missing(fault for fault in test_faults.SENT if fault.id in ONE_SIDED)
    with proof.opened() as opened:
        yield from growing.try_(lambda fault, cases: _verdicts(opened, fault, cases), sent)
    yield from growing.try_(_on_sockets, timed)
    notices.write(file, growing.found)
    yield f"{len(growing.found.noticed)} faults, {len(growing.found.costs)} cases: {file}"


def _living(found: Notices) -> Notices:
    """The notices without those of cases and faults that no longer exist, or that are no longer to be tried."""
    ids = {case.id for case in one_sided_cases()}
    wanted = {fault: {case.id for case in _wanted(ONE_SIDED[fault])} for fault in found.noticed if fault in ONE_SIDED}
    return Notices(
        {id_: cost for id_, cost in found.costs.items() if id_ in ids},
        {fault: found.tried[fault] & cases for fault, cases in wanted.items()},
        {fault: found.noticed[fault] & cases for fault, cases in wanted.items()},
    )
