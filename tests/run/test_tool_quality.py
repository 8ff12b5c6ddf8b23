"""Tool calls of the reference gateway: as good as its provider's, and worse with each seeded fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.client.http import Client
from conformance.client.retry import SendLimits
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.reference import reference_gateway
from conformance.reference.changes import Change
from conformance.reference.tool_calls import FAULTS, sometimes
from conformance.run.tool_bodies import MAX_TOKENS
from conformance.run.tool_quality import Measured, Plan, measure
from conformance.suite.tool_prompts import tool_prompts
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.servers import unused_port

CHAT = ("chat_completions", "chat_completions")
ONCE = Plan(tries=1, limits=SendLimits(at_once=8))
FEW = tuple(prompt for prompt in tool_prompts() if prompt.kind in ("single", "enum", "nested"))
THIRD = tool_prompts()[::3]
MEASURE_OF = {"lost": "trigger", "misnamed": "names", "misfit": "arguments"}


def measured(
    plan: Plan, around: Change = lambda answering: answering, *, upstream: str = "", model: str = ""
) -> Measured:
    """Measures a reference gateway whose requests `around` changes."""
    with reference_gateway(around=around, pace=0) as running, Client(20) as client:
        own = running.provider
        assert own
        models = {"default": model or running.models[0]}
        return measure(
            plan,
            {
                "gateway": Target(running.base_url, Profile(), running.key, models),
                "upstream": Target(upstream or f"{own.url}/v1", Profile(), own.key, models),
            },
            client,
        )


@pytest.mark.socket
@pytest.mark.parametrize("pair", [*((family, family) for family in MAIN), ("messages", "chat_completions")])
def test_the_reference_gateway_calls_tools_as_its_provider_does(pair: tuple[str, str]) -> None:
    found = measured(replace(ONCE, endpoints=[pair], prompts=THIRD))
    quality = found.qualities[pair]
    assert quality.failures == {"gateway": {}, "upstream": {}}
    assert quality.measures["trigger"].total.gateway == quality.measures["trigger"].total.upstream == len(THIRD)
    assert all(one.value == 0 and not one.singles for one in quality.measures.values())
    assert (found.requests, found.is_whole) == (2 * len(THIRD), True)


@pytest.mark.socket
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_part_of_the_requests_is_worse(fault: str) -> None:
    found = measured(replace(ONCE, tries=2, prompts=FEW), sometimes(fault, 0.5, seed=4))
    [quality] = found.qualities.values()
    verdicts = {name: one.verdict for name, one in quality.measures.items()}
    assert (verdicts.pop(MEASURE_OF[fault]), verdicts.pop("all")) == ("worse", "worse")  # type: ignore[arg-type]
    assert "worse" not in verdicts.values()
    assert quality.verdict == "worse"


@pytest.mark.socket
def test_the_budget_ends_the_tries() -> None:
    found = measured(replace(ONCE, tries=3, limits=SendLimits(at_once=8, requests=60), prompts=FEW))
    assert (found.requests, found.is_whole) == (60, False)
    spent = measured(replace(ONCE, tries=3, limits=SendLimits(at_once=1, tokens=3000), prompts=FEW))
    assert not spent.is_whole
    assert 3000 <= spent.tokens < 3000 + 2 * MAX_TOKENS


@pytest.mark.socket
def test_a_side_that_answers_nothing_ends_the_first_try() -> None:
    with pytest.raises(InputError, match="the upstream answers none of 24 requests with tools at chat_completions"):
        measured(replace(ONCE, tries=50, prompts=FEW), upstream=f"http://127.0.0.1:{unused_port()}/v1")
    with pytest.raises(InputError, match=r"the gateway answers none of .* \(status 404\)"):
        measured(replace(ONCE, tries=50, prompts=FEW), model="no-such-model")


def test_the_cost_is_known_before() -> None:
    plan = Plan([CHAT, ("messages", "messages")], tries=20)
    assert plan.requests == 64 * 20 * 2 * 2
    assert plan.output_tokens == plan.requests * MAX_TOKENS
    assert 200 < plan.input_tokens / plan.requests < 600
