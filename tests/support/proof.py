"""Runs cases against the reference gateway with faults and variations, which each request chooses for itself.

Faults in the content of answers run in this process; faults of HTTP, framing and timing run over sockets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import pytest

from conformance.analysis import over_run
from conformance.client.http import Client
from conformance.client.provider import Provider
from conformance.client.retry import SendLimits, SharedLimits
from conformance.core import data_files
from conformance.core.model import JSON, Case, Finding, Verdict
from conformance.judge import over_a_run, timing_limits
from conformance.reference import DEFAULT_KEY
from conformance.reference.faults import Fault
from conformance.reference.gateway import BEHIND, Answer, Answering, Call
from conformance.reference.gateway.wire import first
from conformance.reference.provider import DEFAULT_MODELS
from conformance.reference.switch import HEADER, Switch
from conformance.reference.variations import Variation
from conformance.run import connect
from conformance.run.case_runner import CaseRun, CaseRunner
from conformance.run.preflight import prepare
from conformance.suite.applies import TWO_SIDED
from conformance.suite.load import load_cases
from conformance.target.profile import load_profile
from conformance.target.target import Target
from tests.support.in_process import InProcessClient, gateway, served

AT_ONCE = 8
"""Cases that run at the same time; with more, an answer may be slow because the machine is busy."""

USUAL: dict[str, str] = {
    "chat_completions": (
        "chat_completions/{text/system-and,text/replayed,tools/forced,tools/parallel[,tools/round-trip,"
        "options/two-choices,limits/max-tokens,unicode/emoji,usage/in-,errors/no-messages,errors/unknown-role}*"
    ),
    "responses": (
        "responses/{text/input-text,text/replayed,tools/forced,tools/parallel[,tools/round-trip,reasoning/summary,"
        "limits/max,state/previous-response,unicode/emoji,errors/unknown-role,errors/no-model}*"
    ),
    "messages": (
        "messages/{text/system-and,text/replayed,tools/forced,tools/parallel[,tools/round-trip,reasoning/thinking[,"
        "limits/max,limits/stop-sequence,unicode/emoji,errors/no-messages,errors/unknown-role}*"
    ),
    "count_tokens": "count_tokens/*",
    "models": "models/*",
    "all": (
        "*/{text/recall,tools/forced,unicode/emoji,errors/no-model}* "
        "models/*/{one,unknown,list} models/openai/*query=] "
        "models/anthropic/*{[version=2023-06-01],limit=0],pages,[anthropic_version=2026-10-21]} "
        "count_tokens/counting/one-message"
    ),
}
"""The cases for a variation that does not name any: a sample of its family.

For `all`, the models are a sample, too; its answers are held against the same rules as those of all of them.
"""


@cache
def library_cases() -> tuple[Case, ...]:
    return load_cases(data_files.folder("cases"))


@cache
def one_sided_cases() -> tuple[Case, ...]:
    """The cases that see a gateway from the front only; the tiers and their order are made of them."""
    return tuple(case for case in library_cases() if TWO_SIDED not in case.marks)


def chosen(globs: str) -> list[Case]:
    """The cases that match a list of globs: `*` matches any text, `{a,b}` matches a or b."""
    return [*_chosen(globs)]


@cache
def _chosen(globs: str) -> tuple[Case, ...]:
    pattern = re.compile("|".join(_pattern(glob) for glob in globs.split()))
    cases = tuple(case for case in library_cases() if pattern.fullmatch(case.id))
    assert cases, f"no case matches {globs}"
    return cases


def _pattern(glob: str) -> str:
    anything = re.escape(glob).replace(r"\*", ".*")
    return re.sub(r"\\\{(.*?)\\\}", lambda choice: f"(?:{choice[1].replace(',', '|')})", anything)


@dataclass
class Watch:
    """Wraps the switch, and records which faults and variations changed a request or an answer."""

    inner: Switch
    acted: set[str] = field(default_factory=set)
    changed: set[tuple[str, str, bytes]] = field(default_factory=set)
    """Method, path and body of each request that was changed, or whose answer was."""

    def __call__(self, answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            before: list[object] = []
            after: list[object] = []
            asked = first(call.headers, HEADER) or ""

            async def faithful(inner_call: Call) -> Answer:
                before.append((inner_call.method, inner_call.path, inner_call.body))
                given = await answering(inner_call)
                before.append((given.status, given.headers, given.bare))
                return replace(given, body=_noted(given.body, before))

            given = await self.inner(faithful)(call)
            after += [(call.method, call.path, call.body), (given.status, given.headers, given.bare)]
            request = call.method, call.path, call.body
            return replace(given, body=self._compared(given.body, before, after, asked, request))

        return answer

    async def _compared(
        self,
        body: AsyncIterator[bytes],
        before: list[object],
        after: list[object],
        asked: str,
        request: tuple[str, str, bytes],
    ) -> AsyncIterator[bytes]:
        try:
            async for piece in _noted(body, after):
                yield piece
        finally:
            if before != after:
                self.acted |= set(asked.split(","))
                self.changed.add(request)


async def _noted(body: AsyncIterator[bytes], notes: list[object]) -> AsyncIterator[bytes]:
    async for piece in body:
        notes.append(piece)
        yield piece


@dataclass(frozen=True)
class Proof:
    """A running gateway with a switch and the scripted provider behind it, and the suite to run against it."""

    target: Target
    client: Client
    watch: Watch
    provider: Provider
    haste: float = 1.0

    def verdicts(self, cases: Iterable[Case], *ids: str, retries: int = 0) -> list[Verdict]:
        """The verdicts on cases, of a gateway with these faults and variations."""
        headers = {**self.target.profile.headers, HEADER: ",".join(ids)}
        target = replace(self.target, profile=replace(self.target.profile, headers=headers))
        limits = SharedLimits(SendLimits(retries=retries))
        runner, turns = CaseRunner(target, self.client, limits, self.provider), asyncio.Semaphore(AT_ONCE)

        async def run(case: Case) -> CaseRun:
            async with turns:
                return await runner.run_case(case)

        runs = [self.client.submit(run(_hastened(case, self.haste))) for case in cases]
        return [runner.verdict(run.result()) for run in runs]

    def acted(self, id_: str) -> bool:
        """Whether a fault or variation has changed any answer so far."""
        return id_ in self.watch.acted


def _hastened(case: Case, haste: float) -> Case:
    """A case whose upstreams' silences are shorter by this factor."""
    steps = tuple(replace(step, upstream=_quicker(step.upstream, haste)) for step in case.steps)
    return case if haste == 1.0 else replace(case, steps=steps)


def _quicker(value: JSON, haste: float) -> JSON:
    if isinstance(value, list):
        return [_quicker(each, haste) for each in value]
    if not isinstance(value, dict):
        return value
    if "silence" in value:
        silence = value["silence"]
        return value | {"silence": silence | {name: silence[name] / haste for name in ("seconds", "every")}}
    return {name: _quicker(each, haste) for name, each in value.items()}


def over_the_run(verdicts: Iterable[Verdict]) -> set[str]:
    """The rules that the answers of these verdicts break together."""
    exchanges = [(verdict.case.id, exchange) for verdict in verdicts for exchange in verdict.exchanges]
    return {finding.rule for finding in over_a_run.findings(over_run.identities(exchanges), {})}


WIRE = ("http-", "sse-", "timing-", "slow-", "leaving-", "routing-", "asking-", "error-headers-")
"""Prefixes of the ids of faults and variations that concern more than the content of answers."""


def on_the_wire(entry: Fault | Variation) -> bool:
    """Whether a fault or variation needs a real connection."""
    rules = entry.rules if isinstance(entry, Fault) else ()
    return entry.id.startswith(WIRE) or any(rule.startswith(("http.", "sse.", "timing.")) for rule in rules)


@contextmanager
def opened(haste: float = 1.0) -> Iterator[Proof]:
    """The gateway with its switch on a free port, until the block ends.

    Its streams are written as fast as possible, so every one of them is a burst, which may also be late on a busy
    machine. Such findings are not the gateway's fault.
    """
    watch = Watch(Switch(haste))
    claims = load_profile(connect._REFERENCE_PROFILE)
    with (
        _reference_key(),
        served(watch) as (url, provider),
        Client(claims.timeout) as client,
    ):
        try:
            yield Proof(prepare(f"{url}/v1", claims, DEFAULT_KEY, (), client), client, watch, provider, haste)
        finally:
            client.submit(provider.close()).result()


@contextmanager
def in_process(models: Sequence[str] = DEFAULT_MODELS) -> Iterator[Proof]:
    """As `opened`, without sockets: the client calls the gateway directly, and the gateway calls the provider."""
    watch = Watch(Switch())
    claims = load_profile(connect._REFERENCE_PROFILE)
    transport = gateway(watch, models=models, translations=BEHIND)
    with _reference_key(), InProcessClient(transport, claims.timeout) as client:
        target = prepare("http://gateway.test/v1", claims, DEFAULT_KEY, models[:1], client)
        yield Proof(target, client, watch, transport.provider())


@contextmanager
def _reference_key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GATEWAY_API_KEY", raising=False)
        patch.setattr(timing_limits, "BURST_AFTER_SECONDS", 30.0)
        yield


def told(verdicts: Sequence[Verdict], findings: Iterable[tuple[Verdict, Finding]] = ()) -> str:
    """The message of a failing test: outcomes, reasons and findings."""
    bad = [
        f"{verdict.case.id}: {verdict.outcome} {verdict.reason}" for verdict in verdicts if verdict.outcome != "passed"
    ]
    found = [f"{v.case.id}: {f.rule} ({f.level}): wanted {f.expected}, got {f.got} {f.where}" for v, f in findings]
    return "\n".join(dict.fromkeys([*bad, *found]))
