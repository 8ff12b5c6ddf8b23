"""Levels from the verdicts of a run: the sets, what keeps a gateway from a level, and that a denial never helps."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from conformance.analysis import levels
from conformance.core.model import JSON, Case
from conformance.core.reasons import ABSENT, REFUSED
from conformance.protocol.family import MAIN
from conformance.suite import level_sets
from conformance.suite.applies import TWO_SIDED
from conformance.target import capabilities
from conformance.target.profile import Profile
from tests.support import level_runs
from tests.support.level_runs import BROKEN, PASSED, Fate, Gateway, everything_passes

TOOL = "messages/tools/forced[stream=false]"
HELLO = "messages/text/system-and-user[stream=false]"
STREAMED = "messages/text/system-and-user[stream=true]"


@cache
def sets(family: str) -> Mapping[str, tuple[Case, ...]]:
    return level_sets.cases_of(family, level_runs.cases())


def in_set(family: str, level: str) -> str:
    """The id of a case that is in the set of a level, and in none of the lower ones."""
    lower = levels.GIVEN[: levels.GIVEN.index(level)]  # type: ignore[arg-type]
    before = {case.id for name in lower for case in sets(family)[name]}
    return next(case.id for case in sets(family)[level] if case.id not in before and TWO_SIDED not in case.marks)


def one_sided(family: str) -> list[Case]:
    """The cases of a family that see the gateway from the front only."""
    return [case for case in sets(family)["complete"] if TWO_SIDED not in case.marks]


def of(document: JSON, family: str = "messages") -> JSON:
    [found] = [entry for entry in levels.judged(document, level_runs.cases()) if entry["family"] == family]
    return found


def fares(fates: Mapping[str, Fate]) -> Gateway:
    """A gateway with these fates, which passes everything else."""
    return lambda case: fates.get(case.id, PASSED)


# The sets


@pytest.mark.parametrize("family", MAIN)
def test_the_set_of_each_level_has_cases_and_contains_those_before_it(family: str) -> None:
    before: set[str] = set()
    for name in levels.GIVEN:
        own = {case.id for case in sets(family)[name]}
        assert len(own) > len(before), "a higher level asks for more"
        assert own > before
        before = own


def test_every_case_is_in_a_set() -> None:
    some = {case.id for family in MAIN for case in sets(family)["complete"]}
    assert some == {case.id for case in level_runs.cases()}


def test_the_levels_are_those_of_the_format() -> None:
    assert tuple(level.name for level in level_sets.level_sets()) == levels.GIVEN


@pytest.mark.parametrize("family", MAIN)
def test_an_agent_has_tools_streams_errors_cancelled_requests_and_parity(family: str) -> None:
    areas = {(case.family, case.area) for case in sets(family)["agent"]}
    assert areas >= {
        (family, "tools"),
        (family, "streaming"),
        (family, "errors"),
        (family, "parity"),
        ("http", "leaving"),
    }
    streamed = {case.id for case in sets(family)["core"] if level_sets.STREAMING in case.marks}
    assert streamed == set()


@pytest.mark.parametrize("family", MAIN)
@pytest.mark.parametrize("level", ["core", "agent"])
def test_a_gateway_with_one_family_can_have_these_levels(family: str, level: str) -> None:
    only = replace(level_runs.claims(), endpoints=(family,))
    found = levels.judged(level_runs.run(profile=only), level_runs.cases())
    assert {entry["family"]: entry["level"] for entry in found} == {
        one: "agent" if one == family else "not_offered" for one in MAIN
    }


# The reasons why a gateway does not have a level


def test_a_gateway_that_passes_everything_is_complete() -> None:
    for family in MAIN:
        found = of(level_runs.run(), family)
        assert (found["level"], found["reason"], found["applicable"]) == ("complete", "", found["cases"])
        assert "next" not in found


@pytest.mark.parametrize(("level", "reached"), [("core", "none"), ("agent", "core"), ("complete", "agent")])
@pytest.mark.parametrize(
    ("fate", "why"),
    [
        (BROKEN, "breaks a required rule, most often case.accepted"),
        (("known", ("case.accepted",), "ticket 7"), "breaks a required rule"),
        (("unverified", (), "the upstream is overloaded"), "could not be verified: the upstream is overloaded"),
    ],
)
def test_one_case_of_the_set_is_enough_to_lose_a_level(level: str, reached: str, fate: Fate, why: str) -> None:
    found = of(level_runs.run(fares({in_set("messages", level): fate})))
    assert (found["level"], found["next"]) == (reached, level)
    assert why in found["reason"]
    assert f" of {len(sets('messages')[level]):,} cases " in found["reason"]


def test_a_case_of_another_family_does_not_count() -> None:
    found = levels.judged(level_runs.run(fares({HELLO: BROKEN})), level_runs.cases())
    assert [entry["level"] for entry in found] == ["complete", "complete", "none"]


def test_a_warning_and_a_known_warning_leave_the_level() -> None:
    found = of(level_runs.run(fares({HELLO: ("warned", (), ""), TOOL: ("known", (), "ticket 8")})))
    assert found["level"] == "complete"


def refusing(share: float) -> Gateway:
    """A gateway that refuses a share of the core cases of Messages."""
    core = sets("messages")["core"]
    refused = {case.id for case in core[: round(share * len(core))]}
    return lambda case: ("not_applicable", (), f"{REFUSED}stop_sequences") if case.id in refused else PASSED


def test_nineteen_of_twenty_cases_of_the_core_set_must_apply() -> None:
    assert of(level_runs.run(refusing(0.04)))["level"] == "agent"
    found = of(level_runs.run(refusing(0.06)))
    assert (found["level"], found["next"]) == ("none", "core")
    assert found["reason"].startswith("only 57 of 61 cases apply, and at least 95 % must: the gateway rejects it")


def test_a_refusal_keeps_a_gateway_from_being_complete() -> None:
    found = of(level_runs.run(fares({TOOL: ("not_applicable", (), f"{REFUSED}tools")})))
    assert found["level"] == "agent"
    assert "and all must: the gateway rejects it, and its profile does not claim tools" in found["reason"]
    assert found["applicable"] == found["cases"] - 1


def test_a_rule_that_the_whole_run_breaks_counts() -> None:
    one = {"family": "messages", "rule": "run.answer-id", "level": "must", "expected": "e", "got": "g"}
    both = {**level_runs.run(), "over_run": [{**one, "cases": [HELLO, in_set("messages", "core")]}]}
    assert "break run.answer-id together" in of(both)["reason"]
    assert of(both)["level"] == "none"
    warned = {**both, "over_run": [{**both["over_run"][0], "level": "should"}]}
    assert of(warned)["level"] == "complete"
    assert of({**both, "over_run": [{**one, "cases": [HELLO, STREAMED]}]})["level"] == "complete", "one question"


def test_the_reason_names_the_worst_problem() -> None:
    told = {
        "id": "case.accepted@messages", "rule": "case.accepted", "rules": ["case.accepted"], "follows": [],
        "scope": {"facts": [], "words": "every Messages answer"}, "cases": [HELLO],
    }  # fmt: skip
    other = {**told, "id": "error.shape@messages", "rule": "error.shape", "rules": ["error.shape"]}
    found = of({**level_runs.run(fares({HELLO: BROKEN})), "problems": [other, told]})
    assert found["problem"] == "case.accepted@messages"
    assert found["reason"].endswith("the worst problem is case.accepted in every Messages answer")


# Runs of a part


def test_a_run_without_one_case_is_not_judged() -> None:
    some = [case for case in level_runs.cases() if case.id != TOOL]
    found = levels.judged(level_runs.run(among=some), level_runs.cases())
    assert [entry["level"] for entry in found] == ["complete", "complete", "not_judged"]
    number = len(one_sided("messages"))
    assert found[2]["reason"] == f"the run has {number - 1} of {number} cases; only a whole run is judged"


def test_a_run_of_the_core_cases_alone_is_not_judged() -> None:
    assert of(level_runs.run(among=sets("messages")["core"]))["level"] == "not_judged"


def test_without_the_cases_from_both_ends_a_gateway_is_not_complete() -> None:
    found = of(level_runs.run(both_ends=False))
    assert (found["level"], found["next"]) == ("agent", "complete")
    assert "need the suite as the gateway's upstream, and are not in the run" in found["reason"]
    assert found["applicable"] == found["cases"] == len(one_sided("messages"))


def test_a_run_that_has_fewer_cases_than_it_says_is_not_judged() -> None:
    document = level_runs.run(among=sets("messages")["complete"])
    found = levels.levels(document)
    assert {entry["level"] for entry in found} == {"not_judged"}
    own, every = len(document["verdicts"]), len(level_runs.cases())
    assert found[2]["reason"] == f"the run has {own:,} of {every:,} cases; only a whole run is judged"


def test_a_run_that_hides_its_part_is_compared_with_the_suite() -> None:
    document = level_runs.run(among=sets("messages")["core"])
    document["cases"]["count"] = len(document["verdicts"])
    assert {entry["level"] for entry in levels.levels(document)} == {"not_judged"}


def test_a_run_of_other_cases_is_not_judged() -> None:
    document = level_runs.run(among=sets("messages")["core"])
    other = [{**entry, "id": f"messages/own/{number}"} for number, entry in enumerate(document["verdicts"])]
    found = levels.levels({**document, "verdicts": other, "cases": {**document["cases"], "count": len(other)}})
    assert {(entry["level"], entry["reason"]) for entry in found} == {
        ("not_judged", "the run has too few of the suite's cases; only a whole run is judged")
    }


def test_a_requirement_set_that_the_suite_does_not_have_is_not_judged() -> None:
    document = level_runs.run()
    document["cases"]["set"] = "2020-01-01"
    assert {entry["level"] for entry in levels.levels(document)} == {"not_judged"}
    assert "the run used the requirement set 2020-01-01" in levels.levels(document)[0]["reason"]


def test_cases_later_than_the_requirement_set_do_not_count() -> None:
    late = replace(next(case for case in level_runs.cases() if case.id == HELLO), marks=("later",))
    known = [late if case.id == HELLO else case for case in level_runs.cases()]
    found = levels.judged(level_runs.run(fares({HELLO: BROKEN})), known)
    assert found[2]["level"] == "complete"


def test_a_route_or_a_repetition_that_breaks_a_rule_counts() -> None:
    document = level_runs.run()
    entry = next(entry for entry in document["verdicts"] if entry["id"] == HELLO)
    document["verdicts"].append({**entry, "id": f"{HELLO}#2", "outcome": "failed"})
    assert of(document)["level"] == "none"


def test_an_endpoint_that_the_gateway_does_not_have() -> None:
    absent = of(
        level_runs.run(
            lambda case: ("not_applicable", (), f"{ABSENT}messages") if case.endpoint == "messages" else PASSED
        )
    )
    assert (absent["level"], absent["reason"]) == ("not_offered", f"{ABSENT}messages")


def test_a_stated_level_is_shown_as_it_is() -> None:
    stated = [{**of(level_runs.run()), "level": "core"}]
    assert levels.of({**level_runs.run(), "levels": stated}) == stated
    assert levels.with_levels({**level_runs.run(), "levels": stated})["levels"] != stated


# A denial


@cache
def sample() -> tuple[Case, ...]:
    """Every case with needs, apart from those from both ends, and some of the others."""
    return tuple(
        case
        for number, case in enumerate(level_runs.cases())
        if (case.needs and TWO_SIDED not in case.marks) or number % 20 == 0
    )


def denying(*names: str) -> Profile:
    """The claims of a gateway that denies these capabilities."""
    own = level_runs.claims()
    limits = {} if "body_limit" in names else own.limits
    return replace(own, capabilities={**own.capabilities, **dict.fromkeys(names, False)}, limits=limits)


def ranks(gateway: Gateway, *denied: str) -> list[int]:
    document = level_runs.run(gateway, denying(*denied), sample())
    return [levels.rank(entry["level"]) for entry in levels.judged(document, sample())]


@pytest.mark.parametrize("capability", sorted(capabilities.table()))
def test_to_deny_what_is_broken_is_never_better(capability: str) -> None:
    honest = ranks(lambda case: BROKEN if capability in case.needs else PASSED)
    busy = ranks(lambda case: ("unverified", (), "busy") if capability in case.needs else PASSED)
    evasive = ranks(everything_passes, capability)
    assert all(one <= other for one, other in zip(evasive, honest, strict=True))
    assert all(one <= other for one, other in zip(evasive, busy, strict=True))


@pytest.mark.parametrize("seed", range(10))
def test_no_set_of_denials_raises_a_level(seed: int) -> None:
    """Random gateways: what needs some capabilities often fails, is not verified, or is refused; so do a few others."""
    chance = random.Random(seed)
    names = sorted(capabilities.table())
    bad = {name for name in names if chance.random() < 0.1}
    rate = chance.choice([0, 0, 0.002, 0.02])
    fates: list[Fate] = [BROKEN, ("unverified", (), "busy"), ("not_applicable", (), f"{REFUSED}x"), ("warned", (), "")]
    drawn = {
        case.id: chance.choice(fates)
        for case in sample()
        if chance.random() < (0.3 if bad.intersection(case.needs) else rate)
    }
    honest = ranks(fares(drawn))
    for denied in (chance.sample(names, 1), chance.sample(names, 8), sorted(bad)):
        evasive = ranks(fares(drawn), *denied)
        assert all(one <= other for one, other in zip(evasive, honest, strict=True)), denied
