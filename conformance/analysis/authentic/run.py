"""A run that is checked, with what is needed to compose its requests again."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import version

from conformance.analysis import problems
from conformance.analysis.rejudge import Verification
from conformance.core.canary import canary
from conformance.core.model import Case, Exchange
from conformance.records import replay, run_document, run_file
from conformance.records.jsonl import RecordingError
from conformance.records.run_format import RunDocument, UpstreamEntry, VerdictEntry
from conformance.records.seal import suite
from conformance.suite import resolve, shard
from conformance.suite.applies import TWO_SIDED
from conformance.target.claims import claimed_profile
from conformance.target.profile import Profile
from conformance.target.target import model_for

_PORT = re.compile(r"^http://127\.0\.0\.1:[0-9]+(?=/|$)")


def _jsonschema() -> str:
    return version("jsonschema")


@dataclass(frozen=True, slots=True)
class Party:
    """The gateway or its upstream: its claims, the model at an endpoint, and the base URL of a route."""

    name: str
    profile: Profile
    model: Callable[[str], str]
    base_url: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Part:
    """A verdict, or its part about the upstream, and its case with the $names resolved as the exchanges show."""

    entry: VerdictEntry
    part: VerdictEntry | UpstreamEntry
    party: Party
    case: Case
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True)
class CheckedRun:
    """A run and the cases of this suite, under the run's set and for its models."""

    document: RunDocument
    cases: Sequence[Case]
    again: Verification

    @cached_property
    def known(self) -> Mapping[str, Case]:
        """Id -> case."""
        return {case.id: case for case in self.cases}

    @cached_property
    def library(self) -> tuple[Case, ...]:
        """The cases that such a run can have: those from both ends need the scripted provider."""
        has_provider = "provider" in self.document["gateway"]
        return tuple(case for case in self.cases if has_provider or TWO_SIDED not in case.marks)

    @cached_property
    def has_same_cases(self) -> bool:
        """Whether this suite has the cases that the run had, with the same requests and expectations."""
        facts = self.document.get("cases")
        return facts is not None and facts["fingerprint"] == shard.fingerprint(self.library, {})

    @cached_property
    def is_of_this_suite(self) -> bool:
        """Whether this suite made the run, so that every word of it can be computed again."""
        made = self.document.get("digests", {}).get("suite")
        return (
            self.document["suite"]["version"] == run_document.suite_version()
            and made == suite()
            and self.has_same_cases
        )

    @cached_property
    def has_same_libraries(self) -> bool:
        """Whether the run was made with the Python and the jsonschema of this machine, whose messages are in it."""
        made = self.document.get("environment")
        if made is None:
            return False
        own = platform.python_version_tuple()[:2]
        return tuple(made["python"].split(".")[:2]) == own and made["packages"].get("jsonschema") == _jsonschema()

    @cached_property
    def whole(self) -> RunDocument:
        """The run with what its verdicts show: their rules and problems, and no readiness, levels and parameters."""
        own: RunDocument = {**self.document}
        for name in ("problems", "parameters", "readiness", "levels"):
            own.pop(name, None)  # type: ignore[misc]
        over_run = [entry["rule"] for entry in self.document.get("over_run", ())]
        broken = [finding["rule"] for entry in self.document["verdicts"] for finding in entry["findings"]]
        own["rules"] = run_document.rule_entries([*over_run, *broken])
        return problems.with_problems(own)

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        return self.document.get("options", {})

    @property
    def is_resumed(self) -> bool:
        """Whether verdicts may come from an earlier run."""
        return "--resume" in self.options

    @property
    def shards(self) -> int:
        """The number of runs that were merged; 1 if none were."""
        return self.document.get("selected", {}).get("shards", 1)

    @cached_property
    def gateway(self) -> Party:
        facts = self.document["gateway"]
        routes = facts.get("routes", {})
        return Party(
            "the gateway",
            claimed_profile(facts.get("claims", {})),
            partial(model_for, facts["models"]),
            lambda route: routes.get(route, facts["base_url"]),
        )

    @cached_property
    def upstream(self) -> Party | None:
        facts = self.document.get("upstream")
        if facts is None:
            return None
        return Party(
            "the upstream",
            claimed_profile(facts.get("claims", {})),
            partial(model_for, facts["models"]),
            lambda _: facts["base_url"],
        )

    @cached_property
    def words(self) -> Mapping[str, str]:
        """Canary word -> the id of the test that has it."""
        return {canary(entry["id"]): entry["id"] for entry in self.document["verdicts"]}

    def case_of(self, entry: VerdictEntry) -> Case | None:
        """The case of a verdict, with the id and the route of the test; None if this suite does not have it."""
        return self._cases[entry["id"], entry.get("route", "")]

    @cached_property
    def _cases(self) -> Mapping[tuple[str, str], Case | None]:
        """The id and the route of a test -> its case."""
        found: dict[tuple[str, str], Case | None] = {}
        for entry in self.document["verdicts"]:
            case, route = self.known.get(run_file.entry_case_id(entry)), entry.get("route", "")
            found[entry["id"], route] = case and replace(case, id=entry["id"], route=route)
        return found

    @cached_property
    def parts(self) -> Sequence[Part]:
        """The verdicts with exchanges that can be read, and their parts about the upstream."""
        return [part for entry in self.document["verdicts"] for part in self._parts(entry)]

    @cached_property
    def exchanges(self) -> Mapping[int, Sequence[Exchange]]:
        """The `id` of a verdict's entry, or of its part about the upstream -> its exchanges, where they were read."""
        return {id(part.part): part.exchanges for part in self.parts}

    def _parts(self, entry: VerdictEntry) -> Iterator[Part]:
        case = self.case_of(entry)
        if case is None:
            return
        sides: list[tuple[VerdictEntry | UpstreamEntry, Party | None]] = [(entry, self.gateway)]
        if "upstream" in entry:
            sides.append((entry["upstream"], self.upstream))
        for part, party in sides:
            verdict = self.again.verdicts.get(entry["id"])
            if party is self.gateway and verdict is not None and verdict.exchanges:
                yield Part(entry, part, party, verdict.case, verdict.exchanges)
                continue
            try:
                exchanges = replay.of_verdict(part)
            except RecordingError:
                continue
            if exchanges and party and len(exchanges) <= len(case.steps):
                resolved = resolve.resolve_steps(case, party.model, party.profile, exchanges)
                yield Part(entry, part, party, resolved, exchanges)

    def comparable(self, url: str) -> str:
        """A URL as it is compared: the built-in gateway has another port in each run that was resumed or merged."""
        return _PORT.sub("http://127.0.0.1", url) if self.is_resumed or self.shards > 1 else url
