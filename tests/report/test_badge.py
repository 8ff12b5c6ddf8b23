"""The badge: its numbers, the JSON for Shields, and a valid SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis import levels
from conformance.analysis.diff import diff
from conformance.core.model import JSON
from conformance.core.reasons import NOT_OFFERED, REFUSED
from conformance.report import badge
from tests.support import example_runs, level_runs

SHIELDS: JSON = {
    "type": "object",
    "required": ["schemaVersion", "label", "message"],
    "additionalProperties": False,
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"enum": ["brightgreen", "green", "yellowgreen", "yellow", "orange", "red", "blue", "lightgrey"]},
        "labelColor": {"type": "string"},
        "isError": {"type": "boolean"},
        "namedLogo": {"type": "string"},
        "logoSvg": {"type": "string"},
        "style": {"type": "string"},
        "cacheSeconds": {"type": "integer"},
    },
}
"""The table at https://shields.io/badges/endpoint-badge, and the eight named colors."""
SVG = "{http://www.w3.org/2000/svg}"


def passes(document: JSON, endpoint: str) -> str:
    """The number of passed cases at an endpoint, as a badge tells it."""
    own = [entry for entry in document["verdicts"] if entry["endpoint"] == endpoint]
    return f"{sum(entry['outcome'] == 'passed' for entry in own)} of {len(own)} pass"


def test_a_run_of_all_cases_has_levels_and_their_breadth() -> None:
    document = badge.document(level_runs.run(profile=replace(level_runs.claims(), endpoints=("messages",))))
    assert re.fullmatch(r"messages: agent, 1,[0-9]{3} of 1,[0-9]{3} apply", document["message"])
    assert document["color"] == "brightgreen"


@pytest.mark.parametrize(("level", "color"), [("complete", "brightgreen"), ("core", "yellow"), ("none", "red")])
def test_the_worst_level_gives_the_color(level: str, color: str) -> None:
    run = level_runs.run()
    stated = levels.judged(run, level_runs.cases())
    run["levels"] = [{**stated[0], "level": level, "applicable": 412, "cases": 430}, *stated[1:]]
    assert badge.document(run)["color"] == color
    name = "no level" if level == "none" else level
    assert badge.message(run).startswith(f"chat: {name}, 412 of 430 apply · responses: complete, ")


def test_a_run_of_a_part_is_not_judged() -> None:
    clean = example_runs.clean()
    assert badge.document(clean) == {
        "schemaVersion": 1,
        "label": "conformance",
        "message": (
            f"not judged: chat {passes(clean, 'chat_completions')} · responses {passes(clean, 'responses')} · "
            f"messages {passes(clean, 'messages')}"
        ),
        "color": "lightgrey",
    }


def test_a_family_of_which_the_run_has_a_part_is_not_judged_beside_others() -> None:
    run = level_runs.run()
    run["levels"] = levels.judged(run, level_runs.cases())
    run["levels"][0] |= {"level": "not_judged", "applicable": 0, "cases": 0}
    number = sum(entry["endpoint"] == "chat_completions" for entry in run["verdicts"])
    assert badge.message(run).startswith(f"chat: not judged, {number:,} of {number:,} pass · responses: complete, ")


def test_a_failure_is_not_passed() -> None:
    worse = example_runs.worse()
    own = [entry for entry in worse["verdicts"] if entry["endpoint"] == "messages"]
    assert passes(worse, "messages") != f"{len(own)} of {len(own)} pass"
    assert f"messages {passes(worse, 'messages')}" in badge.message(worse)
    assert badge.document(worse)["color"] == "red"


@pytest.mark.parametrize("outcome", ["unverified", "not_applicable"])
def test_a_case_that_is_not_judged_is_not_passed(outcome: str) -> None:
    clean = example_runs.clean()
    name = next(entry["id"] for entry in clean["verdicts"] if entry["endpoint"] == "responses")
    number = sum(entry["endpoint"] == "responses" for entry in clean["verdicts"])
    less = example_runs.with_outcome(clean, name, outcome)
    assert f"responses {number - 1} of {number} pass" in badge.message(less)


def test_the_gaps_of_the_gateway_are_named() -> None:
    clean = example_runs.clean()
    parts = badge.message(example_runs.without(clean, "responses")).removeprefix("not judged: ").split(" · ")
    assert [part.partition(" ")[0] for part in parts] == ["chat", "no", "messages"]
    assert parts[1] == "no responses"
    seen = [entry["id"] for entry in clean["verdicts"] if entry["endpoint"] == "messages"]
    blind = example_runs.inapplicable(clean, lambda entry: entry["id"] == seen[0], example_runs.REJECTED)
    assert badge.message(blind).endswith(" pass, without vision")
    more = example_runs.inapplicable(blind, lambda entry: entry["id"] == seen[1], f"{REFUSED}a, b, vision")
    assert badge.message(more).endswith(" pass, without vision, a and 1 more")


def test_what_the_profile_leaves_out_is_not_named() -> None:
    clean = example_runs.clean()
    own = example_runs.inapplicable(clean, lambda entry: entry["endpoint"] == "responses", f"{NOT_OFFERED}responses")
    assert "responses" not in badge.message(own)


def test_with_a_baseline_what_is_lost_counts() -> None:
    clean = example_runs.clean()
    lost = example_runs.without(clean, "responses")
    number = sum(entry["endpoint"] == "responses" for entry in clean["verdicts"])
    found = badge.document(lost, diff(clean, lost))
    assert f" · responses 0 of {number} pass, {number} lost · " in found["message"]
    assert found["color"] == "red"
    assert badge.document(clean, diff(clean, clean)) == badge.document(clean)


def test_nothing_judged() -> None:
    nothing = {**example_runs.clean(), "verdicts": []}
    assert badge.document(nothing) | {"label": ""} == {
        "schemaVersion": 1, "label": "", "message": "nothing judged", "color": "lightgrey",
    }  # fmt: skip


def test_the_svg_has_the_same_text() -> None:
    run = example_runs.worse()
    root = ElementTree.fromstring(badge.svg(run))
    assert root.tag == f"{SVG}svg"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["conformance", badge.message(run)]
    assert root.get("aria-label") == f"conformance: {badge.message(run)}"
    widths = [int(rect.get("width", "0")) for rect in root.iter(f"{SVG}rect")]
    assert widths[0] == sum(widths[1:]) == int(root.get("width", "0"))


@pytest.mark.parametrize(
    "make", [example_runs.clean, example_runs.worse, lambda: {**example_runs.clean(), "verdicts": []}]
)
def test_shields_reads_it(make: Callable[[], JSON]) -> None:
    Draft202012Validator(SHIELDS).validate(badge.document(make()))
