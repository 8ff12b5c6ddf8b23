"""An exchange from both ends: the client's, and those that the gateway made behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, TypeVar

from conformance.core.case_format import UpstreamScript
from conformance.core.model import Breach, Case, Step
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile


@dataclass(frozen=True)
class Ends:
    """The material of a check of both ends. `endpoint` is the family of the client, `upstream` that of the upstream.

    `front` is the client's exchange, `behind` are the gateway's own, oldest first.
    """

    case: Case
    step: Step
    endpoint: str
    upstream: str
    front: Reading
    profile: Profile
    known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Function -> its value: those that several checks need (`once`)."""

    @cached_property
    def behind(self) -> tuple[Reading, ...]:
        """The gateway's requests to the upstream, and the upstream's answers."""
        return tuple(Reading(exchange) for exchange in self.front.exchange.behind)

    @cached_property
    def last(self) -> Reading | None:
        """The request whose answer the client gets: the last one. None if nothing was sent up."""
        return self.behind[-1] if self.behind else None

    @property
    def is_native(self) -> bool:
        """Whether the gateway need not translate between families."""
        return self.endpoint == self.upstream

    @property
    def is_answered(self) -> bool:
        """Whether the client got an answer with status 2xx."""
        return self.front.kind in ("json", "stream")


T = TypeVar("T")


def once(function: Callable[[Ends], T]) -> Callable[[Ends], T]:
    """A function whose value is computed once for each exchange."""
    name = f"{function.__module__}.{function.__name__}"

    @wraps(function)
    def known(ends: Ends) -> T:
        if name not in ends.known:
            ends.known[name] = function(ends)
        value: T = ends.known[name]
        return value

    return known


Check = Callable[[Ends], Iterator[Breach]]


def ends(case: Case, index: int, front: Reading, profile: Profile) -> Ends | None:
    """The two ends of a step; None if the step is not two-sided."""
    step = case.steps[index]
    if step.upstream is None:
        return None
    script: UpstreamScript = step.upstream
    return Ends(case, step, str(step.request.get("to", case.endpoint)), script["family"], front, profile)
