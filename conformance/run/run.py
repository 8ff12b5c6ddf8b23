"""One run in one process: its cases, the gateway, the scheduler, and the verdicts so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property

from conformance.analysis.gate import Gate
from conformance.client.http import Client
from conformance.client.retry import SharedLimits
from conformance.client.timing import short_switch_interval
from conformance.core.model import JSON, Case, Verdict
from conformance.protocol.answers import load_all
from conformance.records import journal, merge, run_document, run_file
from conformance.records.journal import Journal, read_journal
from conformance.run import connect
from conformance.run.case_runner import CaseRunner
from conformance.run.config import Settings
from conformance.run.connect import Options, Reached
from conformance.run.progress import Progress
from conformance.run.provenance import Provenance
from conformance.run.scheduler import Scheduler
from conformance.run.upstream import UpstreamComparison
from conformance.run.worker_share import WorkerShare, share_limits
from conformance.suite import repeat, routes, shard
from conformance.target.claims import claims_document


class Run:
    """`library` is all cases. `cases` are those of this run's shard, once for each route and each repetition.

    `judged` are the ids of cases whose verdicts come from an earlier run that is resumed.
    """

    def __init__(self, chosen: Options, settings: Settings, library: tuple[Case, ...]) -> None:
        self.settings = settings
        self.verdicts: list[JSON] = []
        self.judged: frozenset[str] = frozenset()
        self._kept: set[str] = set()
        self.engine: Scheduler | None = None
        self.gate = Gate()
        self.provenance = Provenance()
        self._chosen = chosen
        self._library = library
        self.cases = repeat.repeated(routes.routed(self._share(), chosen.routes), settings.repeat)
        self._stack = ExitStack()
        self._client: Client | None = None
        self._reached: Reached | None = None
        self._earlier: JSON = None
        self._limits: SharedLimits | None = None
        self._journal: Journal | None = None
        self._spent_elsewhere: list[Mapping[str, JSON]] = []
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._clock = time.monotonic()

    @property
    def ids(self) -> list[str]:
        """The ids of all cases, of every shard."""
        return [case.id for case in self._library]

    def resume(self) -> None:
        """With --resume, loads the verdicts of the interrupted run. Raises InputError."""
        if self.settings.resume:
            self._earlier, self.verdicts = read_journal(self.settings.folder, self._fingerprint())
            self.judged = frozenset(entry["id"] for entry in self.verdicts)

    def was_red(self, strict: bool) -> bool:
        """Whether any verdict of a run that was resumed is one that fails."""
        return any(run_file.fails(entry, strict) for entry in self.verdicts if entry["id"] in self.judged)

    @property
    def tells(self) -> bool:
        """Whether there is a run to report: there are verdicts, or the shard has no cases."""
        return bool(self.verdicts or (self._library and not self.cases))

    @property
    def asks(self) -> bool:
        """Whether any case of the shard is not judged yet."""
        return any(case.id not in self.judged for case in self.cases)

    def keep(self, entry: JSON) -> None:
        """Adds a verdict, and writes it to the journal at once."""
        if self._journal is None:
            head = {
                "format": run_document.FORMAT,
                "fingerprint": self._fingerprint(),
                "gateway": self._gateway(),
                "started": self._started,
                **self._behind(),
            }
            self._journal = Journal(self.settings.folder / journal.NAME, None if self.settings.resume else head)
            self._stack.callback(self._journal.close)
        if entry["id"] in self._kept:  # the test was run again
            self.verdicts = [other for other in self.verdicts if other["id"] != entry["id"]]
        self._kept.add(entry["id"])
        self.verdicts.append(entry)
        self._journal.add(entry)

    def settled(self, verdict: Verdict) -> Verdict:
        """The verdict in the light of what was known before the run."""
        return self.gate.settled(verdict, dict(self.reached().first.models))

    def _share(self) -> tuple[Case, ...]:
        own = self.settings.shard
        return shard.share(self._library, own, self.settings.expected) if own else self._library

    def reached(self, shared: JSON = None) -> Reached:
        """The gateway and its upstream; the first call runs the preflight. Raises InputError.

        A worker process passes what the controller's preflight found, as `shared`.
        """
        if self._reached is None:
            self._reached = connect.from_json(shared, self._chosen) if shared else self._preflight()
        return self._reached

    def _preflight(self) -> Reached:
        urls = self._stack.enter_context(connect.gateway_urls(self._chosen))
        return connect.reach(self._chosen, urls, self._opened_client())

    def _opened_client(self) -> Client:
        """The client of the preflight and of all cases. Raises InputError."""
        if self._client is None:
            self._client = self._stack.enter_context(self._chosen.client())
        return self._client

    def start(self, reached: Reached, share: WorkerShare) -> Scheduler:
        """Creates the scheduler, with this process's share of the limits; sends nothing yet."""
        load_all()
        self._stack.enter_context(short_switch_interval())
        client = self._opened_client()
        self._limits = limits = SharedLimits(share_limits(self.settings.manners, share))
        upstream = CaseRunner(reached.upstream, client, limits) if reached.upstream else None
        runners = {route.route: CaseRunner(route, client, limits) for route in reached.routes}
        self.engine = Scheduler(UpstreamComparison(runners, upstream), client, share.part(self.settings.concurrency))
        return self.engine

    def stop(self) -> None:
        """Sends nothing more."""
        if self.engine is not None:
            self.engine.stop()

    def close(self) -> None:
        """Closes the client, the journal, and the reference gateway if this run started it."""
        self._stack.close()

    @property
    def spent(self) -> dict[str, JSON]:
        """The requests and tokens spent by family, in this process and in workers that have ended."""
        own = [self._limits.budget.document()] if self._limits else []
        return merge.added([*own, *self._spent_elsewhere])

    def add_spent(self, document: Mapping[str, JSON]) -> None:
        """Adds what a worker process has spent."""
        self._spent_elsewhere.append(document)

    def progress(self, total: int) -> Progress:
        """The progress of the run; `total` is the number of cases without those of an earlier run."""
        own = self.verdicts[len(self.judged) :]
        failed = sum(entry["outcome"] == "failed" for entry in own)
        seconds = time.monotonic() - self._clock
        if self._limits is None:
            return Progress(len(own), total, failed, seconds)
        budget = self._limits.budget
        costs = self._limits.in_flight, budget.requests, budget.tokens
        return Progress(len(own), total, failed, seconds, *costs)

    def document(self) -> JSON:
        """The report. Raises InputError where nobody knows of the gateway yet, and it cannot be reached."""
        gateway = self._gateway()
        told = self.provenance.document(connect.key(self._chosen))
        shared = {"shard": self._shard()} if self.settings.shard else {}
        more = {**self._behind(), "cases": self._cases, **told, "spent": self.spent, **shared}
        return run_document.document(gateway, self._started, time.monotonic() - self._clock, self.verdicts, more)

    def _gateway(self) -> dict[str, JSON]:
        """Who answered, in this run or, where there was nothing left to ask, in the earlier one."""
        told = self._earlier["gateway"] if self._is_over else self._answered()
        earlier = f"{len(self.judged)} verdicts are of an earlier run, which was resumed; `spent` does not count them"
        return {**told, "notes": [*told["notes"], *([earlier] if self.judged else [])]}

    @property
    def _is_over(self) -> bool:
        """Whether nothing was left to ask after an earlier run, so that the gateway was not reached again."""
        return self._reached is None and self._earlier is not None

    def _answered(self) -> dict[str, JSON]:
        reached = self.reached()
        first = reached.first
        return {
            "base_url": first.base_url,
            "name": first.profile.name,
            "version": first.profile.version,
            "models": dict(first.models),
            "notes": list(dict.fromkeys(note for route in reached.routes for note in route.notes)),
            "claims": claims_document(first.profile),
            **({"routes": {route.route: route.base_url for route in reached.routes}} if first.route else {}),
        }

    @cached_property
    def _cases(self) -> JSON:
        """What there was to ask, of which a run may be a part."""
        told = {"set": self.provenance.case_set, "count": len(self._library)}
        return {**told, "fingerprint": shard.fingerprint(self._library, {})}

    def _behind(self) -> dict[str, JSON]:
        """What was asked to see whose mistake it is."""
        if self._is_over:
            return {name: self._earlier[name] for name in ("upstream",) if name in self._earlier}
        upstream = self.reached().upstream
        if upstream is None:
            return {}
        told = {"base_url": upstream.base_url, "name": upstream.profile.name, "models": dict(upstream.models)}
        return {"upstream": {**told, "claims": claims_document(upstream.profile)}}

    def _fingerprint(self) -> str:
        """What a run that is resumed has in common with the one before: the cases, the gateway, the options."""
        claims = asdict(self._chosen.claims) | {"conversions": sorted(self._chosen.claims.conversions)}
        own = self.settings.shard
        among = {**self._asked(), "models": list(self._chosen.models)}
        return shard.fingerprint(self._library, {**among, "claims": claims, "shard": own and asdict(own)})

    def _asked(self) -> dict[str, JSON]:
        """Who is asked, and how often."""
        behind = self._chosen.upstream
        return {"urls": self._chosen.urls, "upstream": behind and behind.url, "repeat": self.settings.repeat}

    def _shard(self) -> JSON:
        """Which share this is, and of what; the built-in gateway has another port each time."""
        own = self.settings.shard
        expected = dict(self.settings.expected)
        among = {**self._asked(), "models": self._gateway()["models"], "expected": expected}
        return {"index": own.index, "of": own.of, "fingerprint": shard.fingerprint(self._library, among)} if own else {}
