"""The control requests, and the abilities that they show: what is sent, and which answer shows the ability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.core import data_files, yaml_input
from conformance.core.model import JSON, Answer, Step
from conformance.judge import prompt_facts
from conformance.judge.control import abstains, indents, pairs, repeats_all, says, sees
from conformance.suite.template import fill


@dataclass(frozen=True, slots=True)
class Ability:
    """An ability that a model must show at any endpoint before a gateway is blamed for lacking it.

    `needed` tells whether a step relies on it. `request` names the control request in cases/_controls.yaml, sent once
    for each of `streams`. `shown` tells whether an answer shows the ability, given the word that was asked for.
    """

    needed: Callable[[Step], bool]
    request: str
    shown: Callable[[Answer, str], bool]
    streams: Sequence[bool] = (False, True)


ABILITIES: Mapping[str, Ability] = {
    "recalls": Ability(prompt_facts.needs_memory, "recall", says, streams=(False,)),
    "relays": Ability(prompt_facts.needs_results, "result", says, streams=(False,)),
    "writes": Ability(prompt_facts.needs_length, "long_text", says, streams=(False,)),
    "fills": Ability(prompt_facts.needs_values, "arguments", says),
    "abstains": Ability(prompt_facts.offers_tools, "tool_at_hand", abstains),
    "indents": Ability(prompt_facts.needs_indentation, "indented", indents),
    "pairs": Ability(prompt_facts.needs_parallel_calls, "two_calls", pairs),
    "collects": Ability(prompt_facts.needs_several_words, "collect", repeats_all, streams=(False,)),
    "sees": Ability(prompt_facts.needs_sight, "picture", sees, streams=(False,)),
    "reads_schemas": Ability(prompt_facts.needs_schema, "schema", says),
}
"""By the field of Control that they set."""

PLAIN = "plain"
"""The name of the control request that asks an endpoint for a word."""

AGAIN, LONGER = "again", "longer"
"""Instead of such a name: a step of a case that was sent again, with its own canary word and with a longer one."""

NAMES = (PLAIN, *(ability.request for ability in ABILITIES.values()))
"""The names of all control requests in cases/_controls.yaml."""


def step(endpoint: str, name: str, model: str, word: str, stream: bool = False) -> Step:
    """A control request that asks a model for a word."""
    body = {**fill(bodies(name)[endpoint], {"model": model, "canary": word}), **({"stream": True} if stream else {})}
    return Step(request={"body": body}, expect={"outcome": "success"})


@cache
def bodies(name: str) -> Mapping[str, JSON]:
    """The bodies of a control request by endpoint."""
    found: Mapping[str, JSON] = yaml_input.read_kept(data_files.folder("cases") / "_controls.yaml").value[name]
    return found
