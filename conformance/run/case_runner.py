"""Sends a case's steps one after the other, and has the exchanges judged."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.client import build_request, polling
from conformance.client.budget import BudgetSpentError
from conformance.client.http import Client
from conformance.client.retry import (
    RETRYABLE_STATUSES,
    TRANSIENT_STATUSES,
    GatewayDownError,
    Sender,
    Sent,
    SharedLimits,
)
from conformance.core import credential, pointer, redaction
from conformance.core.canary import canary
from conformance.core.model import JSON, Attempt, Case, Exchange, Request, Step, Verdict
from conformance.judge import prompt_facts
from conformance.judge.control import ASSUMED, Control
from conformance.judge.verdict import judge_case
from conformance.protocol import family
from conformance.protocol.family import load_family
from conformance.run.control_requests import Controls
from conformance.suite.resolve import endpoint as endpoint_of
from conformance.suite.resolve import kept, resolve_steps
from conformance.suite.resolve import resolve_step as filled_in
from conformance.suite.template import UnknownNameError
from conformance.target.target import Target

REFUSED = 400


@dataclass(frozen=True, slots=True)
class CaseRun:
    """What running a case came to, before it is judged: the case with every $name in place, and what was exchanged."""

    case: Case
    exchanges: tuple[Exchange, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    control: Control = ASSUMED
    inapplicable: str = ""
    unsent: str = ""


class CaseRunner:
    """A gateway and a way to send to it; `run` may be called for any number of cases."""

    def __init__(self, target: Target, client: Client, allowance: SharedLimits | None = None) -> None:
        self._target = target
        self._client = client
        self._sender = Sender(client, allowance or SharedLimits(), lambda: client.exchange(*_plain_question(target)))
        self._controls = Controls(self._control, target)

    def run(self, case: Case) -> Verdict:
        """The verdict on a case, after sending what it needs sent."""
        return self.verdict(self._client.submit(self.run_case(case)).result())

    def verdict(self, course: CaseRun) -> Verdict:
        """The verdict on what was exchanged; sends nothing, and may be asked on any thread."""
        if course.inapplicable:
            return Verdict(course.case, "not_applicable", reason=course.inapplicable)
        case = resolve_steps(course.case, self._target.model, course.exchanges) if course.unsent else course.case
        verdict = judge_case(case, course.exchanges, self._target.profile, course.control, course.unsent)
        for sign, secret in ((redaction.OWN, self._target.key), *self._client.secrets):
            verdict = credential.redact_verdict(verdict, secret, sign)
        return replace(verdict, attempts=course.attempts)

    async def run_case(self, case: Case) -> CaseRun:
        """Sends what a case needs sent, one step after the other; on the client's loop."""
        exchanges, attempts = list[Exchange](), list[Attempt]()
        try:
            if reason := await self._inapplicable(case):
                return CaseRun(case, inapplicable=reason)
            whole = await self._steps(case, exchanges, attempts)
            control = await self._controls.of(case.endpoint)
            if any(prompt_facts.takes_more(step) for step in whole.steps):
                control = replace(control, recalls=await self._controls.recalls())
            if any(prompt_facts.names_values(step) for step in whole.steps):
                control = replace(control, fills=await self._controls.fills())
            if any(map(prompt_facts.tempts, whole.steps)):
                control = replace(control, abstains=await self._controls.abstains())
            if any(map(prompt_facts.wants_two, whole.steps)):
                control = replace(control, pairs=await self._controls.pairs())
        except (BudgetSpentError, GatewayDownError) as error:
            return CaseRun(case, tuple(exchanges), tuple(attempts), unsent=str(error))
        return CaseRun(whole, tuple(exchanges), tuple(attempts), control)

    async def _inapplicable(self, case: Case) -> str:
        profile = self._target.profile
        lacking = [need for need in case.needs if profile.claims(need) is False]
        if denied := [need for need in lacking if need in profile.capabilities]:
            return f"the profile denies {', '.join(denied)}"
        if lacking:
            return f"only asked where the profile claims {', '.join(lacking)}"
        for endpoint in dict.fromkeys(
            [case.endpoint, *(str(step.request.get("to", case.endpoint)) for step in case.steps)]
        ):
            if profile.offers(endpoint) is False:
                return f"the profile does not offer {endpoint}"
            if profile.offers(endpoint) is None and not (await self._controls.of(endpoint)).offered:
                return f"the gateway has no {endpoint} endpoint; list its endpoints in the profile if it should"
        return ""

    async def _steps(self, case: Case, exchanges: list[Exchange], attempts: list[Attempt]) -> Case:
        """The case with every $name that it came to in place; adds what was exchanged, and the tries before."""
        values: dict[str, JSON] = {
            "canary": canary(case.id),
            "body_limit": self._target.profile.limits.get("body_bytes", 0),
        }
        steps = list(case.steps)
        for group in groups(case.steps):
            try:
                for index in group:
                    values["model"] = self._target.model(endpoint_of(case, case.steps[index]))
                    steps[index] = filled_in(case.steps[index], values)
                for index, sent in zip(group, await self._together(steps, group, case.endpoint), strict=True):
                    exchanges.append(sent.exchange)
                    attempts.extend(sent.attempts)
                    values |= kept(case.steps[index], sent.exchange)
            except (pointer.PointerError, UnknownNameError):
                break
        return replace(case, steps=tuple(steps))

    async def _together(self, steps: Sequence[Step], group: Sequence[int], endpoint: str) -> Sequence[Sent]:
        """What all of them came to. Where one may not be sent, that is raised once the others have ended."""
        sending = (self._send(steps[index], endpoint, index) for index in group)
        found = await asyncio.gather(*sending, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return [one for one in found if isinstance(one, Sent)]

    async def _control(self, step: Step, endpoint: str) -> Exchange:
        return (await self._send(step, endpoint, 0)).exchange

    async def _send(self, step: Step, endpoint: str, index: int) -> Sent:
        endpoint = step.request.get("to", endpoint)
        request = build_request.request(step, endpoint, self._target)
        sent = await self._awaited(step, endpoint, request, index)
        exchange = sent.exchange
        lost = exchange.status is not None and exchange.status >= REFUSED and not _at_home(step, endpoint)
        return replace(sent, exchange=replace(exchange, family=family.ELSEWHERE)) if lost else sent

    async def _awaited(self, step: Step, endpoint: str, request: Request, index: int) -> Sent:
        """Sends, and again until what the step waits for has come, if it waits at all."""
        expected = _expected(step.expect)
        sent = await self._sender.send(endpoint, request, self._target.key, index, expected)
        if "until" in step.request:
            async for _ in polling.pauses(self._client.timeout):
                if polling.is_done(step.request["until"], sent.exchange):
                    break
                sent = await self._sender.send(endpoint, request, self._target.key, index, expected)
        return sent


def groups(steps: Sequence[Step]) -> Iterator[list[int]]:
    """The steps by number: one after the other, but for those that say that they go together with the one before."""
    group: list[int] = []
    for index, step in enumerate(steps):
        if group and not step.request.get("together"):
            yield group
            group = []
        group.append(index)
    yield group


def _expected(expect: Mapping[str, JSON]) -> Collection[int]:
    """The statuses that are no reason to ask again: where a refusal will do, all but those of a passing moment."""
    wanted = expect.get("status", ())
    return wanted if expect["outcome"] == "success" else {*wanted, *(RETRYABLE_STATUSES - TRANSIENT_STATUSES)}


def _plain_question(target: Target) -> tuple[str, Request, str]:
    """What every gateway answers somehow: its model list."""
    profile = target.profile
    headers = tuple(profile.headers.items())
    return "models", Request("GET", f"{target.base_url}/models", headers, auth=(profile.key_header,)), target.key


def _at_home(step: Step, endpoint: str) -> bool:
    """Whether a step calls the endpoint with its own method at its own path, of which `{id}` may be any part."""
    spoken = load_family(endpoint)
    own = "/v1" + spoken.path.partition("{")[0]
    path = step.request.get("path", own)
    there = path == own or (own.endswith("/") and path.startswith(own))
    return bool(there and step.request.get("method", spoken.method) == spoken.method)
