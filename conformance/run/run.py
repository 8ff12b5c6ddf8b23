"""One run in one process: its cases, the gateway once it is reached, the engine, and the verdicts as they come."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property

from conformance.analysis.gate import Gate
from conformance.client.retry import SharedLimits
from conformance.core.model import JSON, Case
from conformance.protocol.answers import load_all
from conformance.records import journal, merge, run_document
from conformance.records.journal import Journal, read_journal
from conformance.records.run_format import (
    CasesEntry,
    GatewayFacts,
    JournalHead,
    OptionalFacts,
    RunDocument,
    SpentEntry,
    UpstreamFacts,
    VerdictEntry,
)
from conformance.run import connect, run_facts
from conformance.run.case_runner import CaseRunner
from conformance.run.config import Settings
from conformance.run.connect import Options, Reached
from conformance.run.progress import Progress
from conformance.run.provenance import Provenance
from conformance.run.scheduler import EXCLUSIVE, Scheduler
from conformance.run.upstream import UpstreamComparison
from conformance.run.worker_share import WorkerShare, share_limits
from conformance.suite import repeat, routes, shard


class Run:
    """`library` is all cases that there are; those of this run's share are `cases`, by each route and each time.

    `judged` are the ids of those that an earlier run has judged.
    """

    def __init__(self, chosen: Options, settings: Settings, library: tuple[Case, ...]) -> None:
        self.settings = settings
        self.verdicts: list[VerdictEntry] = []
        self.judged: frozenset[str] = frozenset()
        self.engine: Scheduler | None = None
        self.gate = Gate()
        self.provenance = Provenance()
        self._chosen = chosen
        self._library = library
        self.cases = repeat.repeated(routes.routed(self._share(), chosen.routes), settings.repeat)
        self._alone = {case.id for case in self.cases if EXCLUSIVE in case.marks}
        self._stack = ExitStack()
        self._reached: Reached | None = None
        self._earlier: JournalHead | None = None
        self._allowance: SharedLimits | None = None
        self._journal: Journal | None = None
        self._spent_elsewhere: list[Mapping[str, SpentEntry]] = []
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._clock = time.monotonic()

    @property
    def ids(self) -> list[str]:
        """The ids of all cases, whether they are run here or not."""
        return [case.id for case in self._library]

    def resume(self) -> None:
        """Takes over the verdicts of a run that was ended too early, where that is wanted. Raises InputError."""
        if self.settings.resume:
            self._earlier, self.verdicts = read_journal(self.settings.folder, self._fingerprint())
            self.judged = frozenset(entry["id"] for entry in self.verdicts)

    @property
    def tells(self) -> bool:
        """Whether there is a run to report: of any verdict, or of a share in which there are no cases."""
        return bool(self.verdicts or (self._library and not self.cases))

    @property
    def asks(self) -> bool:
        """Whether any case of the share is left to be judged."""
        return any(case.id not in self.judged for case in self.cases)

    def keep(self, entry: VerdictEntry) -> None:
        """One more verdict, written down at once."""
        if self._journal is None:
            head = None if self.settings.resume else self._head()
            self._journal = Journal(self.settings.folder / journal.NAME, head)
            self._stack.callback(self._journal.close)
        self.verdicts.append(entry)
        self._journal.add(entry)

    def _share(self) -> tuple[Case, ...]:
        own = self.settings.shard
        return shard.share(self._library, own, self.settings.expected) if own else self._library

    def alone(self, test: str) -> bool:
        """Whether a test, by pytest's node id, needs the gateway for itself."""
        return test.partition("test_gateway[")[2].removesuffix("]") in self._alone

    def reached(self, handed: JSON = None) -> Reached:
        """Who answered, reached when it is first asked for. Raises InputError."""
        if self._reached is None:
            self._reached = (
                connect.from_json(handed, self._chosen)
                if handed
                else self._stack.enter_context(connect.opened(self._chosen))
            )
        return self._reached

    def start(self, reached: Reached, place: WorkerShare) -> Scheduler:
        """Everything that sending needs; nothing is sent yet."""
        load_all()
        client = self._stack.enter_context(self._chosen.client())
        self._allowance = allowance = SharedLimits(share_limits(self.settings.manners, place))
        upstream = CaseRunner(reached.upstream, client, allowance) if reached.upstream else None
        runners = {route.route: CaseRunner(route, client, allowance) for route in reached.routes}
        self.engine = Scheduler(UpstreamComparison(runners, upstream), client, place.part(self.settings.concurrency))
        return self.engine

    def stop(self) -> None:
        """Sends nothing more."""
        if self.engine is not None:
            self.engine.stop()

    def close(self) -> None:
        """Closes what was opened."""
        self._stack.close()

    @property
    def spent(self) -> dict[str, SpentEntry]:
        """What was spent by family, in this process and those that told of it."""
        own = [self._allowance.budget.document()] if self._allowance else []
        return merge.added([*own, *self._spent_elsewhere])

    def add_spent(self, document: Mapping[str, SpentEntry]) -> None:
        """What another process has spent."""
        self._spent_elsewhere.append(document)

    def progress(self, total: int) -> Progress:
        """How far the run is, of a `total` without what was judged before it was resumed."""
        own = self.verdicts[len(self.judged) :]
        failed = sum(entry["outcome"] == "failed" for entry in own)
        seconds = time.monotonic() - self._clock
        if self._allowance is None:
            return Progress(len(own), total, failed, seconds)
        budget = self._allowance.budget
        costs = self._allowance.in_flight, budget.requests, budget.tokens
        return Progress(len(own), total, failed, seconds, *costs)

    def document(self) -> RunDocument:
        """The report. Raises InputError if the gateway was not reached yet and does not answer."""
        gateway = self._gateway()
        more: OptionalFacts = {
            "cases": self._cases,
            **self.provenance.document(connect.key(self._chosen)),
            "spent": self.spent,
        }
        if upstream := self._upstream():
            more["upstream"] = upstream
        if own := self.settings.shard:
            more["shard"] = run_facts.shard_facts(own, self._library, self._chosen, self.settings, gateway["models"])
        return run_document.document(gateway, self._started, time.monotonic() - self._clock, self.verdicts, more)

    def _head(self) -> JournalHead:
        head: JournalHead = {
            "format": run_document.FORMAT,
            "fingerprint": self._fingerprint(),
            "gateway": self._gateway(),
            "started": self._started,
        }
        if upstream := self._upstream():
            head["upstream"] = upstream
        return head

    def _gateway(self) -> GatewayFacts:
        """The gateway of this run, or of the earlier run if no case was left to send."""
        earlier = self._earlier_alone()
        facts = earlier["gateway"] if earlier else run_facts.gateway_facts(self.reached())
        return run_facts.resumed(facts, len(self.judged))

    def _upstream(self) -> UpstreamFacts | None:
        earlier = self._earlier_alone()
        if earlier:
            return earlier.get("upstream")
        upstream = self.reached().upstream
        return run_facts.upstream_facts(upstream) if upstream else None

    def _earlier_alone(self) -> JournalHead | None:
        """The head of the earlier run, if no case was left to send and the gateway was not reached again."""
        return self._earlier if self._reached is None else None

    @cached_property
    def _cases(self) -> CasesEntry:
        return run_facts.cases_facts(self._library, self.provenance.case_set)

    def _fingerprint(self) -> str:
        return run_facts.fingerprint(self._library, self._chosen, self.settings)
