"""A case and what came so far -> the case with every $name in place, as it was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.core import pointer
from conformance.core.canary import canary
from conformance.core.model import JSON, Case, Exchange, Step
from conformance.protocol.family import ELSEWHERE
from conformance.protocol.reading import Reading
from conformance.suite.template import UnknownNameError, fill


def endpoint(case: Case, step: Step) -> str:
    """The endpoint whose model a step asks for: its own, or the case's where it goes to none."""
    own = str(step.request.get("to", case.endpoint))
    return case.endpoint if own == ELSEWHERE else own


def resolve_steps(case: Case, model: Callable[[str], str], exchanges: Sequence[Exchange]) -> Case:
    """The case as it was judged with these exchanges; steps that could not be filled stay as they are.

    `model` says which model is asked at an endpoint.
    """
    values: dict[str, JSON] = {"canary": canary(case.id), "body_limit": 0}
    steps = list(case.steps)
    for index, exchange in enumerate(exchanges[: len(steps)]):
        try:
            values["model"] = model(endpoint(case, case.steps[index]))
            steps[index] = resolve_step(case.steps[index], values)
            values |= kept(case.steps[index], exchange)
        except (pointer.PointerError, UnknownNameError):
            break
    return replace(case, steps=tuple(steps))


def resolve_step(step: Step, values: Mapping[str, JSON]) -> Step:
    """A step with its names filled in. Raises UnknownNameError."""
    return replace(step, request=fill(step.request, values), expect=fill(step.expect, values))


def kept(step: Step, exchange: Exchange) -> dict[str, JSON]:
    """What a step keeps of its answer for later steps. Raises PointerError where the answer has it not."""
    if not step.keep:
        return {}
    final = Reading(exchange).final
    return {name: _first(final, at) for name, at in step.keep.items()}


def _first(final: JSON, at: str) -> JSON:
    """The first value that a pointer, which may hold `*`, leads to."""
    for _, value in pointer.each(final, at):
        return value
    raise pointer.PointerError(f"the answer has nothing at {at}")
