"""The states of a rule or a problem over many runs, and the kinds of lines that they make."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

State = Literal["broken", "kept", "unjudged"]
Kind = Literal["flaky", "regressed", "fixed", "failing", "unjudged"]
KINDS: tuple[Kind, ...] = ("regressed", "flaky", "failing", "unjudged", "fixed")
"""The order of lines: regressions first."""


def kind_of(states: Sequence[State]) -> Kind:
    """The kind of a line; `unjudged` is one that was broken when it was last judged, which the last run did not do."""
    turns = [state for state, _ in groupby(state for state in states if state != "unjudged")]
    if turns.count("broken") > 1:
        return "flaky"
    if turns[-1] == "kept":
        return "fixed"
    if states[-1] == "unjudged":
        return "unjudged"
    return "regressed" if len(turns) > 1 else "failing"


def unjudged_since(states: Sequence[State]) -> int | None:
    """The number of the first of the last runs that did not judge a line; None if the last run did."""
    if states[-1] != "unjudged":
        return None
    return next((len(states) - index for index, state in enumerate(reversed(states)) if state != "unjudged"), 0)
