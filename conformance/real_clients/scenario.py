"""The table of scenarios: what is done with which SDK, and the fault of a gateway that makes it fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.real_clients.place import NotApplicableError, Place

Run = Callable[[Place], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One use of an SDK (`openai` or `anthropic`). `run` raises if the result is not what users rely on.

    `fault` is a fault of the reference gateway with which the scenario fails. `scripted` scenarios need the scripted
    provider behind the gateway.
    """

    name: str
    sdk: str
    fault: str
    run: Run
    scripted: bool = False

    @property
    def sentence(self) -> str:
        """What the scenario shows, in one sentence."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True, slots=True)
class Result:
    """How a scenario ended: `passed`, `failed` or `skipped`, and why."""

    outcome: str
    text: str = ""


def result(chosen: Scenario, place: Place) -> Result:
    """Runs a scenario. Whatever the SDK raises is a failure."""
    try:
        chosen.run(place)
    except NotApplicableError as error:
        return Result("skipped", str(error))
    except Exception as error:
        return Result("failed", f"{chosen.sentence}\n{type(error).__name__}: {error}")
    finally:
        place.close()
    return Result("passed")


SCENARIOS: dict[str, Scenario] = {}
"""The scenarios by name, in the order of their definition."""


def scenario(sdk: str, fault: str, *, scripted: bool = False) -> Callable[[Run], Run]:
    """Adds a function to the table. Its name is the scenario's, with hyphens."""

    def add(run: Run) -> Run:
        name = run.__name__.replace("_", "-")
        assert name not in SCENARIOS, f"two scenarios are called {name}"
        SCENARIOS[name] = Scenario(name, sdk, fault, run, scripted)
        return run

    return add
