"""Runs a case against one gateway: sends its steps and control requests, and has the exchanges judged."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.client import build_request, polling
from conformance.client.budget import BudgetSpentError
from conformance.client.http import Client
from conformance.client.provider import Provider, ProviderLostError
from conformance.client.retry import (
    REFUSING_STATUSES,
    GatewayDownError,
    HangingError,
    Sender,
    Sent,
    SharedLimits,
)
from conformance.core import credential, reasons, redaction
from conformance.core.case_format import Expectation
from conformance.core.model import Arrival, Attempt, Case, Exchange, Request, Step, Verdict
from conformance.judge.abilities import AGAIN, LONGER
from conformance.judge.control import ASSUMED, Control
from conformance.judge.inconclusive import arrival, late
from conformance.judge.verdict import judge_case
from conformance.protocol.outage import is_outage
from conformance.run.control_requests import Controls, SentControl
from conformance.suite.applies import TWO_SIDED, denied, endpoints
from conformance.suite.resolve import Resolution, step_token
from conformance.target.target import Target

_WAIT = 2.0
"""Seconds within which the gateway's requests to its upstream have to end after its answer."""

BELIEVED = 3
"""After this many cases that broke a rule about time again when they were repeated, no further case is repeated."""


@dataclass(frozen=True, slots=True)
class CaseRun:
    """A case that was run and is not judged yet, with its $names resolved as far as it was sent.

    `inapplicable` is why nothing was sent, `unsent` why the run ended before the case did; both are usually "".
    """

    case: Case
    exchanges: tuple[Exchange, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    control: Control = ASSUMED
    inapplicable: str = ""
    unsent: str = ""


class CaseRunner:
    """Runs any number of cases against one gateway; `limits` are shared with the other runners of the run.

    `provider` is the scripted one behind the gateway, for two-sided cases.
    """

    def __init__(
        self,
        target: Target,
        client: Client,
        limits: SharedLimits | None = None,
        provider: Provider | None = None,
    ) -> None:
        self._target = target
        self._provider = provider
        self._client = client
        self._limits = limits or SharedLimits()
        self._sender = Sender(client, self._limits, self._probe)
        self._late_again = 0
        self._controls = Controls(self._send_control, target)

    def take_controls(self) -> Iterator[SentControl]:
        """Yields the control requests since the last call; may be called on any thread."""
        while self._controls.sent:
            yield self._controls.sent.popleft()

    def run(self, case: Case) -> Verdict:
        """Runs a case and judges it; blocks."""
        return self.verdict(self._client.submit(self.run_case(case)).result())

    def verdict(self, case_run: CaseRun) -> Verdict:
        """Judges a case that was run, and removes secrets; sends nothing, and may be called on any thread."""
        case = case_run.case
        if case_run.inapplicable:
            return Verdict(case, "not_applicable", reason=case_run.inapplicable)
        verdict = judge_case(
            case, case_run.exchanges, self._target.profile, case_run.control, case_run.unsent, case_run.attempts
        )
        for sign, secret in ((redaction.OWN, self._target.key), *self._client.secrets):
            verdict = credential.redact_verdict(verdict, secret, sign)
        return replace(verdict, attempts=case_run.attempts)

    async def run_case(self, case: Case) -> CaseRun:
        """Sends what a case needs; call it on the client's event loop.

        If it breaks a rule about time, it runs once more, and the second run counts if it is in time.
        """
        found = await self._run_once(case)
        if not self._limits.retries or self._late_again >= BELIEVED or not (broken := await self._late(found)):
            return found
        again = await self._run_once(case)
        if again.unsent or again.inapplicable:
            return found
        if await self._late(again):
            self._late_again += 1
            return found
        tried = (Attempt(step, f"{rule} is broken", 0.0, found.exchanges[step].status) for step, rule in broken)
        return replace(again, attempts=(*tried, *again.attempts))

    async def _late(self, found: CaseRun) -> Sequence[tuple[int, str]]:
        """The broken rules about time, by step; found in another thread, so that no answer is read late meanwhile."""
        if not late.is_possible(found.case, found.exchanges):
            return ()
        return await asyncio.to_thread(lambda: [*late.rules(found.case, found.exchanges, self._target.profile)])

    async def _run_once(self, case: Case) -> CaseRun:
        """Sends the steps of a case, one after the other, and the control requests."""
        resolution = Resolution(case, self._target.model, self._target.profile)
        exchanges, attempts = list[Exchange](), list[Attempt]()
        two_sided = TWO_SIDED in case.marks
        try:
            if reason := await self._inapplicable(case):
                return CaseRun(case, inapplicable=reason)
            while group := resolution.next_group():
                sent = await self._send_group(group, case)
                exchanges.extend(one.exchange for one in sent)
                attempts.extend(attempt for one in sent for attempt in one.attempts)
                resolution.add(group, [one.exchange for one in sent])
            if two_sided:  # the suite itself is the model
                return CaseRun(resolution.case, tuple(exchanges), tuple(attempts))
            control = await self._controls.get_for_steps(case.endpoint, resolution.case.steps)
            if endpoint := _in_doubt(resolution.case, exchanges):
                control = replace(control, up=await self._controls.is_up(endpoint))
            control = replace(control, arrival=await self._arrival(case, resolution.case, exchanges, control))
        except (BudgetSpentError, GatewayDownError, HangingError, ProviderLostError) as error:
            return CaseRun(resolution.case, tuple(exchanges), tuple(attempts), unsent=str(error))
        return CaseRun(resolution.case, tuple(exchanges), tuple(attempts), control)

    async def _arrival(self, case: Case, sent: Case, exchanges: Sequence[Exchange], control: Control) -> Arrival:
        """Whether texts that the model did not say reached it: sends the case again with a longer canary word."""
        unsaid = arrival.unsaid(sent, exchanges, control)
        if not unsaid:
            return ""
        word, counted = arrival.word(case), arrival.counted(case)
        first = exchanges if counted == case else await self._send_again(counted, AGAIN, word, max(unsaid))
        second = await self._send_again(counted, LONGER, arrival.longer(word), max(unsaid))
        shown = arrival.arrival(sent, unsaid, first, second)
        return "" if shown == "lost" and not await self._controls.counts(case.endpoint) else shown

    async def _send_again(self, case: Case, name: str, word: str, last: int) -> Sequence[Exchange]:
        """Sends the steps of a case up to the last one, with this canary word; the report names them so."""
        resolution = Resolution(case, self._target.model, self._target.profile, word)
        exchanges = list[Exchange]()
        while len(exchanges) <= last and (group := resolution.next_group()):
            found = [one.exchange for one in await self._send_group(group, case)]
            exchanges.extend(found)
            resolution.add(group, found)
        self._controls.sent.extend(SentControl(name, case.endpoint, one, case.id) for one in exchanges)
        return exchanges

    async def _inapplicable(self, case: Case) -> str:
        """Why a case does not apply to this gateway; "" if it does."""
        if reason := denied(case, self._target.profile):
            return reason
        if TWO_SIDED in case.marks and self._provider is None:
            return reasons.NO_PROVIDER
        for endpoint in endpoints(case):
            if self._target.profile.offers(endpoint) is None and not (await self._controls.get(endpoint)).offered:
                return f"{reasons.ABSENT}{endpoint} endpoint; list its endpoints in the profile if it should"
        return ""

    async def _send_group(self, group: Mapping[int, Step], case: Case) -> Sequence[Sent]:
        """Sends steps at the same time. If one cannot be sent, raises its error after the others have ended."""
        sending = (
            self._send_from_both_ends(step, case, index) if step.upstream else self._send(step, case.endpoint, index)
            for index, step in group.items()
        )
        results = await asyncio.gather(*sending, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, Sent)]

    async def _send_from_both_ends(self, step: Step, case: Case, index: int) -> Sent:
        """Sends a step whose upstream request the suite answers itself, once, and adds what the gateway sent up."""
        assert self._provider is not None
        assert step.upstream is not None
        token = step_token(case, index)
        await self._provider.register(token, step.upstream)
        try:
            sent = await self._send(step, case.endpoint, index, patient=True, once=True)
        finally:
            behind = await self._provider.take(token, step.upstream.get("wait", _WAIT))
        return replace(sent, exchange=replace(sent.exchange, behind=behind))

    async def _send_control(self, step: Step, endpoint: str) -> Exchange:
        return (await self._send(step, endpoint, 0, patient=True)).exchange

    async def _probe(self) -> Exchange:
        """The answer to a request that every gateway answers: the model list.

        A gateway without one may answer it with the error of a proxy. Then a plain request decides, if one was answered
        before.
        """
        answer = await self._client.exchange(*_model_list(self._target))
        plain = self._controls.answered_plain_step() if is_outage(answer) else None
        if plain is None:
            return answer
        endpoint, step = plain
        request = build_request.request(step, endpoint, self._target)
        return await self._client.exchange(endpoint, request, self._target.key)

    async def _send(self, step: Step, endpoint: str, index: int, patient: bool = False, once: bool = False) -> Sent:
        """Sends a step; if `once`, without a retry."""
        endpoint = step.request.get("to", endpoint)
        request = build_request.request(step, endpoint, self._target)
        if once:
            sent = await self._sender.send(endpoint, request, self._target.key, index, None, patient)
        else:
            sent = await self._send_until(step, endpoint, request, index, patient)
        exchange = sent.exchange
        return replace(
            sent, exchange=replace(exchange, family=build_request.judged_as(step, endpoint, exchange.status))
        )

    async def _send_until(self, step: Step, endpoint: str, request: Request, index: int, patient: bool) -> Sent:
        """Sends a request; where the step has `until`, polls until the answer fulfils it or time runs out."""
        expected = _not_retried(step.expect)
        sent = await self._sender.send(endpoint, request, self._target.key, index, expected, patient)
        if "until" in step.request:
            async for _ in polling.pauses(self._client.timeout):
                if polling.is_done(step.request["until"], sent.exchange):
                    break
                sent = await self._sender.send(endpoint, request, self._target.key, index, expected, patient)
        return sent


def _not_retried(expect: Expectation) -> Collection[int]:
    """The statuses after which a step is not sent again: those expected, and those that may refuse a request."""
    expected = expect.get("status", ())
    return expected if expect["outcome"] == "success" else {*expected, *REFUSING_STATUSES}


def _in_doubt(case: Case, exchanges: Sequence[Exchange]) -> str:
    """The endpoint that may be down, else "": the connection broke, or a proxy sent an error that is not expected."""
    for step, exchange in zip(case.steps, exchanges, strict=False):
        unexpected = step.expect["outcome"] != "success" and exchange.status not in step.expect.get("status", ())
        if exchange.ended == "cut" or (unexpected and is_outage(exchange)):
            return str(step.request.get("to", case.endpoint))
    return ""


def _model_list(target: Target) -> tuple[str, Request, str]:
    profile = target.profile
    headers = tuple(profile.headers.items())
    return "models", Request("GET", f"{target.base_url}/models", headers, auth=(profile.key_header,)), target.key
