"""One run in one process: its cases, the gateway, the scheduler, and the verdicts so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from conformance.analysis import over_run, problems, stability
from conformance.analysis.gate import Gate
from conformance.analysis.levels import with_levels
from conformance.analysis.parameter_fates import with_parameters
from conformance.analysis.readiness import with_readiness
from conformance.client.http import Client
from conformance.client.provider import Provider, ProviderAddress
from conformance.client.retry import SendLimits, SharedLimits
from conformance.client.timing import short_switch_interval
from conformance.core import redaction
from conformance.core.model import JSON, Case
from conformance.core.yaml_input import InputError
from conformance.protocol.answers import load_all
from conformance.records import journal, merge, run_document
from conformance.records.journal import Journal, read_journal
from conformance.records.run_format import (
    CasesEntry,
    ControlEntry,
    GatewayFacts,
    JournalHead,
    OptionalFacts,
    RunDocument,
    SoakEntry,
    SpentEntry,
    UpstreamFacts,
    VerdictEntry,
)
from conformance.run import connect, progress, run_facts
from conformance.run.case_runner import CaseRunner
from conformance.run.config import Settings
from conformance.run.connect import Options, Reached
from conformance.run.progress import Progress
from conformance.run.provenance import Provenance
from conformance.run.scheduler import Scheduler
from conformance.run.soak import quiet, soaked
from conformance.run.upstream import UpstreamComparison
from conformance.run.worker_share import WorkerShare, share_limits
from conformance.suite import repeat, routes, shard, tier
from conformance.suite.applies import TWO_SIDED
from conformance.suite.order import load_order
from conformance.suite.tier import PREFLIGHT


class Run:
    """`library` is all cases. `cases` are those of this run's tier and shard, for each route and each repetition.

    `judged` are the ids of cases whose verdicts come from an earlier run that is resumed. `planned` is the number of
    requests of the selected cases.
    """

    def __init__(self, chosen: Options, settings: Settings, library: tuple[Case, ...]) -> None:
        self.settings = settings
        self.verdicts: list[VerdictEntry] = []
        self.judged: frozenset[str] = frozenset()
        self.planned = 0
        self.controls: list[ControlEntry] = []
        self._selected: frozenset[str] | None = None
        self._selected_by: Sequence[str] = ()
        self._kept: set[str] = set()
        self.scheduler: Scheduler | None = None
        self.gate = Gate()
        self.provenance = Provenance()
        self._chosen = chosen
        self._library = tuple(case for case in library if chosen.has_provider or TWO_SIDED not in case.marks)
        self.cases = repeat.repeated(routes.routed(self._share(), chosen.routes), settings.repeat)
        self._stack = ExitStack()
        self._client: Client | None = None
        self._reached: Reached | None = None
        self._earlier: JournalHead | None = None
        self._limits: SharedLimits | None = None
        self._journal: Journal | None = None
        self._soaked: SoakEntry | None = None
        self._notes: list[str] = []
        self._spent_elsewhere: list[Mapping[str, SpentEntry]] = []
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._clock = self._sending = time.monotonic()

    @property
    def ids(self) -> list[str]:
        """The ids of all cases, of every shard."""
        return [case.id for case in self._library]

    def resume(self) -> None:
        """With --gateway-resume, loads the verdicts of the interrupted run. Raises InputError."""
        if self.settings.resume:
            self._earlier, self.verdicts, self.controls = read_journal(self.settings.folder, self._fingerprint())
            self.judged = frozenset(entry["id"] for entry in self.verdicts)

    @property
    def has_report(self) -> bool:
        """Whether there is a run to report: there are verdicts, or the shard has no cases."""
        return bool(self.verdicts or (self._library and not self.cases))

    @property
    def has_cases_left(self) -> bool:
        """Whether any case of the shard is not judged yet."""
        return any(case.id not in self.judged for case in self.cases)

    def add(self, entry: VerdictEntry, controls: Sequence[ControlEntry] = ()) -> None:
        """Adds a verdict, and the control requests since the one before, and writes both to the journal at once."""
        if self._journal is None:
            head = None if self.settings.resume else self._head()
            self._journal = Journal(self.settings.folder / journal.NAME, head)
            self._stack.callback(self._journal.close)
        if entry["id"] in self._kept:  # the test was run again
            self.verdicts = [other for other in self.verdicts if other["id"] != entry["id"]]
        self._kept.add(entry["id"])
        self.verdicts.append(entry)
        self.controls.extend(controls)
        self._journal.add(entry, controls)

    def select(self, ids: Collection[str], by: Sequence[str]) -> None:
        """Keeps which cases are to be sent: test ids, and the options of pytest that selected some of them."""
        self._selected, self._selected_by = frozenset(ids) | self.judged, by

    def _share(self) -> tuple[Case, ...]:
        own, cases = self.settings.shard, self._tier()
        return shard.share(cases, own, self.settings.expected) if own else cases

    def _tier(self) -> tuple[Case, ...]:
        limit = tier.LIMITS.get(self.settings.tier)
        if limit is None:
            return self._wanted()
        one_sided = tuple(case for case in self._wanted() if TWO_SIDED not in case.marks)
        return tier.chosen(one_sided, limit - PREFLIGHT, load_order(), self._chosen.claims)

    def _wanted(self) -> tuple[Case, ...]:
        """All cases, or with --gateway-client those that the clients need."""
        clients = self.settings.clients
        if not clients:
            return self._library
        needed = {case for case in self._one_sided if any(client.sends(case) for client in clients)}
        return tuple(case for case in self._library if case.id in needed)

    def reached(self, shared: JSON = None) -> Reached:
        """The gateway and its upstream; the first call runs the preflight. Raises InputError.

        A worker process passes what the controller's preflight found, as `shared`.
        """
        if self._reached is None:
            self._reached = connect.from_json(shared, self._chosen) if shared else self._preflight()
        return self._reached

    def _preflight(self) -> Reached:
        urls, provider = self._stack.enter_context(connect.servers(self._chosen))
        client = self._opened_client(provider)
        return connect.reach(self._chosen, urls, client, self.settings.limits.retries, provider)

    def _opened_client(self, provider: ProviderAddress | None) -> Client:
        """The client of the preflight and of all cases. Raises InputError."""
        if self._client is None:
            self._client = self._stack.enter_context(self._chosen.client(provider))
        return self._client

    def start(self, reached: Reached, share: WorkerShare) -> Scheduler:
        """Creates the scheduler, with this process's share of the limits; sends nothing yet."""
        load_all()
        self._sending = time.monotonic()
        self._stack.enter_context(short_switch_interval())
        client = self._opened_client(reached.provider)
        self._limits = limits = SharedLimits(share_limits(self._limits_after(reached), share))
        upstream = CaseRunner(reached.upstream, client, limits) if reached.upstream else None
        provider = self._provider(reached, client)
        runners = {route.route: CaseRunner(route, client, limits, provider) for route in reached.routes}
        self.scheduler = Scheduler(UpstreamComparison(runners, upstream), client, share.part(self.settings.concurrency))
        return self.scheduler

    def _provider(self, reached: Reached, client: Client) -> Provider | None:
        """The control of the scripted provider, closed at the end of the run."""
        if reached.provider is None:
            return None
        provider = Provider(reached.provider, (*client.secrets, (redaction.OWN, reached.first.key)))
        self._stack.callback(lambda: client.submit(provider.close()).result())
        return provider

    def _limits_after(self, reached: Reached) -> SendLimits:
        """The limits of the cases: a preflight that needed more requests than expected leaves fewer of them."""
        limits = self.settings.limits
        more = max(0, reached.requests - PREFLIGHT * (len(reached.routes) + bool(reached.upstream)))
        return limits if limits.requests is None else replace(limits, requests=max(0, limits.requests - more))

    def stop(self) -> None:
        """Sends nothing more."""
        if self.scheduler is not None:
            self.scheduler.stop()

    @property
    def is_soaked(self) -> bool:
        """Whether a soak follows the cases; of several shards, the first one has it."""
        own = self.settings.shard
        return self.settings.soak is not None and (own is None or own.index == 1)

    def soak(self, before: Callable[[str], object]) -> bool:
        """Soaks the gateway at its first route; `before` is called with what is sent.

        Returns False if that is not possible; the report then has a note about it.
        """
        plan = self.settings.soak
        assert plan is not None, "no soak was asked for"
        try:
            reached = self.reached()
            before(f"soaking {reached.first.base_url}, {plan}")
            with quiet(self._chosen):
                self._soaked = soaked(plan, reached.first, self._opened_client(reached.provider), reached.provider)
        except InputError as error:
            self._notes.append(f"no soak: {error}")
            return False
        except KeyboardInterrupt:
            self._notes.append("no soak: it was interrupted")
            raise
        return True

    def close(self) -> None:
        """Closes the client, the journal, and the reference gateway if this run started it."""
        self._stack.close()

    @property
    def spent(self) -> dict[str, SpentEntry]:
        """The requests and tokens spent by family, in this process and in workers that have ended."""
        own = [self._limits.budget.document()] if self._limits else []
        return merge.added([*own, *self._spent_elsewhere])

    def add_spent(self, document: Mapping[str, SpentEntry]) -> None:
        """Adds what a worker process has spent."""
        self._spent_elsewhere.append(document)

    def progress(self, total: int) -> Progress:
        """The progress of the run; `total` is the number of cases without those of an earlier run."""
        own = self.verdicts[len(self.judged) :]
        failed = sum(entry["outcome"] == "failed" for entry in own)
        now = Progress(len(own), total, failed, time.monotonic() - self._sending, self.settings.concurrency)
        if self._limits is None:
            return now
        budget = self._limits.budget
        return replace(
            now, in_flight=self._limits.in_flight, requests=budget.requests, tokens=budget.tokens, planned=self.planned
        )

    def continuation(self, total: int) -> str:
        """How to continue the run after an interrupt; `total` as for `progress`."""
        return progress.continuation(len(self.verdicts), total + len(self.judged), self.settings.resume)

    def document(self) -> RunDocument:
        """The report. Raises InputError if the gateway was not reached yet and does not answer."""
        gateway = self._gateway()
        if self._notes:
            gateway = {**gateway, "notes": [*gateway.get("notes", []), *self._notes]}
        more: OptionalFacts = {
            "cases": self._cases,
            **self.provenance.document(connect.key(self._chosen)),
            "spent": self.spent,
        }
        if upstream := self._upstream():
            more["upstream"] = upstream
        claims = gateway.get("claims", {})
        found = over_run.entries(self.verdicts, claims.get("aliases", {}))
        more["over_run"] = self.gate.settle_over_run(found, self.verdicts)
        if self._selected is not None:
            more["selected"] = run_facts.selected_facts(
                self._selected, self.verdicts, len(self.cases), self._selected_by
            )
        more["controls"] = sorted(self.controls, key=lambda entry: (entry["control"], entry["endpoint"]))
        if self.gate.listed:
            more["listed"] = [entry.entry for entry in self.gate.listed if entry.entry]
        if self._soaked:
            more["soak"] = self._soaked
        if own := self.settings.shard:
            more["shard"] = run_facts.shard_facts(own, self._library, self._chosen, self.settings, gateway["models"])
        seconds = time.monotonic() - self._clock
        whole = run_document.document(gateway, self._started, seconds, self.verdicts, more)
        shown = with_parameters(problems.with_problems(stability.with_repeated(whole)))
        return with_levels(with_readiness(shown, self.settings.clients or None, self._one_sided))

    @property
    def _one_sided(self) -> list[str]:
        """The ids of the cases that see the gateway from the front only."""
        return [case.id for case in self._library if TWO_SIDED not in case.marks]

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
        facts = earlier["gateway"] if earlier else run_facts.gateway_facts(self.reached(), self._chosen)
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
