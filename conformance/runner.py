"""Sends a case's steps one after the other, and has the exchanges judged."""

from __future__ import annotations

from dataclasses import replace

from conformance import compose, family, pointer
from conformance.canary import canary
from conformance.client import Client
from conformance.control import Controls
from conformance.fill import UnknownNameError, fill
from conformance.judge import judge
from conformance.model import JSON, Case, Exchange, Step, Verdict
from conformance.reading import Reading
from conformance.target import Target

ELSEWHERE = "elsewhere"
"""The family of an error from a path or a method that is no endpoint: nobody can know whose client came there."""

REFUSED = 400


class Runner:
    """A gateway and a way to send to it; `run` may be called for any number of cases."""

    def __init__(self, target: Target, client: Client) -> None:
        self._target = target
        self._client = client
        self._controls = Controls(self._send, target)

    def run(self, case: Case) -> Verdict:
        """The verdict on a case, after sending what it needs sent."""
        if reason := self._inapplicable(case):
            return Verdict(case, "not_applicable", reason=reason)
        filled, exchanges = self._exchanges(case)
        return judge(filled, exchanges, self._target.profile, self._controls.of(case.endpoint))

    def _inapplicable(self, case: Case) -> str:
        profile = self._target.profile
        denied = [need for need in case.needs if profile.claims(need) is False]
        if denied:
            return f"the profile denies {', '.join(denied)}"
        if profile.offers(case.endpoint) is False:
            return f"the profile does not offer {case.endpoint}"
        if profile.offers(case.endpoint) is None and not self._controls.of(case.endpoint).offered:
            return f"the gateway has no {case.endpoint} endpoint; list its endpoints in the profile if it should"
        return ""

    def _exchanges(self, case: Case) -> tuple[Case, list[Exchange]]:
        """What was exchanged, and the case with every $name that it came to in place."""
        values: dict[str, JSON] = {"model": self._target.model(case.endpoint), "canary": canary(case.id)}
        steps, exchanges = list(case.steps), list[Exchange]()
        for index, step in enumerate(case.steps):
            try:
                steps[index] = replace(step, request=fill(step.request, values), expect=fill(step.expect, values))
                exchanges.append(self._send(steps[index], case.endpoint))
                values |= _kept(step, exchanges[-1])
            except (pointer.PointerError, UnknownNameError):
                break
        return replace(case, steps=tuple(steps)), exchanges

    def _send(self, step: Step, endpoint: str) -> Exchange:
        request = compose.request(step, endpoint, self._target)
        exchange = self._client.send(endpoint, request, self._target.key)
        lost = exchange.status is not None and exchange.status >= REFUSED and not _at_home(step, endpoint)
        return replace(exchange, family=ELSEWHERE) if lost else exchange


def _at_home(step: Step, endpoint: str) -> bool:
    """Whether a step calls the endpoint with its own method at its own path, of which `{id}` may be any part."""
    spoken = family.load(endpoint)
    own = "/v1" + spoken.path.partition("{")[0]
    path = step.request.get("path", own)
    there = path == own or (own.endswith("/") and path.startswith(own))
    return bool(there and step.request.get("method", spoken.method) == spoken.method)


def _kept(step: Step, exchange: Exchange) -> dict[str, JSON]:
    if not step.keep:
        return {}
    final = Reading(exchange).final
    return {name: _first(final, at) for name, at in step.keep.items()}


def _first(final: JSON, at: str) -> JSON:
    """The first value that a pointer, which may hold `*`, leads to."""
    for _, value in pointer.each(final, at):
        return value
    raise pointer.PointerError(f"the answer has nothing at {at}")
