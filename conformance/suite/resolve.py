"""Replaces the $names in a case's steps, while the case is run and when its exchanges are judged again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from conformance.core import pointer
from conformance.core.canary import canary, token
from conformance.core.case_format import KeptWord
from conformance.core.model import JSON, Case, Exchange, Step
from conformance.protocol.family import ELSEWHERE
from conformance.protocol.reading import Reading
from conformance.suite.template import UnknownNameError, fill
from conformance.target.profile import Profile


class Resolution:
    """Resolves a case group by group: call `next_group`, then `add` with the exchanges of that group, and so on.

    `model` returns the model to use at an endpoint. `profile` has the limits, and the models that lead to an upstream.
    `word` replaces the case's own canary word. `case` is the case with the steps that were resolved so far; the others
    still have their $names.
    """

    def __init__(self, case: Case, model: Callable[[str], str], profile: Profile, word: str = "") -> None:
        self.case = case
        self._model = model
        self._profile = profile
        limit = profile.limits.get("body_bytes", 0)
        self._values: dict[str, JSON] = {"canary": word or canary(case.id), "body_limit": limit}
        self._left = step_groups(case.steps)

    def next_group(self) -> Mapping[int, Step]:
        """The steps to send together next, resolved, by index; empty at the end, and where a $name has no value."""
        if not self._left:
            return {}
        try:
            group = {index: self._resolved(self.case.steps[index], index) for index in self._left.pop(0)}
        except UnknownNameError:
            self._left = []
            return {}
        steps = tuple(group.get(index, step) for index, step in enumerate(self.case.steps))
        self.case = replace(self.case, steps=steps)
        return group

    def add(self, group: Mapping[int, Step], exchanges: Sequence[Exchange]) -> None:
        """Keeps the values that later steps use; where an answer lacks one, no group follows."""
        try:
            for step, exchange in zip(group.values(), exchanges, strict=False):
                self._values |= _kept(step, exchange)
        except pointer.PointerError:
            self._left = []

    def _resolved(self, step: Step, index: int) -> Step:
        own = {"model": self._model_of(step), "token": step_token(self.case, index)}
        values = {**self._values, **own}
        filled = replace(step, request=fill(step.request, values), expect=fill(step.expect, values))
        return replace(filled, upstream=fill(step.upstream, values)) if step.upstream else filled

    def _model_of(self, step: Step) -> str:
        endpoint = _model_endpoint(self.case, step)
        up = step.upstream
        lane = self._profile.lane(endpoint, up["family"], gives_up=up.get("gives_up", False)) if up else ""
        return lane or self._model(endpoint)


def resolve_steps(case: Case, model: Callable[[str], str], profile: Profile, exchanges: Sequence[Exchange]) -> Case:
    """The case as it was when these exchanges were made; steps that were not sent may still have their $names."""
    resolution = Resolution(case, model, profile)
    done = 0
    while done < len(exchanges) and (group := resolution.next_group()):
        resolution.add(group, exchanges[done : done + len(group)])
        done += len(group)
    return resolution.case


def step_token(case: Case, index: int) -> str:
    """The token of a step (from 0), by which the suite, as the upstream, recognises its requests."""
    return token(f"{case.id} {index}")


def step_groups(steps: Sequence[Step]) -> list[list[int]]:
    """The indexes of the steps, in groups: a step marked `together` is sent at the same time as the one before it."""
    groups: list[list[int]] = []
    for index, step in enumerate(steps):
        if groups and step.request.get("together"):
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _model_endpoint(case: Case, step: Step) -> str:
    """The endpoint whose model a step uses; a request to an unknown path uses the model of the case's endpoint."""
    endpoint = str(step.request.get("to", case.endpoint))
    return case.endpoint if endpoint == ELSEWHERE else endpoint


def _kept(step: Step, exchange: Exchange) -> dict[str, JSON]:
    """The values that a step extracts from its answer. Raises PointerError if one is missing."""
    if not step.keep:
        return {}
    final = Reading(exchange).final
    return {name: _value(final, place) for name, place in step.keep.items()}


def _value(document: JSON, place: str | KeptWord) -> JSON:
    return _first(document, place) if isinstance(place, str) else _word(_first(document, place["at"]), place["word"])


def _word(text: JSON, number: int) -> str:
    """The word of a text with this number. Raises PointerError if there are fewer words."""
    words = text.split() if isinstance(text, str) else []
    if len(words) < number:
        raise pointer.PointerError(f"the text has no word {number}")
    return str(words[number - 1])


def _first(document: JSON, at: str) -> JSON:
    """The first value at a pointer, which may contain `*`."""
    for _, value in pointer.each(document, at):
        return value
    raise pointer.PointerError(f"the answer has nothing at {at}")
